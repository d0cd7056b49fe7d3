"""JSON of replays and what they found."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from extraction.models import DifferenceKind, Replay, ReplayDifference
from extraction.replaying.running import groups
from mail_ingest.models import Email
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class ReplaySerializer(StrictModelSerializer):
    """Days are of the messages' arrival, in UTC, both included."""

    email = serializers.PrimaryKeyRelatedField(
        queryset=Email.objects.all(), required=False, allow_null=True, default=None,
        help_text="This message alone.",
    )  # fmt: skip

    class Meta:
        model = Replay
        fields = (
            "id", "sender", "since", "until", "email", "read", "reader_version", "created_at",
            "finished_at",
        )  # fmt: skip
        read_only_fields = ("id", "read", "reader_version", "created_at", "finished_at")


class GroupSerializer(StrictSerializer):
    """Differences that can be decided together."""

    group = serializers.CharField()
    kind = serializers.ChoiceField(choices=DifferenceKind.choices)
    sender = serializers.CharField()
    count = serializers.IntegerField()
    open = serializers.IntegerField()


class ReplayDetailSerializer(ReplaySerializer):
    groups = serializers.SerializerMethodField()

    class Meta(ReplaySerializer.Meta):
        fields = (*ReplaySerializer.Meta.fields, "groups")  # type: ignore[assignment] # one more

    @extend_schema_field(GroupSerializer(many=True))
    def get_groups(self, replay: Replay) -> list[dict[str, Any]]:
        return list(GroupSerializer(groups(replay), many=True).data)


class DecisionSerializer(StrictSerializer):
    """A whole group, or single differences."""

    group = serializers.CharField(required=False, default="")
    differences = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=1000
    )


class DismissedSerializer(StrictSerializer):
    dismissed = serializers.IntegerField()


class ReplayDifferenceSerializer(StrictModelSerializer):
    """`changes` maps a field to its old and new value as text; null is nothing."""

    subject = serializers.CharField(source="email.subject", read_only=True)

    class Meta:
        model = ReplayDifference
        fields = (
            "id", "replay", "group", "kind", "sender", "email", "subject", "item", "changes",
            "transaction_id", "state", "note",
        )  # fmt: skip
        read_only_fields = fields
