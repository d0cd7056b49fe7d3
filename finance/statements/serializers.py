"""JSON of statement imports and their lines."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.models import FinancialAccount, LineOutcome, StatementImport, StatementLine
from finance.money import Money
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class StatementImportSerializer(StrictModelSerializer):
    """`counts` are of lines by outcome: what applying would do, or has done."""

    counts = serializers.SerializerMethodField()
    closing = serializers.SerializerMethodField()

    class Meta:
        model = StatementImport
        fields = (
            "id", "account", "name", "format", "state", "mapping", "headings", "digits",
            "currency", "closing", "closing_on", "counts", "error", "job_id", "created_at",
            "applied_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_counts(self, row: Any) -> dict[str, int]:
        return {outcome: getattr(row, f"{outcome}_count") for outcome in LineOutcome.values}

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_closing(self, row: StatementImport) -> str | None:
        if row.closing_minor is None:
            return None
        return str(Money(row.closing_minor, row.currency))


def with_counts(rows: QuerySet[StatementImport]) -> QuerySet[Any]:
    """Each with `new_count`, `matched_count` …, in one query."""
    return rows.annotate(
        **{
            f"{outcome}_count": Count("lines", filter=Q(lines__outcome=outcome))
            for outcome in LineOutcome.values
        }
    )


class StatementUploadSerializer(StrictSerializer):
    file = serializers.FileField()
    account = serializers.PrimaryKeyRelatedField(
        queryset=FinancialAccount.objects.filter(is_archived=False), required=False,
        allow_null=True, default=None,
    )  # fmt: skip


class StatementChoiceSerializer(StrictSerializer):
    """`mapping` is for tables: part → heading of its column."""

    account = serializers.PrimaryKeyRelatedField(
        queryset=FinancialAccount.objects.filter(is_archived=False), required=False, default=None
    )
    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=200), required=False, default=None
    )


class StatementLineSerializer(StrictModelSerializer):
    amount = serializers.SerializerMethodField()

    class Meta:
        model = StatementLine
        fields = (
            "id", "statement", "row", "booked_on", "amount", "currency", "payee", "description",
            "outcome", "problem", "transaction",
        )  # fmt: skip
        read_only_fields = fields

    def get_amount(self, row: StatementLine) -> str | None:
        """Signed; null for a line that could not be read."""
        return str(Money(row.amount_minor, row.currency)) if row.currency else None
