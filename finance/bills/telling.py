"""Who is told that a bill is due soon, or overdue: once each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.db.models import F, Q

from finance.bills.paying import unpaid
from finance.ledger.writing import writing
from finance.models import Bill
from finance.notices.ahead import LOOK, morning_of
from notifications import facts
from notifications.notify import cancel, notify

AHEAD: Final = timedelta(days=3)
LINK: Final = "/recurring/bills/"


def tell(day: date) -> int:
    """Tell what is due within three days, and what was due before today; what will be due soon
    is handed over for its morning. Returns how many were told."""
    with writing():
        later = day + AHEAD + timedelta(days=1)
        for bill in unpaid().filter(due_on__range=(later, day + AHEAD + LOOK)):
            at = morning_of((bill.due_on or later) - AHEAD, day)
            notify("bill_due", key=_key(bill), facts=_facts(bill), link=LINK, at=at)
        soon = list(
            unpaid()
            .filter(due_on__range=(day, day + AHEAD))
            .exclude(told_for=F("due_on"), told_for__isnull=False)
        )
        late = list(
            unpaid()
            .filter(Q(due_on__lt=day))
            .exclude(late_told_for=F("due_on"), late_told_for__isnull=False)
        )
        for bill in soon:
            notify("bill_due", key=_key(bill), facts=_facts(bill), link=LINK)
            bill.told_for = bill.due_on
        for bill in late:
            cancel("bill_due", key=_key(bill))
            notify("bill_overdue", key=_key(bill), facts=_facts(bill), link=LINK)
            bill.late_told_for = bill.due_on
        Bill.objects.bulk_update([*soon, *late], ["told_for", "late_told_for"])
    return len(soon) + len(late)


def _key(bill: Bill) -> str:
    return f"{bill.pk}:{bill.due_on}"


def _facts(bill: Bill) -> dict[str, Any]:
    known: dict[str, Any] = {"name": bill.payee, "date": bill.due_on}
    if bill.amount is not None:
        known["amount"] = facts.money(bill.amount.decimal, bill.currency)
    return known
