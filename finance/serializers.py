"""What the API's ledger accepts. What it answers is in `rendering`, described in `schemas`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.accounts import SHOWN_DIGITS
from finance.errors import LedgerError
from finance.ledger import Changes, Part
from finance.models import AccountKind, CategoryKind, TransactionState
from finance.money import InvalidMoney, Money
from tenancy.models import validate_currency
from tenancy.serializers import StrictSerializer
from tenancy.wording import worded


@extend_schema_field(serializers.CharField())
class AmountField(serializers.Field):  # type: ignore[type-arg]
    """A decimal string, signed, with a point: "-12.34". How many decimals it may have depends on
    the currency, which its verb knows."""

    default_error_messages = {
        "invalid_amount": "Give the amount as a decimal string, like “-12.34”.",
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,8})?", data):
            self.fail("invalid_amount")
        return data

    def to_representation(self, value: Any) -> str:
        return str(value)


class CurrencyField(serializers.CharField):
    """An ISO 4217 code."""

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        try:
            validate_currency(code)
        except InvalidValue as error:
            raise serializers.ValidationError(error.messages, code="invalid_currency") from error
        return code


def money(text: str, currency: str, field: str = "amount") -> Money:
    """Raises LedgerError for more decimals than the currency has."""
    try:
        return Money.parse(text, currency)
    except InvalidMoney as error:
        raise LedgerError(f"{error}.", code="invalid_amount", field=field) from error


class SplitInput(StrictSerializer):
    amount = AmountField()
    category = serializers.UUIDField(allow_null=True, default=None)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class TransactionFields(StrictSerializer):
    """Fields that may be changed; `currency`, where it is given, must be the account's."""

    account = serializers.UUIDField(required=False)
    booked_on = serializers.DateField(required=False)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)
    amount = AmountField(required=False)
    currency = CurrencyField(required=False)
    original_amount = AmountField(required=False, allow_null=True)
    original_currency = CurrencyField(required=False)
    merchant = serializers.CharField(max_length=200, allow_blank=True, required=False)
    description = serializers.CharField(max_length=500, allow_blank=True, required=False)
    notes = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    event = serializers.SlugField(max_length=20, allow_blank=True, required=False)
    is_one_time = serializers.BooleanField(required=False, help_text="Keep it out of averages.")
    tags = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=50,
        help_text="Ids of tags, in place of those it has.",
    )  # fmt: skip
    category = serializers.UUIDField(required=False, allow_null=True)
    splits = SplitInput(many=True, required=False, allow_empty=False)

    def changes(self, account_currency: str) -> Changes:
        """The validated fields as a verb takes them. Raises LedgerError."""
        given: dict[str, Any] = dict(self.validated_data)
        currency = given.pop("currency", account_currency)
        for name, field in (("account", "account_id"), ("category", "category_id")):
            if name in given:
                given[field] = given.pop(name)
        if "amount" in given:
            given["amount"] = money(given["amount"], currency)
        elif currency != account_currency:
            raise LedgerError(
                worded(
                    "The account is kept in %(currency)s.",
                    currency=account_currency,
                ),
                code="currency_mismatch",
                field="currency",
            )
        if "tags" in given:
            given["tags"] = frozenset(given["tags"])
        if "splits" in given:
            given["parts"] = parts(given.pop("splits"), currency)
        if "original_amount" in given or "original_currency" in given:
            given["original"] = _original(given)
        return given  # type: ignore[return-value] # by the names of this class's fields


def _original(given: dict[str, Any]) -> Money | None:
    text, currency = given.pop("original_amount", None), given.pop("original_currency", None)
    if text is None:
        return None
    if currency is None:
        raise LedgerError(
            gettext("Say in which currency the original amount is."),
            code="required",
            field="original_currency",
        )
    return money(text, currency, "original_amount")


def parts(splits: list[dict[str, Any]], currency: str) -> tuple[Part, ...]:
    return tuple(
        Part(money(one["amount"], currency, "splits"), one["category"], one["note"])
        for one in splits
    )


class TransactionInput(TransactionFields):
    """A new transaction. With `external_id`, the caller's own name for it, the same one again
    gives the first transaction."""

    account = serializers.UUIDField()
    booked_on = serializers.DateField()
    amount = AmountField()
    state = serializers.ChoiceField(
        choices=(TransactionState.POSTED, TransactionState.PROPOSED),
        default=TransactionState.POSTED,
    )
    external_id = serializers.CharField(max_length=100, required=False)


class TransactionPatch(TransactionFields):
    """Changes of a transaction; with `version`, only if it is still that version."""

    version = serializers.IntegerField(required=False, min_value=1)


class SplitsInput(StrictSerializer):
    splits = SplitInput(many=True, allow_empty=False)


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class SnoozeInput(StrictSerializer):
    until = serializers.DateTimeField()

    def validate_until(self, value: datetime) -> datetime:
        if value <= timezone.now():
            raise serializers.ValidationError(gettext("Give a time to come."), code="past")
        return value


class TransferInput(StrictSerializer):
    """Either the other leg, or the account on which to book it."""

    transaction = serializers.UUIDField(required=False)
    account = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(
                "Give either “transaction” or “account”.", code="one_of"
            )
        return attrs


class MergeInput(StrictSerializer):
    """The transaction that goes."""

    transaction = serializers.UUIDField()


class IdsInput(StrictSerializer):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class AccountInput(StrictSerializer):
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=AccountKind.choices, default=AccountKind.CHECKING)
    currency = CurrencyField()
    institution = serializers.CharField(max_length=120, allow_blank=True, default="")
    group = serializers.CharField(max_length=80, allow_blank=True, default="")
    number = serializers.CharField(
        max_length=40, allow_blank=True, default="",
        help_text=f"Whole, kept encrypted; or only its last {SHOWN_DIGITS} digits.",
    )  # fmt: skip
    opening_balance = AmountField(default="0")
    opening_on = serializers.DateField(allow_null=True, default=None)
    is_archived = serializers.BooleanField(default=False)


class CategoryInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=CategoryKind.choices, default=CategoryKind.EXPENSE)
    parent = serializers.UUIDField(allow_null=True, default=None)  # type: ignore[assignment]


class CategoryPatch(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    parent = serializers.UUIDField(allow_null=True, required=False)  # type: ignore[assignment]
    position = serializers.IntegerField(min_value=0, max_value=100_000, required=False)
    is_archived = serializers.BooleanField(required=False)


class MonthQuery(serializers.Serializer[Any]):
    month = serializers.RegexField(
        r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", required=False, help_text="YYYY-MM"
    )
