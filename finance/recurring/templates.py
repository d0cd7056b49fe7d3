"""Templates of what repeats: adding, changing, pausing, ending; a due date skipped or recorded
early."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils.translation import gettext

from finance.errors import LedgerError, NotInLedger, WrongState
from finance.ledger.movements import check_amount, check_date, clean_text
from finance.ledger.references import References, check_currency
from finance.ledger.writing import change, insert, locked, plain, writing
from finance.models import (
    Recurring,
    RecurringMode,
    RecurringSlot,
    RecurringState,
    SlotState,
    Transaction,
)
from finance.money import Money
from finance.querysets import today
from finance.recurring.booking import book_slots
from notifications.notify import cancel
from tenancy.ids import new_id
from tenancy.wording import worded

MOST_STEPS: Final = 400
MOST_DAYS_AHEAD: Final = 60
TEXT_LIMITS: Final = {"name": 120, "merchant": 200, "notes": 10_000}
# What makes the due dates, and so the next of them.
RULE: Final = frozenset({"anchor_on", "unit", "every", "day", "until", "state"})


@dataclass(frozen=True, slots=True)
class Template:
    """What a recurring transaction is. `amount` is signed and in the account's currency; with
    `amount_to` it is a range, which can be asked or watched for but not recorded unseen."""

    name: str
    account_id: uuid.UUID
    amount: Money
    anchor_on: date
    amount_to: Money | None = None
    category_id: uuid.UUID | None = None
    merchant: str = ""
    notes: str = ""
    mode: str = RecurringMode.ASK
    unit: str = "month"
    every: int = 1
    day: str = "same_day"
    until: date | None = None
    remind_days: int | None = None


def add_recurring(template: Template) -> Recurring:
    """A new recurring transaction, due from today on: due dates before today are not made up
    for. Raises LedgerError, UnknownReference."""
    with writing():
        row = Recurring(id=new_id())
        for name, value in _columns(template).items():
            setattr(row, name, value)
        check(row)
        row.next_on = _next_on(row)
        kept = {name: plain(getattr(row, name)) for name in KEPT}
        insert([row], "add", [kept])
    return row


OPEN: Final = (SlotState.WAITING, SlotState.MISSED)
KEPT: Final = (
    "name", "account_id", "category_id", "amount_minor", "amount_to_minor", "currency", "mode",
    "anchor_on", "unit", "every", "day", "until", "remind_days",
)  # fmt: skip


def _columns(template: Template) -> dict[str, Any]:
    return {
        "name": clean_text(template.name, 120),
        "account_id": template.account_id,
        "category_id": template.category_id,
        "amount_minor": template.amount.minor,
        "amount_to_minor": template.amount_to.minor if template.amount_to else None,
        "currency": template.amount.currency,
        "merchant": clean_text(template.merchant, 200),
        "notes": clean_text(template.notes, 10_000),
        "mode": template.mode,
        "anchor_on": template.anchor_on,
        "unit": template.unit,
        "every": template.every,
        "day": template.day,
        "until": template.until,
        "remind_days": template.remind_days,
    }


def change_recurring(recurring_id: uuid.UUID, changes: Mapping[str, Any]) -> Recurring:
    """Change fields of a Template, or `state`. What a new rule, or the time of a pause, would
    have made due before today is not made up for. Raises NotInLedger, LedgerError,
    UnknownReference."""
    with writing():
        row = locked(Recurring, recurring_id)
        wanted = dict(changes)
        for name, limit in TEXT_LIMITS.items():
            if name in wanted:
                wanted[name] = clean_text(wanted[name], limit)
        if "amount" in wanted:
            amount: Money = wanted.pop("amount")
            wanted |= {"amount_minor": amount.minor, "currency": amount.currency}
        if "amount_to" in wanted:
            other: Money | None = wanted.pop("amount_to")
            wanted["amount_to_minor"] = other.minor if other else None
        trial = Recurring(**{f.attname: getattr(row, f.attname) for f in Recurring._meta.fields})
        for name, value in wanted.items():
            setattr(trial, name, value)
        check(trial)
        if change(row, "change", wanted):
            _reschedule(row, wanted.keys())
    return row


def end_recurring(recurring_id: uuid.UUID) -> Recurring:
    """It repeats no more; what it has recorded stays. Raises NotInLedger."""
    return change_recurring(recurring_id, {"state": RecurringState.ENDED})


def skip(recurring_id: uuid.UUID, due_on: date) -> RecurringSlot:
    """Leave one due date out. Skipped already: nothing happens. Raises NotInLedger, WrongState
    (it is not the next one, or has been dealt with)."""
    with writing():
        row = locked(Recurring, recurring_id)
        slot = _slot(row, due_on)
        if slot is not None and slot.state in OPEN:
            slot.state = SlotState.SKIPPED
            slot.save(update_fields=["state"])
        if slot is not None and slot.state == SlotState.SKIPPED:
            cancel("recurring_missed", key=f"{row.pk}:{due_on}")
            return slot
        _check_next(row, due_on, slot)
        slot = RecurringSlot(recurring=row, due_on=due_on, state=SlotState.SKIPPED)
        slot.save(force_insert=True)
        _advance(row, due_on)
    return slot


def record_now(recurring_id: uuid.UUID, due_on: date, amount: Money | None = None) -> Transaction:
    """Record the next due date's transaction today, whatever the mode; `amount` where the
    template has a range, or it was another this time. Recorded already: that transaction. Raises
    NotInLedger, WrongState, LedgerError."""
    with writing():
        row = locked(Recurring, recurring_id)
        slot = _slot(row, due_on)
        if slot is not None and slot.transaction is not None:
            booked: Transaction = slot.transaction
            return booked
        if slot is None or slot.state not in OPEN:
            _check_next(row, due_on, slot)
        if amount is None and row.amount_to_minor is not None:
            raise LedgerError(
                gettext("Its amount varies: say how much it was."), code="required", field="amount"
            )
        made = book_slots([(row, due_on)], booked_on=today(), amount=amount)[0]
        RecurringSlot.objects.update_or_create(
            recurring=row, due_on=due_on,
            defaults={"state": SlotState.BOOKED, "transaction": made},
        )  # fmt: skip
        if slot is None:
            _advance(row, due_on)
        cancel("recurring_missed", key=f"{row.pk}:{due_on}")
    return made


def _slot(row: Recurring, due_on: date) -> RecurringSlot | None:
    slot: RecurringSlot | None = RecurringSlot.objects.filter(recurring=row, due_on=due_on).first()
    return slot


def _check_next(row: Recurring, due_on: date, slot: RecurringSlot | None) -> None:
    if slot is not None:
        raise WrongState(
            worded("%(due_on)s has been dealt with (%(state)s).", due_on=due_on, state=slot.state),
            code="done",
        )
    if row.state == RecurringState.ENDED or row.next_on != due_on:
        next_is = worded(
            "%(due_on)s is not next: its next due date is %(next_on)s.",
            due_on=due_on,
            next_on=row.next_on,
        )
        ended = worded("%(due_on)s is not next: it has ended.", due_on=due_on)
        raise WrongState(next_is if row.next_on else ended, code="not_next")


def _advance(row: Recurring, due_on: date) -> None:
    """Past a due date that has been dealt with."""
    row.next_on = row.rule.after(due_on)
    row.save(update_fields=["next_on"])
    cancel("recurring_due", key=f"{row.pk}:{due_on}")


def _reschedule(row: Recurring, changed: Any) -> None:
    columns: dict[str, Any] = {"problem": ""}
    if RULE & set(changed):
        # Told ahead by the old rule.
        cancel("recurring_due", key=f"{row.pk}:*")
        columns |= {"next_on": _next_on(row), "reminded_on": None}
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))


def _next_on(row: Recurring) -> date | None:
    if row.state == RecurringState.ENDED:
        return None
    done = set(
        RecurringSlot.objects.filter(recurring=row, due_on__gte=today()).values_list(
            "due_on", flat=True
        )
    )
    following = row.rule.after(today() - timedelta(1))
    while following is not None and following in done:
        following = row.rule.after(following)
    return following


def check(row: Recurring) -> None:
    """Raises LedgerError, UnknownReference for a template that could not be recorded."""
    if not row.name:
        raise LedgerError(
            gettext("A recurring transaction needs a name."), code="blank", field="name"
        )
    check_date(row.anchor_on)
    if not 1 <= row.every <= MOST_STEPS:
        raise LedgerError(
            worded("It can repeat every 1 to %(most_steps)s.", most_steps=MOST_STEPS),
            code="step_out_of_range",
            field="every",
        )
    if row.until is not None and row.until < row.anchor_on:
        raise LedgerError(gettext("It ends before it starts."), code="ends_before", field="until")
    if (row.remind_days or 0) > MOST_DAYS_AHEAD:
        raise LedgerError(
            worded(
                "Reminders come at most %(most_days_ahead)s days ahead.",
                most_days_ahead=MOST_DAYS_AHEAD,
            ),
            code="too_far_ahead",
            field="remind_days",
        )
    check_amount(row.amount)
    _check_range(row)
    references = References([row.account_id], [row.category_id])
    if row.state != RecurringState.ENDED:
        check_currency(references.account(row.account_id), row.amount)
        references.check_category(row.category_id)


def _check_range(row: Recurring) -> None:
    other = row.amount_to
    if other is None:
        return
    check_amount(other)
    if (other.minor < 0) != (row.amount_minor < 0) or abs(other.minor) < abs(row.amount_minor):
        raise LedgerError(
            gettext(
                "A range runs from the amount nearer to zero to the one further away, both in or"
                " both out."
            ),
            code="not_a_range",
            field="amount_to",
        )
    if row.mode == RecurringMode.BOOK:
        raise LedgerError(
            gettext(
                "An amount that varies cannot be recorded unseen: let it ask, or watch for it."
            ),
            code="range_needs_asking",
            field="mode",
        )


def recurring_named(recurring_id: uuid.UUID) -> Recurring:
    """Raises NotInLedger."""
    row: Recurring | None = Recurring.objects.filter(pk=recurring_id).first()
    if row is None:
        raise NotInLedger(
            worded("There is no recurring transaction %(recurring_id)s.", recurring_id=recurring_id)
        )
    return row
