"""What each account got in each month, and by which way: where messages failed to come, it shows.

A month is a gap when an account that usually has transactions has none, and is thin when it has
fewer than half of the usual. The usual is the median of the months in which the account lived,
the month that is running left out of judgement.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import median
from typing import Final

from django.db.models import Count, Q, QuerySet

from finance.models import (
    FinancialAccount,
    RecurringSlot,
    SlotState,
    StatedBalance,
    Transaction,
    TransactionState,
)
from finance.months import first_of, month_end, months
from finance.querysets import today

EMAIL: Final = "email"
JUDGED_FROM: Final = 2


class Cover(StrEnum):
    USUAL = "usual"
    THIN = "thin"
    GAP = "gap"
    RUNNING = "running"
    # Before its first transaction, or an account that hardly moves.
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class MonthCover:
    """`from_messages` of the `count` posted transactions were read from messages; `missed` are
    recurring ones that did not come; `stated` are balances that were told."""

    month: date
    state: Cover
    count: int
    from_messages: int
    missed: int
    stated: int


@dataclass(frozen=True, slots=True)
class AccountCover:
    account: FinancialAccount
    usual: float
    months: list[MonthCover]

    @property
    def is_whole(self) -> bool:
        return all(m.state not in (Cover.GAP, Cover.THIN) and not m.missed for m in self.months)


def _counts(posted: QuerySet[Transaction]) -> dict[tuple[uuid.UUID, date], tuple[int, int]]:
    """How many transactions, and how many of them messages told, by account and month. Counted by
    day: SQLite knows no month, and Python would be called for each row."""
    by_day = posted.order_by().values_list("account_id", "booked_on")
    found: dict[tuple[uuid.UUID, date], tuple[int, int]] = {}
    for account_id, day, count, told in by_day.annotate(
        n=Count("pk"), told=Count("pk", filter=Q(source_kind=EMAIL))
    ):
        key = (account_id, first_of(day))
        before = found.get(key, (0, 0))
        found[key] = (before[0] + count, before[1] + told)
    return found


def coverage(since: date, until: date) -> list[AccountCover]:
    """Of the open accounts: five queries."""
    now, days = today(), (first_of(since), month_end(until))
    posted = Transaction.objects.filter(state=TransactionState.POSTED, booked_on__range=days)
    counts = _counts(posted)
    slots = RecurringSlot.objects.filter(state=SlotState.MISSED, due_on__range=days)
    missed = _per_month(slots.values_list("recurring__account_id", "due_on"))
    told = StatedBalance.objects.filter(stated_on__range=days)
    stated = _per_month(told.values_list("account_id", "stated_on"))
    shown = months(*days)
    found = []
    for account in FinancialAccount.objects.filter(is_archived=False):
        rows = [counts.get((account.pk, month), (0, 0)) for month in shown]
        usual = _usual(shown, [count for count, _ in rows], now)
        states = _states(shown, [count for count, _ in rows], usual, now)
        found.append(
            AccountCover(
                account, usual,
                [
                    MonthCover(
                        month, state, *row, missed.get((account.pk, month), 0),
                        stated.get((account.pk, month), 0),
                    )
                    for month, state, row in zip(shown, states, rows, strict=True)
                ],
            )
        )  # fmt: skip
    return found


def _per_month(rows: object) -> dict[tuple[uuid.UUID, date], int]:
    found: dict[tuple[uuid.UUID, date], int] = {}
    for account_id, day in rows:  # type: ignore[attr-defined]
        key = (account_id, first_of(day))
        found[key] = found.get(key, 0) + 1
    return found


def _usual(shown: Sequence[date], counts: Sequence[int], now: date) -> float:
    """The median of the whole months from the account's first transaction on."""
    lived = [(m, n) for m, n in zip(shown, counts, strict=True) if m < first_of(now)]
    while lived and not lived[0][1]:
        lived.pop(0)
    return float(median([n for _, n in lived])) if lived else 0.0


def _states(shown: Sequence[date], counts: Sequence[int], usual: float, now: date) -> list[Cover]:
    states, began = [], False
    for month, count in zip(shown, counts, strict=True):
        began = began or count > 0
        if month >= first_of(now):
            states.append(Cover.RUNNING)
        elif not began or usual < JUDGED_FROM:
            states.append(Cover.UNJUDGED)
        elif count == 0:
            states.append(Cover.GAP)
        else:
            states.append(Cover.THIN if count < usual / 2 else Cover.USUAL)
    return states
