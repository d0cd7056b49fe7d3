"""Pages about financial accounts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from finance.accounts import change_account, open_account
from finance.errors import LedgerError
from finance.exchange.rates import total_in
from finance.forms import AccountChangeForm, AccountForm
from finance.models import FinancialAccount
from finance.money import Money
from finance.querysets import Balance, balances, home, net_worth, today_of
from tenancy.change_forms import tell_kept
from tenancy.pages import is_htmx, leave_form, page, tell

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Group:
    """The accounts of one currency, and their sum."""

    currency: str
    balances: list[Balance]
    total: Money


def by_currency(entries: list[Balance]) -> list[Group]:
    """The currency with the most accounts first."""
    in_order = sorted(entries, key=lambda e: e.account.currency)
    groups = []
    for currency, some in groupby(in_order, key=lambda e: e.account.currency):
        of_currency = list(some)
        groups.append(Group(currency, of_currency, net_worth(of_currency)[0]))
    return sorted(groups, key=lambda group: (-len(group.balances), group.currency))


@require_safe
@page("accounts:read")
def accounts(request: HttpRequest) -> HttpResponse:
    groups, tenant = by_currency(balances()), home()
    total = total_in(tenant.currency, [group.total for group in groups], today_of(tenant))
    return render(request, "finance/accounts.html", {"groups": groups, "total": total})


@get_or_post
@page("accounts:write")
def new(request: HttpRequest) -> HttpResponse:
    form = AccountForm(request.POST or None, initial={"currency": home().currency})
    if form.is_valid():
        data = dict(form.cleaned_data)
        opening = form.opening_money(data["currency"])
        if opening is not None:
            try:
                open_account(**(data | {"opening": opening}))
                return leave_form(request, "accounts")
            except LedgerError as error:
                tell(form, error)
    return _form_page(request, form, _("Add account"), _("Add"))


@get_or_post
@page("accounts:read", write="accounts:write")
def change(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    found: FinancialAccount = get_object_or_404(FinancialAccount, id=account_id)
    form = AccountChangeForm(
        request.POST or None,
        initial={
            "name": found.name,
            "kind": found.kind,
            "currency": found.currency,
            "institution": found.institution,
            "group": found.group,
            "opening_on": found.opening_on,
            "opening": found.opening.decimal,
            "is_archived": found.is_archived,
        },
    )
    if form.is_valid():
        data = dict(form.cleaned_data)
        opening = form.opening_money(data["currency"])
        if not data["number"]:
            del data["number"]
        if opening is not None:
            try:
                change_account(found.id, data | {"opening": opening})
                tell_kept(request, form)
                return leave_form(request, "accounts")
            except LedgerError as error:
                tell(form, error)
    return _form_page(request, form, str(found), _("Save"))


def _form_page(request: HttpRequest, form: AccountForm, heading: str, action: str) -> HttpResponse:
    context = {"form": form, "heading": heading, "action": action}
    template = "finance/_form.html" if is_htmx(request) else "finance/form.html"
    return render(request, template, context, status=422 if form.errors else 200)
