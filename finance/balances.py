"""Balances of other days than today: from monthly totals, and the days of one month alone.

The opening balance counts from its day on, or always where no day is known.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum

from finance.models import FinancialAccount, MonthlyTotal, Transaction, TransactionState
from finance.money import Money
from finance.months import first_of, month_end, months
from finance.querysets import Balance

Moved = dict[uuid.UUID, int]


@dataclass(frozen=True, slots=True)
class DayBalance:
    """A day on which an account moved, and what it held at its end."""

    day: date
    balance: Money


def opening_minor(account: FinancialAccount, on: date) -> int:
    counts = account.opening_on is None or account.opening_on <= on
    return account.opening_minor if counts else 0


def balances_on(on: date, accounts: Iterable[FinancialAccount]) -> list[Balance]:
    """What accounts held at the end of a day: two queries, whatever the ledger's size."""
    moved = moved_until(on)
    return [
        Balance(a, Money(opening_minor(a, on) + moved.get(a.pk, 0), a.currency)) for a in accounts
    ]


def moved_until(on: date, account_id: uuid.UUID | None = None) -> Moved:
    """The sum posted to each account (or to one) up to the end of a day: that of whole months, less
    what came after the day. Of today's month that is next to nothing."""
    one = Q() if account_id is None else Q(account=account_id)
    moved = _by_account(MonthlyTotal.objects.filter(one, month__lte=on), "total_minor")
    for account, minor in _after(on, one).items():
        moved[account] = moved.get(account, 0) - minor
    return moved


def month_end_balances(
    accounts: Iterable[FinancialAccount], since: date, until: date
) -> dict[date, list[Balance]]:
    """What accounts held at the end of each month from one day's to another's, the last as of
    `until`: three queries, from monthly totals."""
    held = list(accounts)
    shown = months(since, until)
    running = moved_until(first_of(since) - timedelta(1))
    steps: dict[date, Moved] = {month: {} for month in shown}
    totals = MonthlyTotal.objects.filter(month__range=(shown[0], shown[-1]))
    sums = totals.values_list("month", "account_id").annotate(moved=Sum("total_minor"))
    for month, account, minor in sums.order_by():
        steps[month][account] = int(minor)
    for account, minor in _after(until, Q()).items():
        steps[shown[-1]][account] = steps[shown[-1]].get(account, 0) - minor
    found = {}
    for month in shown:
        for account, minor in steps[month].items():
            running[account] = running.get(account, 0) + minor
        end = min(month_end(month), until)
        found[end] = [
            Balance(a, Money(opening_minor(a, end) + running.get(a.pk, 0), a.currency))
            for a in held
        ]
    return found


def _after(day: date, one: Q) -> Moved:
    """What was posted to each account after a day, in its month."""
    if day == month_end(day):
        return {}
    rows = _posted().filter(one, booked_on__gt=day, booked_on__lte=month_end(day))
    return _by_account(rows, "amount_minor")


def _by_account(rows: QuerySet[Any], column: str) -> Moved:
    sums = rows.order_by().values_list("account_id").annotate(moved=Sum(column))
    return {account: int(minor) for account, minor in sums}


def daily_balances(account: FinancialAccount, since: date, until: date) -> list[DayBalance]:
    """The balance at the end of the day before `since`, of every day that moved it, and of
    `until`: three queries."""
    before = since - timedelta(1)
    running = moved_until(before, account.pk).get(account.pk, 0)
    moved = _posted().filter(account=account, booked_on__range=(since, until))
    sums = moved.values_list("booked_on").annotate(moved=Sum("amount_minor")).order_by("booked_on")
    steps = {day: int(minor) for day, minor in sums}
    if account.opening_on and since <= account.opening_on <= until:
        steps.setdefault(account.opening_on, 0)
    found = []
    for day in sorted({before, until} | steps.keys()):
        running += steps.get(day, 0)
        found.append(
            DayBalance(day, Money(running + opening_minor(account, day), account.currency))
        )
    return found


def _posted() -> QuerySet[Transaction]:
    found: QuerySet[Transaction] = Transaction.objects.filter(state=TransactionState.POSTED)
    return found.order_by()
