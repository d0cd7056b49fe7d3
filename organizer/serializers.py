"""Tasks as the API takes and gives them."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from organizer.linking import TARGETS, Link
from organizer.models import RepeatBy, Task, TaskBatch, TaskPolicy, TaskPriority
from organizer.querysets import PlainRow
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class ItemSerializer(StrictSerializer):
    text = serializers.CharField(max_length=200)
    is_done = serializers.BooleanField(default=False)


class LinkSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=sorted(TARGETS))
    id = serializers.UUIDField(source="target_id")


class TaskSerializer(StrictModelSerializer):
    notes = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=41), max_length=20, required=False
    )
    checklist = ItemSerializer(many=True, required=False)
    assignee = serializers.UUIDField(
        source="assignee_id", allow_null=True, required=False, help_text="A member's user id."
    )
    except_on = serializers.ListField(
        child=serializers.DateField(), max_length=366, required=False,
        help_text="Days of the rule that are left out.",
    )  # fmt: skip
    links = LinkSerializer(many=True, required=False)
    amount = serializers.SerializerMethodField()
    currency = serializers.SerializerMethodField()
    messages = serializers.ListField(
        child=serializers.CharField(), read_only=True,
        help_text="Ids of the messages that told of it.",
    )  # fmt: skip
    bill = serializers.UUIDField(source="bill_id", read_only=True, allow_null=True)
    announcement = serializers.UUIDField(source="announcement_id", read_only=True, allow_null=True)
    follows = serializers.UUIDField(
        source="follows_id", read_only=True, allow_null=True,
        help_text="The task before it in its series.",
    )  # fmt: skip

    class Meta:
        model = Task
        fields = (
            "id", "title", "notes", "due_on", "due_time", "time_zone", "due_at", "priority",
            "tags", "checklist", "assignee", "state", "done_at", "rule", "repeat_by",
            "repeat_from", "except_on", "follows", "links", "amount", "currency", "reference",
            "messages", "bill", "announcement", "closed_by_ledger", "version", "created_at",
        )  # fmt: skip
        read_only_fields = (
            "due_at", "state", "done_at", "repeat_from", "reference", "closed_by_ledger",
            "version", "created_at",
        )  # fmt: skip

    def to_internal_value(self, data: Any) -> Any:
        """As the verbs take it."""
        value = super().to_internal_value(data)
        if "links" in value:
            value["links"] = tuple(Link(link["kind"], link["target_id"]) for link in value["links"])
        return value

    def to_representation(self, instance: Task | PlainRow) -> Any:
        """What the fields above give, without asking each of them for each row: a page of fifty is
        made five times as fast. A plain row has nothing beside its columns."""
        row = instance if isinstance(instance, dict) else vars(instance)
        zone = self._zone
        given = {name: row[name] for name in AS_THEY_ARE}
        given |= {
            "id": str(row["id"]),
            "due_at": _instant(row["due_at"], zone),
            "done_at": _instant(row["done_at"], zone),
            "created_at": _instant(row["created_at"], zone),
            "assignee": row["assignee_id"],
            "follows": row["follows_id"],
            "links": [],
            "amount": None,
            "currency": "",
            "reference": "",
            "messages": [],
            "bill": row["bill_id"],
            "announcement": row["announcement_id"],
        }
        return given if isinstance(instance, dict) else given | _beside(instance)

    @cached_property
    def _zone(self) -> tzinfo:
        """Of whoever asks."""
        return timezone.get_current_timezone()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_amount(self, task: Task) -> str | None:
        return None if task.amount is None else str(task.amount)

    @extend_schema_field(serializers.CharField())
    def get_currency(self, task: Task) -> str:
        return task.amount.currency if task.amount else ""


AS_THEY_ARE: Final = (
    "title", "notes", "due_on", "due_time", "time_zone", "priority", "tags", "checklist", "state",
    "rule", "repeat_by", "repeat_from", "except_on", "closed_by_ledger", "version",
)  # fmt: skip


def _beside(task: Task) -> dict[str, Any]:
    """What stands in other tables."""
    links = [{"kind": link.kind, "id": link.target_id} for link in task.linked]
    if task.bill_id is None and task.announcement_id is None:
        return {"links": links}
    amount = task.amount
    return {
        "links": links,
        "amount": None if amount is None else str(amount),
        "currency": amount.currency if amount else "",
        "reference": task.reference,
        "messages": task.messages,
    }


def _instant(value: datetime | None, zone: tzinfo) -> str | None:
    return None if value is None else value.astimezone(zone).isoformat().replace("+00:00", "Z")


class QuickAddInput(StrictSerializer):
    text = serializers.CharField(
        max_length=500, help_text="For example “pay rent every 1st #home !high”."
    )


class DraftShape(serializers.Serializer[Any]):
    """How a line was understood."""

    title = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    due_time = serializers.TimeField(allow_null=True)
    priority = serializers.ChoiceField(choices=TaskPriority.choices)
    tags = serializers.ListField(child=serializers.CharField())
    rule = serializers.CharField()
    repeat_by = serializers.ChoiceField(choices=RepeatBy.choices)
    assignee = serializers.UUIDField(allow_null=True)


class BulkInput(StrictSerializer):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)
    is_done = serializers.BooleanField(required=False)
    due_on = serializers.DateField(allow_null=True, required=False)
    move_days = serializers.IntegerField(required=False, min_value=-3660, max_value=3660)
    assignee = serializers.UUIDField(allow_null=True, required=False)
    priority = serializers.ChoiceField(choices=TaskPriority.choices, required=False)
    add_tags = serializers.ListField(child=serializers.CharField(max_length=41), required=False)
    remove_tags = serializers.ListField(child=serializers.CharField(max_length=41), required=False)


class BulkShape(serializers.Serializer[Any]):
    batch_id = serializers.UUIDField(allow_null=True)
    changed = serializers.IntegerField()


class BatchUndoneShape(serializers.Serializer[Any]):
    restored = serializers.IntegerField()
    changed_since = serializers.IntegerField()


class TaskBatchSerializer(serializers.ModelSerializer[TaskBatch]):
    class Meta:
        model = TaskBatch
        fields = ("id", "title", "count", "actor", "created_at", "undone_at")
        read_only_fields = fields


class TaskPolicySerializer(StrictModelSerializer):
    class Meta:
        model = TaskPolicy
        fields = ("from_bills", "from_endings", "from_refunds", "from_deadlines")
