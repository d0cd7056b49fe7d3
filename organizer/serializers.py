"""Tasks as the API takes and gives them."""

from __future__ import annotations

from rest_framework import serializers

from organizer.models import Task
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class TaskSerializer(StrictModelSerializer):
    tags = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False
    )
    notes = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    repeat_every = serializers.IntegerField(min_value=1, max_value=999, required=False)

    class Meta:
        model = Task
        fields = (
            "id", "title", "notes", "due_on", "priority", "tags", "state", "done_at",
            "repeat_unit", "repeat_every", "repeat_from", "created_at",
        )  # fmt: skip
        read_only_fields = ("state", "done_at", "repeat_from", "created_at")


class QuickAddInput(StrictSerializer):
    text = serializers.CharField(
        max_length=500, help_text="For example “pay rent every 1st #home !high”."
    )
