"""Which waiting jobs a dispatcher hands to the broker next: fairly, and each to one dispatcher.

Tenants take turns. A round gives each of them a few jobs and the next round goes on where the last
one stopped, so that 200,000 jobs of one tenant do not hold up ten of another. Finding the next
tenant is one index probe, whatever the backlog. Work that somebody waits for (priority above 0)
has its own rounds before all else.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from jobs.clock import from_now
from jobs.models import WAITING_STATES, Job, JobState

PER_TENANT = 2
FIRST = uuid.UUID(int=0)

DUE = Q(state=JobState.READY, run_after__lte=Now()) | Q(
    # Published once, and claimed by nobody within a lease: its message is lost.
    state=JobState.QUEUED,
    lease_until__lt=Now(),
)


class Turns:
    """Whose turn it was last, for each queue; kept by one dispatcher."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, bool], uuid.UUID] = {}


def anything_due(queues: Iterable[str]) -> bool:
    return Job.objects.filter(DUE, state__in=WAITING_STATES, queue__in=list(queues)).exists()


def mark_queued(queue: str, *, room: int, worker: str, turns: Turns) -> list[uuid.UUID]:
    """READY -> QUEUED for at most `room` due jobs of a queue, in the order to publish them. Needs
    the scope of all tenants; the caller publishes once this has committed."""
    queued: list[uuid.UUID] = []
    with transaction.atomic():
        for is_interactive in (True, False):
            rows = Job.objects.filter(DUE, state__in=WAITING_STATES, queue=queue)
            if is_interactive:
                rows = rows.filter(priority__gt=0)
            while taken := _round(rows, room - len(queued), worker, turns, (queue, is_interactive)):
                queued += taken
    return queued


def _round(
    rows: QuerySet[Job], room: int, worker: str, turns: Turns, key: tuple[str, bool]
) -> list[uuid.UUID]:
    """One turn for every tenant that has due jobs, and for work of no tenant."""
    taken: list[uuid.UUID] = []
    if room <= 0:
        return taken
    taken += _take(rows.filter(tenant__isnull=True), min(room, PER_TENANT), worker)
    for tenant_id in _tenants(rows, turns.last.get(key, FIRST)):
        if len(taken) >= room:
            break
        taken += _take(rows.filter(tenant=tenant_id), min(room - len(taken), PER_TENANT), worker)
        turns.last[key] = tenant_id
    return taken


def _tenants(rows: QuerySet[Job], last: uuid.UUID) -> Iterator[uuid.UUID]:
    """The tenants with due jobs, from the one after `last` round to `last` itself."""
    tenant_id = last
    while (found := _tenant_after(rows, tenant_id)) is not None:
        yield (tenant_id := found)
    tenant_id = FIRST
    while (found := _tenant_after(rows, tenant_id)) is not None and found <= last:
        yield (tenant_id := found)


def _tenant_after(rows: QuerySet[Job], tenant_id: uuid.UUID) -> uuid.UUID | None:
    after = rows.filter(tenant_id__gt=tenant_id).order_by("tenant_id")
    return after.values_list("tenant_id", flat=True).first()


def _take(rows: QuerySet[Job], count: int, worker: str) -> list[uuid.UUID]:
    # Another dispatcher's transaction may hold some of them: step over those. (On SQLite there is
    # one writer at a time.)
    chosen = rows.select_for_update(skip_locked=True).order_by("-priority", "run_after")
    ids = [job.id for job in chosen.only("id")[:count]]
    Job.objects.filter(pk__in=ids).update(
        state=JobState.QUEUED,
        queued_at=Now(),
        lease_until=from_now(settings.JOB_LEASE_SECONDS),
        worker=worker,
    )
    return ids


def queued_by(worker: str, queue: str) -> int:
    """How many jobs this dispatcher has published that nobody has claimed yet."""
    return int(Job.objects.filter(state=JobState.QUEUED, worker=worker, queue=queue).count())


def give_back(worker: str, job_ids: Iterable[uuid.UUID] | None = None) -> int:
    """QUEUED -> READY for what this dispatcher has marked: all of it, because it stops, or what it
    could not publish."""
    rows = Job.objects.filter(state=JobState.QUEUED, worker=worker)
    if job_ids is not None:
        rows = rows.filter(pk__in=list(job_ids))
    return rows.update(state=JobState.READY, lease_until=None, worker="")
