"""Budgets and goals as the API takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from finance.budgets.plans import AVERAGES, HIGHEST_PERCENT, MOST_STEPS, MOST_THRESHOLDS
from finance.budgets.status import Status
from finance.models import BudgetUnit, Rollover
from finance.serializers import AmountField, CurrencyField, money
from tenancy.serializers import StrictSerializer

Json = dict[str, Any]
Shape = serializers.Serializer[Any]
STATES = ("on_track", "near", "over")


class BudgetPatch(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False)
    amount = AmountField(required=False, help_text="For each period that has no amount of its own.")
    currency = CurrencyField(required=False)
    categories = serializers.ListField(
        child=serializers.UUIDField(), max_length=100, required=False,
        help_text="Each with all below it. None: everything that is spent.",
    )  # fmt: skip
    starts_on = serializers.DateField(
        required=False, help_text="A first day of a period: a Monday, a pay day."
    )
    unit = serializers.ChoiceField(choices=BudgetUnit.choices, required=False)
    every = serializers.IntegerField(min_value=1, max_value=MOST_STEPS, required=False)
    rollover = serializers.ChoiceField(choices=Rollover.choices, required=False)
    thresholds = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=HIGHEST_PERCENT),
        max_length=MOST_THRESHOLDS,
        required=False,
        help_text="Percentages at which people are told, once a period each.",
    )
    is_archived = serializers.BooleanField(required=False)


class BudgetInput(BudgetPatch):
    name = serializers.CharField(max_length=120)
    amount = AmountField()
    currency = CurrencyField()
    starts_on = serializers.DateField()
    is_archived = None  # type: ignore[assignment] # a new one is not


def columns(given: Mapping[str, Any], currency: str) -> Json:
    """A validated body as the verbs take it. Raises LedgerError."""
    wanted: Json = {k: v for k, v in given.items() if k != "currency"}
    if "categories" in wanted:
        wanted["category_ids"] = wanted.pop("categories")
    if "amount" in wanted:
        wanted["amount"] = money(wanted["amount"], currency)
    return wanted


class DayInput(StrictSerializer):
    on = serializers.DateField(
        required=False, help_text="A day of the period that is meant; today's without it."
    )


class PeriodAmountInput(DayInput):
    amount = AmountField(allow_null=True, help_text="Null: the budget's amount again.")


class AveragesInput(DayInput):
    periods = serializers.ChoiceField(choices=AVERAGES, default=AVERAGES[0])


class CountShape(Shape):
    changed = serializers.IntegerField()


class ShareShape(Shape):
    category = serializers.UUIDField(allow_null=True)
    category_name = serializers.CharField()
    spent = serializers.CharField()


class OtherShape(Shape):
    amount = serializers.CharField()
    currency = serializers.CharField()


class PastShape(Shape):
    first = serializers.DateField()
    last = serializers.DateField()
    spent = serializers.CharField()


class BudgetShape(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    categories = serializers.ListField(child=serializers.UUIDField())
    starts_on = serializers.DateField()
    unit = serializers.ChoiceField(choices=BudgetUnit.choices)
    every = serializers.IntegerField()
    rollover = serializers.ChoiceField(choices=Rollover.choices)
    thresholds = serializers.ListField(child=serializers.IntegerField())
    is_archived = serializers.BooleanField()
    version = serializers.IntegerField()
    first = serializers.DateField(help_text="The first day of the period that is shown.")
    last = serializers.DateField()
    limit = serializers.CharField(help_text="The period's amount.")
    carried = serializers.CharField(help_text="From the periods before.")
    available = serializers.CharField()
    spent = serializers.CharField()
    left = serializers.CharField()
    percent = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    days_left = serializers.IntegerField()
    per_day = serializers.CharField(allow_null=True)
    average = serializers.CharField(allow_null=True, help_text="Of the six periods before.")
    median = serializers.CharField(allow_null=True)
    shares = ShareShape(many=True)
    others = OtherShape(many=True, help_text="Spent in other currencies: not counted.")
    history = PastShape(many=True)


def budget_json(status: Status) -> Json:
    budget, period = status.budget, status.period
    return {
        "id": budget.pk,
        **{name: getattr(budget, name) for name in PLAIN},
        "amount": str(budget.amount),
        "categories": list(status.categories),
        "first": period.first,
        "last": period.last,
        **{name: str(getattr(status, name)) for name in AMOUNTS},
        "percent": status.percent,
        "state": status.state,
        "days_left": status.days_left,
        **{name: _text(getattr(status, name)) for name in ("per_day", "average", "median")},
        "shares": [
            {"category": s.category_id, "category_name": s.label, "spent": str(s.spent)}
            for s in status.shares
        ],
        "others": [{"amount": str(m), "currency": m.currency} for m in status.others],
        "history": [
            {"first": p.first, "last": p.last, "spent": str(spent)} for p, spent in status.history
        ],
    }


PLAIN = (
    "name", "currency", "starts_on", "unit", "every", "rollover", "thresholds", "is_archived",
    "version",
)  # fmt: skip
AMOUNTS = ("limit", "carried", "available", "spent", "left")


def _text(amount: Any) -> str | None:
    return None if amount is None else str(amount)
