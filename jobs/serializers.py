"""Jobs as the API shows them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from jobs.models import LIVE_STATES, Job
from tenancy.serializers import StrictModelSerializer


class ProgressSerializer(serializers.Serializer[Job]):
    done = serializers.IntegerField(source="progress_done")
    total = serializers.IntegerField(
        source="progress_total", allow_null=True, help_text="null while it is not known."
    )
    message = serializers.CharField(source="progress_message")


class TriggeredBySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()


class JobSerializer(StrictModelSerializer):
    progress = ProgressSerializer(source="*", read_only=True)
    triggered_by = TriggeredBySerializer(read_only=True, allow_null=True)
    wait_seconds = serializers.SerializerMethodField(
        help_text="From when it was due to the start of its latest attempt, or to now."
    )
    duration_seconds = serializers.SerializerMethodField(
        help_text="Of its latest attempt, so far or in all; null before the first."
    )
    is_cancelling = serializers.SerializerMethodField(
        help_text="Somebody has asked it to stop, and it still runs."
    )

    class Meta:
        model = Job
        fields = (
            "id", "kind", "subject", "queue", "priority", "state", "is_cancelling", "progress",
            "result", "error", "attempt", "max_attempts", "trigger", "triggered_by",
            "created_at", "run_after", "started_at", "finished_at", "wait_seconds",
            "duration_seconds",
        )  # fmt: skip
        read_only_fields = fields

    def get_wait_seconds(self, job: Job) -> float:
        # `run_after` is its latest attempt's; a job can be due before it is enqueued.
        until = job.started_at or timezone.now()
        return max(0.0, round((until - max(job.created_at, job.run_after)).total_seconds(), 3))

    def get_duration_seconds(self, job: Job) -> float | None:
        if job.started_at is None:
            return None
        until = job.finished_at or timezone.now()
        return max(0.0, round((until - job.started_at).total_seconds(), 3))

    def get_is_cancelling(self, job: Job) -> bool:
        return job.cancel_requested_at is not None and job.state in LIVE_STATES
