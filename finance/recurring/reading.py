"""Reading what repeats: lists with their last and next dates, and the days of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import islice

from django.db.models import OuterRef, QuerySet, Subquery

from finance.models import Recurring, RecurringSlot, RecurringState, SlotState
from finance.money import Money
from finance.months import TO_COME, DayEntry

SHOWN_DATES = 6
SHOWN_SLOTS = 24


@dataclass(frozen=True, slots=True)
class Happening:
    """One due date of a month: dealt with (`state` of its slot), or still to come ("")."""

    recurring: Recurring
    due_on: date
    state: str
    amount: Money
    slot: RecurringSlot | None = None

    @property
    def entry(self) -> DayEntry:
        """As a calendar shows it."""
        label = str(SlotState(self.state).label) if self.state else ""
        return DayEntry(
            self.due_on, str(self.recurring.name), self.state or TO_COME, label, self.amount
        )


def with_last(rows: QuerySet[Recurring]) -> QuerySet[Recurring]:
    """With account and category, and the latest due date that was dealt with: `last_on`,
    `last_state`."""
    latest = RecurringSlot.objects.filter(recurring=OuterRef("pk")).order_by("-due_on")
    found: QuerySet[Recurring] = rows.select_related("account", "category").annotate(
        last_on=Subquery(latest.values("due_on")[:1]),
        last_state=Subquery(latest.values("state")[:1]),
    )
    return found


def slots_of(row: Recurring) -> list[RecurringSlot]:
    """The latest due dates that were dealt with, newest first: one query."""
    slots = RecurringSlot.objects.filter(recurring=row).select_related("transaction")
    return list(slots.order_by("-due_on")[:SHOWN_SLOTS])


def next_dates(row: Recurring, count: int = SHOWN_DATES) -> list[date]:
    """The due dates to come; none while it is paused or has ended."""
    if row.next_on is None or row.state != RecurringState.ACTIVE:
        return []
    return list(islice(row.rule.slots(row.next_on, row.rule.last), count))


def happenings(first: date, last: date) -> list[Happening]:
    """All due dates of some days, in order: two queries."""
    slots = (
        RecurringSlot.objects.filter(due_on__range=(first, last))
        .select_related("recurring", "transaction")
        .order_by("due_on", "id")
    )
    found = [_dealt_with(slot) for slot in slots]
    active = Recurring.objects.filter(state=RecurringState.ACTIVE, next_on__lte=last)
    dealt_with = {(h.recurring.pk, h.due_on) for h in found}
    for row in active:
        for due_on in row.rule.slots(max(first, row.next_on), last):
            if (row.pk, due_on) not in dealt_with:
                found.append(Happening(row, due_on, "", row.expected))
    return sorted(found, key=lambda h: (h.due_on, h.recurring.name, h.recurring.pk))


def _dealt_with(slot: RecurringSlot) -> Happening:
    amount = slot.transaction.amount if slot.transaction else slot.recurring.expected
    return Happening(slot.recurring, slot.due_on, slot.state, amount, slot)
