"""Reading jobs: for the API, the pages, the admin and /readyz."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.db.models.functions import Now

from jobs.clock import database_now, from_now
from jobs.models import (
    LIVE_STATES,
    UNSUCCESSFUL_STATES,
    WAITING_STATES,
    Job,
    JobState,
    WorkerHeartbeat,
)
from tenancy.scope import all_tenants

# A dispatcher says that it is alive at least every five seconds.
SILENT_AFTER_SECONDS = 30


def needs_attention(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Those that have failed for good, unless the same work has been taken up again since."""
    taken_up = Job.objects.filter(
        tenant=OuterRef("tenant"), kind=OuterRef("kind"), subject=OuterRef("subject"),
        created_at__gt=OuterRef("created_at"), state__in=(*LIVE_STATES, JobState.SUCCEEDED),
    )  # fmt: skip
    return jobs.filter(~Exists(taken_up), state__in=UNSUCCESSFUL_STATES)


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """How this installation's queue is doing, across all tenants."""

    oldest_due_seconds: float
    """How long the job that has waited longest has been due; 0 when none is. Alert on this."""
    dead: int
    dispatcher_silent_seconds: float | None
    """How long ago a worker's dispatcher was last heard of; None if never."""
    workers: int
    """How many have been heard of in the last half minute."""


def queue_health() -> QueueHealth:
    with all_tenants("the queue's health"):
        now = database_now()
        due = Job.objects.filter(state__in=WAITING_STATES, run_after__lte=Now())
        seen = WorkerHeartbeat.objects.aggregate(last=Max("seen_at"))["last"]
        return QueueHealth(
            oldest_due_seconds=_age(due.aggregate(first=Min("run_after"))["first"], now) or 0,
            dead=Job.objects.filter(state=JobState.DEAD).count(),
            dispatcher_silent_seconds=_age(seen, now),
            workers=WorkerHeartbeat.objects.filter(
                seen_at__gte=from_now(-SILENT_AFTER_SECONDS)
            ).count(),
        )


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())
