"""Promised refunds: open until the credit comes, told when it does not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from finance.bills.names import same_name
from finance.ledger.writing import change, writing
from finance.models import (
    Announcement,
    AnnouncementKind,
    AnnouncementState,
    Transaction,
    TransactionState,
)
from finance.subscriptions.announcing import LINK
from notifications import facts
from notifications.notify import cancel, notify

# The credit may have come shortly before the message that promises it.
BEFORE: Final = timedelta(days=3)
# A bank takes so long to book what was sent on the last day.
GRACE: Final = timedelta(days=2)


def watch_refunds(day: date) -> int:
    """Find the credits that were promised, and tell of those that are overdue; a credit that has
    been voided since does not count. Returns how many became overdue."""
    with writing():
        _reopen()
        waiting = list(
            Announcement.objects.filter(
                kind=AnnouncementKind.REFUND, state=AnnouncementState.OPEN
            ).order_by("told_on", "id")
        )
        if not waiting:
            return 0
        credits = _credits(min(row.told_on for row in waiting) - BEFORE)
        overdue = 0
        for row in waiting:
            found = next((credit for credit in credits if _is_it(row, credit)), None)
            if found is not None:
                credits.remove(found)
                change(row, "meet", {"state": AnnouncementState.MET, "met_by_id": found.pk})
                cancel("refund_overdue", key=str(row.pk))
            elif row.day is not None and row.day + GRACE < day and not row.told:
                overdue += 1
                _tell(row)
        Announcement.objects.bulk_update(waiting, ["told"])
    return overdue


def _reopen() -> None:
    gone = Announcement.objects.filter(
        state=AnnouncementState.MET, met_by__state=TransactionState.VOID
    )
    for row in gone:
        change(row, "reopen", {"state": AnnouncementState.OPEN, "met_by_id": None})


def _credits(since: date) -> list[Transaction]:
    """Money that came in and is not yet another promise's, oldest first."""
    return list(
        Transaction.objects.filter(
            state=TransactionState.POSTED,
            amount_minor__gt=0,
            booked_on__gte=since,
            transfer_in__isnull=True,
            announcements_met__isnull=True,
        ).order_by("booked_on", "id")
    )


def _is_it(row: Announcement, credit: Transaction) -> bool:
    amount = row.amount
    if amount is not None and amount not in (credit.amount, credit.original):
        return False
    is_in_time = credit.booked_on >= row.told_on - BEFORE
    return is_in_time and same_name(row.name, credit.merchant or credit.merchant_raw)


def _tell(row: Announcement) -> None:
    row.told = True
    known: dict[str, Any] = {"name": row.name, "promised": row.told_on, "date": row.day}
    if row.amount is not None:
        known["amount"] = facts.money(row.amount.decimal, row.currency)
    notify("refund_overdue", key=str(row.pk), facts=known, link=LINK)
