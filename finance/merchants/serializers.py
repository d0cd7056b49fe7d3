"""Merchants as the API gives and takes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.merchants.reading import Sums
from finance.models import Category, Merchant, MerchantAlias
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class SpentShape(serializers.Serializer[Any]):
    amount = serializers.CharField(help_text="Positive is spent, negative has come in.")
    currency = serializers.CharField()


class MerchantSerializer(StrictModelSerializer):
    """The sums are of what is posted under its name."""

    default_category = serializers.PrimaryKeyRelatedField(
        queryset=Category.objects.filter(is_archived=False), required=False, allow_null=True,
        help_text="Suggested for what is booked from now on.",
    )  # fmt: skip
    merged_into = serializers.UUIDField(source="merged_into_id", read_only=True, allow_null=True)
    transactions = serializers.SerializerMethodField()
    last_on = serializers.SerializerMethodField()
    spent = serializers.SerializerMethodField()

    class Meta:
        model = Merchant
        fields = (
            "id", "name", "default_category", "website", "sender_domain", "merged_into",
            "created_at", "transactions", "last_on", "spent",
        )  # fmt: skip
        read_only_fields = ("id", "created_at")
        # The verb knows which names are taken.
        validators = ()

    def _sums(self, row: Merchant) -> Sums:
        sums: Sums = self.context.get("sums", {}).get(row.name, Sums())
        return sums

    def get_transactions(self, row: Merchant) -> int:
        return self._sums(row).count

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_last_on(self, row: Merchant) -> str | None:
        last = self._sums(row).last_on
        return last.isoformat() if last else None

    @extend_schema_field(SpentShape(many=True))
    def get_spent(self, row: Merchant) -> list[dict[str, str]]:
        return [{"amount": str(m), "currency": m.currency} for m in self._sums(row).spent]


class AliasSerializer(StrictModelSerializer):
    class Meta:
        model = MerchantAlias
        fields = ("id", "text", "created_at")
        read_only_fields = fields


class AliasInput(StrictSerializer):
    """How the merchant is written. With `apply`, what is written so in the ledger already gets its
    name too."""

    text = serializers.CharField(max_length=300)
    apply = serializers.BooleanField(default=False)


class ForgetInput(StrictSerializer):
    """One of the merchant's aliases."""

    alias = serializers.UUIDField()


class AliasPreviewShape(serializers.Serializer[Any]):
    matching = serializers.IntegerField(help_text="Transactions that are written like the text.")
    changing = serializers.IntegerField(help_text="Those of them with another merchant's name.")
    examples = serializers.ListField(child=serializers.UUIDField())


class MerchantMergeInput(StrictSerializer):
    """The merchant that stays."""

    into = serializers.UUIDField()
