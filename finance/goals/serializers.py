"""Goals as the API takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from finance.goals.saving import Progress
from finance.models import GoalContribution
from finance.money import minor_text
from finance.serializers import AmountField, CurrencyField, money
from tenancy.serializers import StrictSerializer

Json = dict[str, Any]
Shape = serializers.Serializer[Any]


class GoalPatch(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False)
    target = AmountField(required=False)
    currency = CurrencyField(required=False)
    target_on = serializers.DateField(allow_null=True, required=False)
    account = serializers.UUIDField(
        allow_null=True, required=False, help_text="Its balance is what is saved."
    )
    notes = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    is_archived = serializers.BooleanField(required=False)


class GoalInput(GoalPatch):
    name = serializers.CharField(max_length=120)
    target = AmountField()
    currency = CurrencyField()
    is_archived = None  # type: ignore[assignment] # a new one is not


def columns(given: Mapping[str, Any], currency: str) -> Json:
    """A validated body as the verbs take it. Raises LedgerError."""
    wanted: Json = {k: v for k, v in given.items() if k != "currency"}
    if "account" in wanted:
        wanted["account_id"] = wanted.pop("account")
    if "target" in wanted:
        wanted["target"] = money(wanted["target"], currency, "target")
    return wanted


class ContributionInput(StrictSerializer):
    amount = AmountField(help_text="Negative where money is taken back.")
    made_on = serializers.DateField(required=False)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class ContributionShape(Shape):
    id = serializers.UUIDField()
    made_on = serializers.DateField()
    amount = serializers.CharField()
    note = serializers.CharField()


class GoalShape(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    target = serializers.CharField()
    currency = serializers.CharField()
    target_on = serializers.DateField(allow_null=True)
    account = serializers.UUIDField(allow_null=True)
    notes = serializers.CharField()
    is_archived = serializers.BooleanField()
    version = serializers.IntegerField()
    saved = serializers.CharField()
    missing = serializers.CharField()
    percent = serializers.IntegerField()
    per_month = serializers.CharField(allow_null=True)
    months_left = serializers.IntegerField(allow_null=True)
    is_reached = serializers.BooleanField()
    is_late = serializers.BooleanField()


class GoalDetailShape(GoalShape):
    contributions = ContributionShape(many=True, help_text="The latest fifty.")


def goal_json(found: Progress) -> Json:
    goal = found.goal
    return {
        "id": goal.pk,
        "name": goal.name,
        "target": str(goal.target),
        "currency": goal.currency,
        "target_on": goal.target_on,
        "account": goal.account_id,
        "notes": goal.notes,
        "is_archived": goal.is_archived,
        "version": goal.version,
        "saved": str(found.saved),
        "missing": str(found.missing),
        "percent": found.percent,
        "per_month": None if found.per_month is None else str(found.per_month),
        "months_left": found.months_left,
        "is_reached": found.is_reached,
        "is_late": found.is_late,
    }


def contribution_json(row: GoalContribution, currency: str) -> Json:
    return {
        "id": row.pk,
        "made_on": row.made_on,
        "amount": minor_text(row.amount_minor, currency),
        "note": row.note,
    }
