"""Exchange rates as the API takes and gives them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.exchange.rates import Rate
from finance.models import ExchangeRate
from finance.rendering import used_rate_json
from finance.schemas import UsedRateShape
from finance.serializers import AmountField, CurrencyField
from tenancy.serializers import StrictSerializer

Json = dict[str, Any]
Shape = serializers.Serializer[Any]


@extend_schema_field(serializers.CharField())
class RateField(AmountField):
    """A positive decimal string: "1.0834"."""

    default_error_messages = {
        "invalid_amount": "Give the rate as a decimal string, like “1.0834”.",
    }

    def to_internal_value(self, data: Any) -> Decimal:  # type: ignore[override]
        if isinstance(data, str) and len(data.partition(".")[2]) > 8:
            data = data.rstrip("0")
        return Decimal(super().to_internal_value(data))


class ExchangeRatePatch(StrictSerializer):
    rate = RateField()


class ExchangeRateInput(ExchangeRatePatch):
    base = CurrencyField(help_text="One unit of this …")
    quote = CurrencyField(help_text="… is `rate` of this.")
    valid_on = serializers.DateField(help_text="From this day until a later rate.")


class ConversionQuery(StrictSerializer):
    amount = AmountField()
    base = CurrencyField(help_text="The amount's currency.")
    quote = CurrencyField(required=False, help_text="Without it, the ledger's own currency.")
    on = serializers.DateField(required=False, help_text="Without it, today.")


class ExchangeRateShape(Shape):
    id = serializers.UUIDField()
    base = serializers.CharField()
    quote = serializers.CharField()
    rate = serializers.CharField()
    valid_on = serializers.DateField()
    version = serializers.IntegerField()


class ConversionShape(Shape):
    amount = serializers.CharField()
    currency = serializers.CharField()
    on = serializers.DateField()
    converted = serializers.CharField(allow_null=True, help_text="Null when there is no rate.")
    quote = serializers.CharField()
    rate = UsedRateShape(allow_null=True)


def exchange_rate_json(row: ExchangeRate) -> Json:
    return {
        "id": row.pk,
        "base": row.base,
        "quote": row.quote,
        "rate": f"{row.rate.normalize():f}",
        "valid_on": row.valid_on,
        "version": row.version,
    }


def conversion_json(amount: Any, on: date, converted: Any, quote: str, rate: Rate | None) -> Json:
    return {
        "amount": str(amount),
        "currency": amount.currency,
        "on": on,
        "converted": None if converted is None else str(converted),
        "quote": quote,
        "rate": used_rate_json(rate) if rate else None,
    }
