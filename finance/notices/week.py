"""The weekly summary: what came in and went out from Monday to Sunday, and what accounts hold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext

from finance.analytics.flow import CashFlow, cash_flow
from finance.analytics.periods import Period
from finance.balances import balances_on
from finance.models import Category, FinancialAccount, Transaction, TransactionState
from finance.money import Money
from notifications import facts
from notifications.notify import notify, was_told

KIND: Final = "weekly_summary"
LINK: Final = "/analytics/"
MOST_CATEGORIES: Final = 5


def tell_week(day: date) -> int:
    """Tell of the last whole week, once; not of one in which nothing was posted. Returns how many
    were told."""
    until = day - timedelta(days=day.weekday() + 1)
    period = Period(until - timedelta(days=6), until)
    key = until.isoformat()
    posted = Transaction.objects.filter(
        state=TransactionState.POSTED, booked_on__range=(period.since, period.until)
    )
    if was_told(KIND, key=key) or not posted.exists():
        return 0
    flow = cash_flow(period)
    return notify(KIND, key=key, facts=_facts(flow, until), link=LINK)


def _facts(flow: CashFlow, until: date) -> dict[str, object]:
    accounts = FinancialAccount.objects.filter(is_archived=False).order_by("name", "id")
    held = [(row.account.name, _fact(row.balance)) for row in balances_on(until, accounts)]
    shown = flow.uses[:MOST_CATEGORIES]
    known = Category.objects.in_bulk([row.key for row in shown if row.key is not None])
    uses = [(_label(known.get(row.key)), _fact(row.amount)) for row in shown]
    return {
        "date": until,
        "spent": _fact(flow.spent.total),
        "earned": _fact(flow.income.total),
        "categories": facts.lines(uses),
        "balances": facts.lines(held),
    }


def _label(category: Category | None) -> dict[str, dict[str, str]]:
    return facts.words(lambda: category.label if category else gettext("No category"))


def _fact(amount: Money) -> dict[str, str]:
    return facts.money(amount.decimal, amount.currency)
