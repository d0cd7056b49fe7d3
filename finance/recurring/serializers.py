"""Recurring transactions as the API takes and gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from rest_framework import serializers

from finance.models import (
    RecurrenceDay,
    RecurrenceUnit,
    Recurring,
    RecurringMode,
    RecurringSlot,
    RecurringState,
    SlotState,
)
from finance.money import Money, minor_text
from finance.recurring.reading import Happening, next_dates
from finance.recurring.templates import MOST_DAYS_AHEAD, MOST_STEPS
from finance.serializers import AmountField, money
from tenancy.serializers import StrictSerializer

Json = dict[str, Any]
Shape = serializers.Serializer[Any]


class RecurringPatch(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False)
    account = serializers.UUIDField(required=False)
    category = serializers.UUIDField(allow_null=True, required=False)
    amount = AmountField(
        required=False, help_text="Signed, in the account's currency; an outflow is negative."
    )
    amount_to = AmountField(
        allow_null=True, required=False, help_text="The other end of a range, further from zero."
    )
    merchant = serializers.CharField(max_length=200, allow_blank=True, required=False)
    notes = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    mode = serializers.ChoiceField(choices=RecurringMode.choices, required=False)
    anchor_on = serializers.DateField(required=False)
    unit = serializers.ChoiceField(choices=RecurrenceUnit.choices, required=False)
    every = serializers.IntegerField(min_value=1, max_value=MOST_STEPS, required=False)
    day = serializers.ChoiceField(choices=RecurrenceDay.choices, required=False)
    until = serializers.DateField(allow_null=True, required=False)
    remind_days = serializers.IntegerField(
        min_value=0, max_value=MOST_DAYS_AHEAD, allow_null=True, required=False
    )
    state = serializers.ChoiceField(choices=RecurringState.choices, required=False)


class RecurringInput(RecurringPatch):
    name = serializers.CharField(max_length=120)
    account = serializers.UUIDField()
    amount = AmountField()
    anchor_on = serializers.DateField(help_text="The first due date, or one before.")
    state = None  # type: ignore[assignment] # a new one is active


def columns(given: Mapping[str, Any], currency: str) -> Json:
    """A validated body as the verbs take it. Raises LedgerError for amounts that the currency
    does not have."""
    wanted: Json = dict(given)
    for name in ("account", "category"):
        if name in wanted:
            wanted[f"{name}_id"] = wanted.pop(name)
    for name in ("amount", "amount_to"):
        if wanted.get(name) is not None:
            wanted[name] = money(wanted[name], currency, name)
    return wanted


class DueInput(StrictSerializer):
    due_on = serializers.DateField()


class RecordInput(DueInput):
    amount = AmountField(required=False, help_text="Where it differs from the template's.")


class MonthInput(StrictSerializer):
    month = serializers.CharField(help_text="Like 2026-05. Without it, this month.", required=False)

    def validate_month(self, value: str) -> date:
        if not re.fullmatch(r"(19|20|21)\d\d-(0[1-9]|1[0-2])", value):
            raise serializers.ValidationError("Give a month as 2026-05.", code="invalid_month")
        return date.fromisoformat(f"{value}-01")


class SlotShape(Shape):
    due_on = serializers.DateField()
    state = serializers.ChoiceField(choices=SlotState.choices)
    transaction = serializers.UUIDField(allow_null=True)


class RecurringShape(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    account = serializers.UUIDField()
    account_name = serializers.CharField()
    category = serializers.UUIDField(allow_null=True)
    category_name = serializers.CharField()
    amount = serializers.CharField()
    amount_to = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    merchant = serializers.CharField()
    notes = serializers.CharField()
    mode = serializers.ChoiceField(choices=RecurringMode.choices)
    anchor_on = serializers.DateField()
    unit = serializers.ChoiceField(choices=RecurrenceUnit.choices)
    every = serializers.IntegerField()
    day = serializers.ChoiceField(choices=RecurrenceDay.choices)
    until = serializers.DateField(allow_null=True)
    remind_days = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=RecurringState.choices)
    problem = serializers.CharField()
    next_dates = serializers.ListField(child=serializers.DateField())
    last_on = serializers.DateField(allow_null=True)
    last_state = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()


class RecurringDetailShape(RecurringShape):
    slots = SlotShape(many=True)


class HappeningShape(Shape):
    recurring = serializers.UUIDField()
    name = serializers.CharField()
    due_on = serializers.DateField()
    state = serializers.CharField(help_text="Of its slot; empty for what is still to come.")
    amount = serializers.CharField()
    currency = serializers.CharField()
    transaction = serializers.UUIDField(allow_null=True)


class CalendarShape(Shape):
    month = serializers.DateField()
    data = HappeningShape(many=True)  # type: ignore[assignment] # a field, not DRF's attribute


def recurring_json(row: Any) -> Json:
    """From a row of `reading.with_last`."""
    return {
        "id": row.pk,
        "name": row.name,
        "account": row.account_id,
        "account_name": row.account.name,
        "category": row.category_id,
        "category_name": row.category.label if row.category else "",
        "amount": minor_text(row.amount_minor, row.currency),
        "amount_to": str(row.amount_to) if row.amount_to else None,
        "currency": row.currency,
        **{name: getattr(row, name) for name in PLAIN},
        "next_dates": next_dates(row),
        "last_on": row.last_on,
        "last_state": row.last_state,
    }


PLAIN = (
    "merchant", "notes", "mode", "anchor_on", "unit", "every", "day", "until", "remind_days",
    "state", "problem", "version",
)  # fmt: skip


def slot_json(slot: RecurringSlot) -> Json:
    return {"due_on": slot.due_on, "state": slot.state, "transaction": slot.transaction_id}


def happening_json(happening: Happening) -> Json:
    slot, row = happening.slot, happening.recurring
    return {
        "recurring": row.pk,
        "name": row.name,
        "due_on": happening.due_on,
        "state": happening.state,
        "amount": str(happening.amount),
        "currency": happening.amount.currency,
        "transaction": slot.transaction_id if slot else None,
    }


def amount_of(given: Mapping[str, Any], row: Recurring) -> Money | None:
    text = given.get("amount")
    return None if text is None else money(text, row.currency)
