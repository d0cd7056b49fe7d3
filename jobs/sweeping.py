"""Lost work: jobs whose worker has stopped extending its lease, because it is dead or cut off."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from jobs import transitions
from jobs.clock import from_now
from jobs.models import Job, JobState, WorkerHeartbeat
from tenancy.wording import worded

AT_ONCE = 100
FORGOTTEN_AFTER_SECONDS = 24 * 3600

LOST = worded("The worker was lost while it ran this (killed, out of memory or cut off).")


def sweep() -> int:
    """RUNNING -> READY, DEAD or CANCELLED for expired leases, as if the attempt had failed.
    Returns how many. Needs the scope of all tenants."""
    expired: QuerySet[Job] = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=Now())
    swept = 0
    for job in expired.order_by("lease_until")[:AT_ONCE]:
        if transitions.lose(transitions.info_of(job), LOST) is not None:
            swept += 1
    return swept


def beat(worker: str, queues: list[str], processes: int) -> None:
    """Say that a worker's dispatcher is alive, and forget those that have been gone for a day."""
    WorkerHeartbeat.objects.update_or_create(
        name=worker, defaults={"queues": queues, "processes": processes, "seen_at": Now()}
    )
    WorkerHeartbeat.objects.filter(seen_at__lt=from_now(-FORGOTTEN_AFTER_SECONDS)).delete()


def interval_seconds() -> float:
    """How often to sweep: a lost job waits a lease and at most this long."""
    return min(5.0, settings.JOB_LEASE_SECONDS / 4)
