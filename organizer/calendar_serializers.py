"""Calendar feeds and reminders as the API gives and takes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from organizer.models import CalendarFeed, CalendarImport, FeedPart, Reminder
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class CalendarFeedSerializer(StrictModelSerializer):
    parts = serializers.ListField(
        child=serializers.ChoiceField(choices=FeedPart.choices), max_length=len(FeedPart)
    )

    class Meta:
        model = CalendarFeed
        fields = (
            "id", "name", "parts", "only_mine", "shows_amounts", "prefix", "created_at",
            "last_used_at",
        )  # fmt: skip
        read_only_fields = ("id", "prefix", "created_at", "last_used_at")


class MadeFeedSerializer(CalendarFeedSerializer):
    """With its address, which is shown this once."""

    address = serializers.CharField(
        read_only=True, help_text="For a calendar program to read. Whoever knows it may."
    )

    class Meta(CalendarFeedSerializer.Meta):
        fields = (*CalendarFeedSerializer.Meta.fields, "address")  # type: ignore[assignment]


class ReminderSerializer(StrictModelSerializer):
    """`at`, or `task` and `minutes_before`. A task that is due on a day without a time is due at
    eight in the ledger's zone."""

    title = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="The task's if it is blank."
    )
    task = serializers.UUIDField(source="task_id", required=False, allow_null=True)
    minutes_before = serializers.IntegerField(
        min_value=0, max_value=366 * 24 * 60, required=False, allow_null=True
    )
    repeat_minutes = serializers.IntegerField(
        min_value=5, max_value=366 * 24 * 60, required=False, allow_null=True,
        help_text="Told again so often, until it is done.",
    )  # fmt: skip

    class Meta:
        model = Reminder
        fields = (
            "id", "title", "note", "at", "task", "minutes_before", "repeat_minutes", "next_at",
            "told_at", "done_at", "created_at",
        )  # fmt: skip
        read_only_fields = ("id", "next_at", "told_at", "done_at", "created_at")


class ReminderSnoozeInput(StrictSerializer):
    until = serializers.DateTimeField()


def with_address(row: CalendarFeed, address: str) -> Any:
    return {**CalendarFeedSerializer(row).data, "address": address}


class CalendarFileInput(StrictSerializer):
    """A calendar file (.ics) of at most 10 MB and 2,000 entries."""

    file = serializers.FileField()


class CalendarImportSerializer(StrictModelSerializer):
    class Meta:
        model = CalendarImport
        fields = ("id", "name", "state", "result", "created_at")
        read_only_fields = fields


class EntryLineSerializer(serializers.Serializer[Any]):
    """What one entry of the file would do."""

    line = serializers.IntegerField(source="entry.line", help_text="Where it begins in the file.")
    outcome = serializers.ChoiceField(choices=("task", "reminder", "known", "past", "refused"))
    title = serializers.CharField(source="entry.title")
    day = serializers.DateField(source="entry.day", allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(help_text="A stable code; “” if there is none.")
    reason = serializers.CharField()
    remarks = serializers.ListField(
        child=serializers.CharField(), help_text="What is taken over otherwise than the file says."
    )
