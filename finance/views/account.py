"""The page of one account: its balance over time, and whether the bank agrees."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from finance.balances import DayBalance, daily_balances
from finance.charts import LineChart, line_chart
from finance.errors import LedgerError
from finance.forms import StatedBalanceForm
from finance.models import FinancialAccount, StatedBalance, StatedBy
from finance.months import month_end, months
from finance.querysets import today
from finance.reconciling.checking import reconcile, transactions_between
from finance.reconciling.stating import state_balance, withdraw_stated
from tenancy.pages import page, tell

SHOWN_DAYS = 365
SHOWN_CHECKS = 24


@require_http_methods(["GET", "HEAD", "POST"])
@page("accounts:read", write="accounts:write")
def account(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    found: FinancialAccount = get_object_or_404(FinancialAccount, pk=account_id)
    now = today()
    form = StatedBalanceForm(request.POST or None, initial={"stated_on": now})
    if form.is_valid() and (amount := form.money(found.currency)) is not None:
        try:
            state_balance(found.pk, form.cleaned_data["stated_on"], amount)
            return redirect("account", found.pk)
        except LedgerError as error:
            tell(form, error)
    line = daily_balances(found, now - timedelta(SHOWN_DAYS), now)
    checked = reconcile(found, now - timedelta(SHOWN_DAYS), now)
    context: dict[str, Any] = {
        "account": found,
        "balance": line[-1].balance,
        "chart": balance_chart(found, line),
        "line": line[::-1],
        "checked": checked,
        "checks": checked.checks[: -SHOWN_CHECKS - 1 : -1],
        "by_hand": StatedBy.PERSON,
        "between": transactions_between(checked),
        "suspects_href": listed(found, *checked.suspects) if checked.suspects else "",
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "finance/account.html", context, status=status)


@require_POST
@page("accounts:write")
def remove(request: HttpRequest, stated_id: uuid.UUID) -> HttpResponse:
    row: StatedBalance = get_object_or_404(StatedBalance, pk=stated_id)
    try:
        withdraw_stated(row.pk)
        messages.success(request, _("Removed."))
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("account", row.account_id)


def listed(account: FinancialAccount, since: date, until: date) -> str:
    """The list of an account's transactions of some days."""
    query = {"account": account.pk, "since": since.isoformat(), "until": until.isoformat()}
    return f"{reverse('transactions')}?{urlencode(query)}"


def balance_chart(account: FinancialAccount, line: list[DayBalance]) -> LineChart:
    bands = [
        (
            month,
            month_end(month),
            date_format(month, "YEAR_MONTH_FORMAT"),
            listed(account, month, month_end(month)),
        )
        for month in months(line[0].day + timedelta(1), line[-1].day)
    ]
    return line_chart([(entry.day, entry.balance) for entry in line], bands)
