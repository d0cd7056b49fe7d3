"""Every change of a job's state, each one compare-and-set update on the state it leaves.

They return whether (or what) they changed: nothing means that somebody else was first, and the
caller stops. An attempt's number fences it: a worker that lost its lease holds no row any more.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Now

from jobs.base import JobInfo, JsonObject
from jobs.clock import from_now
from jobs.models import WAITING_STATES, Job, JobState
from tenancy.scope import all_tenants, tenant_scope
from tenancy.wording import Wording

LONGEST_BACKOFF_SECONDS = 3600


@contextmanager
def row_scope(tenant_id: uuid.UUID | None) -> Iterator[None]:
    """The scope that sees a job's own row: its tenant, or all for work of no tenant."""
    if tenant_id is None:
        with all_tenants("a job without a tenant"):
            yield
    else:
        with tenant_scope(tenant_id):
            yield


def claim(job_id: uuid.UUID, worker: str) -> JobInfo | None:
    """WAITING -> RUNNING, one attempt and one lease. None when it is not there to be claimed."""
    with all_tenants("claim a job"), transaction.atomic():
        claimed = Job.objects.filter(
            pk=job_id, state__in=WAITING_STATES, run_after__lte=Now()
        ).update(
            state=JobState.RUNNING,
            attempt=F("attempt") + 1,
            lease_until=from_now(settings.JOB_LEASE_SECONDS),
            worker=worker,
            started_at=Now(),
            finished_at=None,
            progress_done=0,
            progress_total=None,
            progress_message="",
        )
        return info_of(Job.objects.get(pk=job_id)) if claimed else None


def info_of(job: Job) -> JobInfo:
    return JobInfo(
        id=job.id,
        tenant_id=job.tenant_id,
        kind=job.kind,
        subject=job.subject,
        payload=job.payload,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        triggered_by_id=job.triggered_by_id,
    )


def held(info: JobInfo) -> QuerySet[Job]:
    """The row while this attempt holds it; empty after. Needs `row_scope`."""
    held: QuerySet[Job] = Job.objects.filter(
        pk=info.id, state=JobState.RUNNING, attempt=info.attempt
    )
    return held


def extend_lease(info: JobInfo) -> bool:
    with row_scope(info.tenant_id):
        return bool(held(info).update(lease_until=from_now(settings.JOB_LEASE_SECONDS)))


def hold(info: JobInfo, **changes: Any) -> bool:
    """Write to the row if this attempt still holds it and nobody has asked it to stop. Within a
    transaction this also keeps others from taking it over until the end."""
    changes = {"lease_until": from_now(settings.JOB_LEASE_SECONDS)} | changes
    with row_scope(info.tenant_id):
        return bool(held(info).filter(cancel_requested_at=None).update(**changes))


def succeed(info: JobInfo, result: JsonObject) -> bool:
    """RUNNING -> SUCCEEDED for work that is done, even if a cancel came too late to stop it."""
    with row_scope(info.tenant_id):
        return bool(held(info).update(**SUCCESS, result=result))


SUCCESS: dict[str, Any] = {
    "state": JobState.SUCCEEDED,
    "finished_at": Now(),
    "lease_until": None,
    "error": "",
    "error_detail": "",
}


def stop(info: JobInfo) -> bool:
    """RUNNING -> CANCELLED: the attempt has noticed the request."""
    with row_scope(info.tenant_id):
        return bool(
            held(info).update(state=JobState.CANCELLED, finished_at=Now(), lease_until=None)
        )


def fail(
    info: JobInfo, error: str, detail: str = "", *, permanent: bool = False,
    after_seconds: float | None = None, costs_attempt: bool = True,
) -> JobState | None:  # fmt: skip
    """RUNNING -> FAILED (trying again cannot help), DEAD (it was the last attempt), CANCELLED (a
    cancel was waiting) or READY (later). Without `costs_attempt` there is one more to come.
    Returns the new state, None when the lease is lost."""
    with row_scope(info.tenant_id), transaction.atomic():
        delay = backoff(info.attempt) if after_seconds is None else after_seconds
        rows = held(info)
        if not costs_attempt:
            rows.update(max_attempts=F("max_attempts") + 1)
            info = replace(info, max_attempts=info.max_attempts + 1)
        return _end(rows, info, error, detail, permanent=permanent, delay=delay)


def lose(info: JobInfo, error: str) -> JobState | None:
    """RUNNING -> READY, DEAD or CANCELLED, as `fail` does, once the lease has expired. It is due
    at once: work that kills its workers is slowed down by its leases, other work need not wait."""
    with row_scope(info.tenant_id), transaction.atomic():
        expired = held(info).filter(lease_until__lt=Now())
        return _end(expired, info, error, "", permanent=False, delay=0)


def _end(
    rows: QuerySet[Job], info: JobInfo, error: str, detail: str, *, permanent: bool, delay: float
) -> JobState | None:
    is_last = info.attempt >= info.max_attempts
    state: Any = Value(JobState.FAILED)
    finished_at: Any = Now()
    if not permanent:
        # CASE reads the row as it is now: a cancel that arrives meanwhile is not lost.
        asked = {"cancel_requested_at__isnull": False}
        otherwise = Value(JobState.DEAD if is_last else JobState.READY)
        state = Case(When(**asked, then=Value(JobState.CANCELLED)), default=otherwise)
        if not is_last:
            finished_at = Case(When(**asked, then=Now()), default=None)
    changed = rows.update(
        state=state,
        finished_at=finished_at,
        run_after=from_now(delay),
        lease_until=None,
        error=clean(error),
        error_detail=clean(detail),
    )
    return JobState(Job.objects.get(pk=info.id).state) if changed else None


def backoff(attempt: int) -> float:
    """Seconds until the next attempt: doubling, with a fifth of jitter so that jobs that failed
    together do not return together."""
    seconds = min(LONGEST_BACKOFF_SECONDS, settings.JOB_BACKOFF_SECONDS * 2 ** (attempt - 1))
    return float(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - not a secret


def clean(text: str) -> str:
    """Text that every database takes: PostgreSQL refuses NUL and lone surrogates."""
    if isinstance(text, Wording):
        params = {
            name: clean(value) if isinstance(value, str) else value
            for name, value in text.params.items()
        }
        return text.having(**params)
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")[:20_000]
