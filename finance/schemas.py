"""The shapes that `rendering` gives, for the API's documentation; tests hold the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finance.models import AccountKind, AccountOrigin, CategoryKind, ReviewState, TransactionState

Shape = serializers.Serializer[Any]


class SourceShape(Shape):
    kind = serializers.CharField()
    id = serializers.CharField()
    item = serializers.IntegerField()


class SplitShape(Shape):
    id = serializers.UUIDField()
    amount = serializers.CharField()
    category = serializers.UUIDField(allow_null=True)
    category_name = serializers.CharField()
    note = serializers.CharField()


class TagShape(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()


class TransferShape(Shape):
    id = serializers.UUIDField()
    transaction_id = serializers.UUIDField(help_text="The other leg.")


class TransactionShape(Shape):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    account_name = serializers.CharField()
    state = serializers.ChoiceField(choices=TransactionState.choices)
    booked_on = serializers.DateField()
    occurred_at = serializers.DateTimeField(allow_null=True)
    amount = serializers.CharField(help_text="Signed decimal; an outflow is negative.")
    currency = serializers.CharField()
    direction = serializers.ChoiceField(choices=("in", "out"))
    original_amount = serializers.CharField(allow_null=True)
    original_currency = serializers.CharField()
    merchant = serializers.CharField()
    merchant_raw = serializers.CharField()
    description = serializers.CharField()
    event = serializers.CharField()
    is_one_time = serializers.BooleanField(help_text="In no average and no “usual”.")
    tags = TagShape(many=True)
    category = serializers.UUIDField(allow_null=True, help_text="Null too when there are splits.")
    category_name = serializers.CharField()
    splits = SplitShape(many=True)
    transfer = TransferShape(allow_null=True)
    merged_into = serializers.UUIDField(allow_null=True)
    source = SourceShape(allow_null=True)  # type: ignore[assignment] # a field, not DRF's attribute
    version = serializers.IntegerField()


class TransactionDetailShape(TransactionShape):
    notes = serializers.CharField()
    provenance = serializers.DictField(help_text="What set each field, and from which words.")
    locked = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ChangeShape(Shape):
    version = serializers.IntegerField()
    verb = serializers.CharField()
    actor_kind = serializers.CharField()
    actor = serializers.CharField()
    before = serializers.DictField()
    after = serializers.DictField()
    note = serializers.CharField()
    at = serializers.DateTimeField()


class HistoryShape(Shape):
    data = ChangeShape(many=True)  # type: ignore[assignment]


class ReviewItemShape(Shape):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=ReviewState.choices)
    reasons = serializers.ListField(child=serializers.CharField())
    draft = serializers.DictField()
    source = SourceShape(allow_null=True)  # type: ignore[assignment] # a field, not DRF's attribute
    transaction = TransactionShape(allow_null=True)
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_note = serializers.CharField()
    snoozed_until = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class AcceptedShape(Shape):
    data = TransactionShape(many=True)  # type: ignore[assignment]


class AccountShape(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=AccountKind.choices)
    currency = serializers.CharField()
    institution = serializers.CharField()
    group = serializers.CharField()
    last_digits = serializers.CharField()
    balance = serializers.CharField()
    opening_balance = serializers.CharField()
    opening_on = serializers.DateField(allow_null=True)
    origin = serializers.ChoiceField(choices=AccountOrigin.choices)
    is_archived = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class CategoryShape(Shape):
    id = serializers.UUIDField()
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=CategoryKind.choices)
    key = serializers.CharField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    is_archived = serializers.BooleanField()
    version = serializers.IntegerField()


class BalanceShape(Shape):
    account = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    balance = serializers.CharField()
    currency = serializers.CharField()


class AmountShape(Shape):
    amount = serializers.CharField()
    currency = serializers.CharField()


class UsedRateShape(Shape):
    base = serializers.CharField()
    quote = serializers.CharField()
    rate = serializers.CharField(help_text="With six significant digits.")
    valid_on = serializers.DateField(help_text="The day of the rate, on or before the one asked.")
    source = serializers.ChoiceField(choices=("own", "ecb"))  # type: ignore[assignment]


class ConvertedTotalShape(Shape):
    """A sum over currencies, by which rates. What has no rate is in `left_out` alone."""

    amount = serializers.CharField()
    currency = serializers.CharField()
    rates = UsedRateShape(many=True)
    left_out = AmountShape(many=True)


class FlowShape(Shape):
    currency = serializers.CharField()
    income = serializers.CharField()
    expense = serializers.CharField()
    net = serializers.CharField()


class SpendingShape(Shape):
    category = serializers.UUIDField(allow_null=True)
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    name = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    count = serializers.IntegerField()


class DashboardShape(Shape):
    """Sums by currency, and the net worth in the ledger's own."""

    month = serializers.CharField()
    balances = BalanceShape(many=True)
    net_worth = AmountShape(many=True)
    total = ConvertedTotalShape()
    flows = FlowShape(many=True)
    spending = SpendingShape(many=True)
    open_reviews = serializers.IntegerField()
