"""Balances of other days, and the checks of them, as the API takes and gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from rest_framework import serializers

from finance.balances import DayBalance
from finance.models import StatedBalance, StatedBy
from finance.querysets import Row
from finance.reconciling.checking import Check, Reconciliation
from finance.rendering import transaction_json
from finance.schemas import TransactionShape
from finance.serializers import AmountField
from tenancy.serializers import StrictSerializer

Json = dict[str, Any]
Shape = serializers.Serializer[Any]
MOST_DAYS = 3660


class StatedBalanceInput(StrictSerializer):
    account = serializers.UUIDField()
    stated_on = serializers.DateField(help_text="The balance is that of the end of this day.")
    balance = AmountField(help_text="In the account's currency; what is owed is negative.")


class PeriodQuery(StrictSerializer):
    date_from = serializers.DateField(required=False, help_text="Without it, a year before.")
    date_to = serializers.DateField(required=False, help_text="Without it, today.")

    def period(self, today: date) -> tuple[date, date]:
        """Raises ValidationError for days out of order, or too many."""
        until: date = self.validated_data.get("date_to") or today
        if not 1900 <= until.year < 2200:
            raise serializers.ValidationError({"date_to": "Give a day from 1900 to 2199."})
        since: date = self.validated_data.get("date_from") or until - timedelta(366)
        if not 0 <= (until - since).days <= MOST_DAYS:
            raise serializers.ValidationError(
                {"date_from": f"Give a day at most {MOST_DAYS} days before date_to."},
                code="invalid_period",
            )
        return since, until


class StatedBalanceShape(Shape):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    stated_on = serializers.DateField()
    balance = serializers.CharField()
    currency = serializers.CharField()
    stated_by = serializers.ChoiceField(choices=StatedBy.choices)
    told_at = serializers.DateTimeField()


class DayBalanceShape(Shape):
    day = serializers.DateField()
    balance = serializers.CharField(help_text="At the end of the day.")


class BalanceLineShape(Shape):
    """The day before, every day that moved the account, and the last day."""

    currency = serializers.CharField()
    data = DayBalanceShape(many=True)  # type: ignore[assignment] # a field, not DRF's attribute


class CheckShape(Shape):
    stated = StatedBalanceShape()
    ledger = serializers.CharField()
    difference = serializers.CharField(help_text="Stated minus ledger.")
    is_new = serializers.BooleanField(help_text="Whether it differs otherwise than before.")


class ReconciliationShape(Shape):
    state = serializers.ChoiceField(choices=("nothing_stated", "agrees", "off"))
    agreed_on = serializers.DateField(allow_null=True, help_text="The last agreement.")
    first_off = CheckShape(allow_null=True, help_text="The first disagreement after it.")
    checks = CheckShape(many=True, help_text="Oldest first.")
    between = TransactionShape(
        many=True, help_text="Posted from the last agreement to the first disagreement."
    )


def stated_json(row: StatedBalance) -> Json:
    return {
        "id": row.pk,
        "account": row.account_id,
        "stated_on": row.stated_on,
        "balance": str(row.amount),
        "currency": row.currency,
        "stated_by": row.stated_by,
        "told_at": row.told_at,
    }


def line_json(currency: str, line: Sequence[DayBalance]) -> Json:
    days = [{"day": entry.day, "balance": str(entry.balance)} for entry in line]
    return {"currency": currency, "data": days}


def check_json(check: Check) -> Json:
    return {
        "stated": stated_json(check.stated),
        "ledger": str(check.ledger),
        "difference": str(check.difference),
        "is_new": check.is_new,
    }


def reconciliation_json(found: Reconciliation, between: Sequence[Row]) -> Json:
    state = "off" if found.first_off else "agrees" if found.checks else "nothing_stated"
    return {
        "state": state,
        "agreed_on": found.agreed_on,
        "first_off": check_json(found.first_off) if found.first_off else None,
        "checks": [check_json(check) for check in found.checks],
        "between": [transaction_json(row) for row in between],
    }
