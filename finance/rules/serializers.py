"""JSON of rules and of what they do."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finance.ledger import Changes
from finance.models import Category, EditBatch, Rule
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class RuleSerializer(StrictModelSerializer):
    """`query` is a query of the transactions' list; what matches gets `category`, `merchant` and
    `notes`, where given."""

    category = serializers.PrimaryKeyRelatedField(
        queryset=Category.objects.filter(is_archived=False), required=False, allow_null=True
    )

    tags = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=50,
        help_text="Ids of tags that are added to those a transaction has.",
    )  # fmt: skip

    class Meta:
        model = Rule
        fields = (
            "id", "name", "query", "position", "is_enabled", "category", "merchant", "notes",
            "is_one_time", "tags", "created_at",
        )  # fmt: skip
        read_only_fields = ("id", "position", "created_at")
        extra_kwargs = {"name": {"required": False, "allow_blank": True}}

    def to_representation(self, instance: Rule) -> Any:
        return super().to_representation(instance) | {
            "tags": sorted(str(tag.tag_id) for tag in instance.rule_tags.all())
        }


class PreviewShape(StrictSerializer):
    matching = serializers.IntegerField()
    changing = serializers.IntegerField()
    examples = serializers.ListField(child=serializers.UUIDField())


class OrderInput(StrictSerializer):
    rules = serializers.ListField(child=serializers.UUIDField(), max_length=1000)


class SkippedShape(StrictSerializer):
    transaction = serializers.UUIDField(source="transaction_id")
    reason = serializers.CharField()


class EditedShape(StrictSerializer):
    """`batch` can be undone at /edit-batches; null where nothing changed."""

    batch = serializers.UUIDField(source="batch_id", allow_null=True)
    changed = serializers.IntegerField()
    skipped = SkippedShape(many=True)


class EditBatchSerializer(StrictModelSerializer):
    class Meta:
        model = EditBatch
        fields = ("id", "title", "count", "actor", "created_at", "undone_at")
        read_only_fields = fields


class UndoneShape(StrictSerializer):
    restored = serializers.IntegerField()
    changed_since = serializers.IntegerField()


class BatchInput(StrictSerializer):
    """Which transactions – by `ids`, or all that match `q` – and what they get."""

    ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=10_000)
    q = serializers.CharField(required=False, max_length=500)
    category = serializers.PrimaryKeyRelatedField(
        queryset=Category.objects.filter(is_archived=False), required=False, allow_null=True
    )
    merchant = serializers.CharField(required=False, max_length=200, allow_blank=True)
    notes = serializers.CharField(required=False, max_length=10_000, allow_blank=True)
    is_one_time = serializers.BooleanField(required=False)
    add_tags = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=50)
    remove_tags = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=50
    )

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if ("ids" in attrs) == ("q" in attrs):
            raise serializers.ValidationError(
                "Give either ids or q, to say which transactions.", code="ids_or_q"
            )
        if not attrs.keys() - {"ids", "q"}:
            raise serializers.ValidationError(
                "Say what they get: category, merchant, notes, is_one_time or tags.",
                code="no_change",
            )
        return attrs

    def changes(self) -> Changes:
        """What was asked for, as `edit_many` takes it."""
        given = self.validated_data
        changes: dict[str, Any] = {
            name: given[name] for name in ("merchant", "notes", "is_one_time") if name in given
        }
        changes |= {n: frozenset(given[n]) for n in ("add_tags", "remove_tags") if n in given}
        if "category" in given:
            changes["category_id"] = given["category"].pk if given["category"] else None
        return changes  # type: ignore[return-value] # by the names of this class's fields
