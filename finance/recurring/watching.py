"""What is due soon is told ahead; what was expected and did not come is told as well."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from finance.ledger.writing import writing
from finance.models import (
    Recurring,
    RecurringSlot,
    RecurringState,
    SlotState,
    Transaction,
    TransactionState,
)
from finance.notices.ahead import LOOK, morning_of
from finance.recurring.booking import already_there, amount_fact, key_of
from notifications.notify import cancel, notify, told_facts

LINK: Final = "/recurring/"
# So many days late a watched transaction counts as missed …
GRACE: Final = timedelta(days=5)
# … and so long it is still looked for.
LOOK_BACK: Final = timedelta(days=45)


def remind(day: date) -> int:
    """Tell what is due within each template's own number of days, each due date once; what will be
    soon is handed over for its morning. Returns how many were told."""
    told: list[Recurring] = []
    with writing():
        rows = Recurring.objects.filter(
            state=RecurringState.ACTIVE, remind_days__isnull=False, next_on__gte=day
        )
        for row in rows.order_by("next_on", "id"):
            remind_on = row.next_on - timedelta(row.remind_days)
            if remind_on > day + LOOK or row.reminded_on == row.next_on:
                continue
            notify(
                "recurring_due",
                key=f"{row.pk}:{row.next_on}",
                facts={"name": row.name, "date": row.next_on, "amount": amount_fact(row)},
                link=LINK,
                at=morning_of(remind_on, day),
            )
            if remind_on <= day:
                row.reminded_on = row.next_on
                told.append(row)
        Recurring.objects.bulk_update(told, ["reminded_on"])
    return len(told)


def watch(day: date) -> int:
    """Find what was waited for; tell what is overdue. A transaction that has been voided since
    does not count as come. Returns how many were missed."""
    with writing():
        gone = RecurringSlot.objects.filter(
            state=SlotState.MET, transaction__state=TransactionState.VOID
        )
        gone.update(state=SlotState.WAITING, transaction=None)
        _take_back_posted(day)
        open_slots = list(
            RecurringSlot.objects.filter(
                state__in=(SlotState.WAITING, SlotState.MISSED), due_on__gte=day - LOOK_BACK
            )
            .select_related("recurring")
            .order_by("due_on", "id")
        )
        there = already_there([(slot.recurring, slot.due_on) for slot in open_slots])
        met = [s for s in open_slots if key_of((s.recurring, s.due_on)) in there]
        for slot in met:
            _meet(slot, there[slot.recurring_id, slot.due_on])
        missed = [
            s for s in open_slots
            if s.state == SlotState.WAITING and s.due_on + GRACE < day
        ]  # fmt: skip
        for slot in missed:
            _miss(slot)
        RecurringSlot.objects.bulk_update([*met, *missed], ["state", "transaction"])
    return len(missed)


def _take_back_posted(day: date) -> None:
    """What was recorded alone and is voided since; a notice of several stays for the others."""
    voided = RecurringSlot.objects.filter(
        state=SlotState.BOOKED, transaction__state=TransactionState.VOID,
        due_on__gte=day - LOOK_BACK,
    )  # fmt: skip
    keys = {
        f"{recurring}:{due_on}" for recurring, due_on in voided.values_list("recurring", "due_on")
    }
    told = told_facts("recurring_posted") if keys else {}
    for key in keys & told.keys():
        if told[key].get("count") == 1:
            cancel("recurring_posted", key=key)


def _meet(slot: RecurringSlot, found: Transaction) -> None:
    if slot.state == SlotState.MISSED:
        cancel("recurring_missed", key=f"{slot.recurring_id}:{slot.due_on}")
    slot.state, slot.transaction = SlotState.MET, found


def _miss(slot: RecurringSlot) -> None:
    slot.state = SlotState.MISSED
    row = slot.recurring
    notify(
        "recurring_missed",
        key=f"{row.pk}:{slot.due_on}",
        facts={"name": row.name, "date": slot.due_on, "amount": amount_fact(row)},
        link=LINK,
    )
