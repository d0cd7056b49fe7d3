"""Enqueue, run, cancel and retry jobs."""

from __future__ import annotations

import logging
import os
import socket
import traceback
import uuid
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from jobs import transitions
from jobs.attempt import Attempt, heartbeat
from jobs.base import (
    BaseJob,
    JobCancelled,
    JobInfo,
    JsonObject,
    LostLease,
    PermanentError,
    RetryLater,
)
from jobs.errors import JobError
from jobs.full_disk import DiskFull, is_disk_full
from jobs.models import LIVE_STATES, WAITING_STATES, Job, JobState
from tenancy.ids import new_id
from tenancy.scope import Actor, AllTenants, active_scope, current_actor, tenant_scope
from tenancy.wording import Wording, worded
from tenancy.wording_field import wording_of

logger = logging.getLogger(__name__)

ENQUEUE_TRIES = 10


def job_class(kind: str) -> type[BaseJob]:
    """Raises LookupError for a kind that `settings.JOB_KINDS` does not name."""
    try:
        path = settings.JOB_KINDS[kind]
    except KeyError:
        raise LookupError(f"“{kind}” is not in settings.JOB_KINDS.") from None
    found: type[BaseJob] = import_string(path)
    return found


class JobRunner:
    """The verbs on jobs. All may be called inside a transaction, but for `run`."""

    @staticmethod
    def enqueue(
        kind: str,
        *,
        subject: str = "",
        payload: JsonObject | None = None,
        tenant_id: uuid.UUID | None = None,
        queue: str | None = None,
        priority: int = 0,
        run_after: datetime | None = None,
        trigger: str = "",
        triggered_by_id: uuid.UUID | None = None,
    ) -> Job:
        """Insert a job row; a dispatcher finds it once the transaction has committed.

        While a job of the same tenant, kind and subject is live, that one is returned instead and
        nothing is inserted: name the subject (a mailbox's id, a message's) wherever two jobs of a
        kind may wait at once. Without `tenant_id` it belongs to the active scope's tenant, or to
        none. `trigger` says why, in words for a person; who is the active scope's actor unless
        given. A priority above 0 is for work that somebody waits for; one that waits already is
        raised to it.
        """
        job_type = job_class(kind)
        tenant_id = tenant_id or _scope_tenant()
        row = Job(
            id=new_id(),
            tenant_id=tenant_id,
            kind=kind,
            subject=subject,
            queue=queue or job_type.queue,
            priority=priority,
            payload=payload or {},
            max_attempts=job_type.max_attempts,
            run_after=run_after or Now(),
            trigger=transitions.clean(trigger),
            triggered_by_id=triggered_by_id or current_actor().user_id,
        )
        return _insert(row)

    @staticmethod
    def run(job_id: uuid.UUID) -> None:
        """Claim the job and run one attempt; do nothing when it is not there to be claimed, so a
        message that arrives twice is harmless. Errors of the job are recorded, not raised."""
        info = transitions.claim(job_id, worker_name())
        if info is None:
            return
        attempt = Attempt(info)
        with _scope_of(info), heartbeat(info):
            job: BaseJob | None = None
            try:
                job = job_class(info.kind)()
                job.before_run(attempt)
                attempt.succeed(job.run(attempt))
            except LostLease:
                logger.warning("Job %s (%s) was taken over; stopped.", info.id, info.kind)
            except JobCancelled:
                transitions.stop(info)
            except Exception as error:  # noqa: BLE001 - whatever a job raises ends its attempt only
                _record_failure(job, attempt, _understood(error))
            else:
                _after_success(job, attempt)

    @staticmethod
    def cancel(job_id: uuid.UUID) -> Job:
        """READY | QUEUED -> CANCELLED at once. A running job is asked: it stops where it next
        reports progress or writes, and ends CANCELLED, or SUCCEEDED if it was done by then.
        Raises Job.DoesNotExist, JobError."""
        with transaction.atomic():
            job: Job = Job.objects.select_for_update().get(pk=job_id)
            if job.state in WAITING_STATES:
                changes = {"state": JobState.CANCELLED, "finished_at": Now(), "lease_until": None}
            elif job.state == JobState.RUNNING:
                changes = {"cancel_requested_at": Now()}
            else:
                raise JobError(
                    worded(
                        "The job has ended already (%(state)s), so there is nothing to cancel.",
                        state=job.get_state_display().lower(),
                    ),
                    code="job_ended",
                )
            Job.objects.filter(pk=job_id, state=job.state).update(**changes)
            job.refresh_from_db()
            return job

    @staticmethod
    def retry(job_id: uuid.UUID) -> Job:
        """FAILED | DEAD | CANCELLED -> READY with a new budget of attempts. Raises
        Job.DoesNotExist, JobError."""
        with transaction.atomic():
            job: Job = Job.objects.select_for_update().get(pk=job_id)
            if job.state in LIVE_STATES:
                raise JobError(
                    gettext("The job has not ended yet. Cancel it first, or wait."), code="job_live"
                )
            if job.state == JobState.SUCCEEDED:
                raise JobError(
                    gettext("The job has succeeded. Trigger a new one to do it again."),
                    code="job_ended",
                )
            budget = _budget(job.kind)
            try:
                with transaction.atomic():
                    Job.objects.filter(pk=job_id, state=job.state).update(
                        state=JobState.READY,
                        run_after=Now(),
                        max_attempts=F("attempt") + budget,
                        cancel_requested_at=None,
                        finished_at=None,
                        error="",
                        error_detail="",
                    )
            except IntegrityError as error:
                raise JobError(
                    gettext("Another job is already doing the same work. Wait for that one."),
                    code="job_live",
                ) from error
            job.refresh_from_db()
            return job


def _budget(kind: str) -> int:
    """How many attempts jobs of a kind have. Raises JobError."""
    try:
        return job_class(kind).max_attempts
    except LookupError as error:
        raise JobError(
            worded(
                "This version of Inledger no longer knows jobs of the kind “%(kind)s”.", kind=kind
            ),
            code="job_kind_unknown",
        ) from error


def worker_name() -> str:
    """This process, as job rows name it."""
    return f"{socket.gethostname()}/{os.getpid()}"[:120]


def _insert(row: Job) -> Job:
    """Insert the row, or find the live one of its tenant, kind and subject."""
    with transitions.row_scope(row.tenant_id):
        for _ in range(ENQUEUE_TRIES):
            # ON CONFLICT DO NOTHING waits for a rival's transaction and leaves ours whole.
            Job.objects.bulk_create([row], ignore_conflicts=True)
            live: Job | None = Job.objects.filter(
                tenant=row.tenant_id, kind=row.kind, subject=row.subject, state__in=LIVE_STATES
            ).first()
            if live is not None:
                return _raised(live, row.priority)
            # The one that was in the way has just finished: try again.
    raise RuntimeError(f"The database takes no job of kind “{row.kind}”, “{row.subject}”.")


def _raised(live: Job, priority: int) -> Job:
    """The live job, which now is as urgent as the one that was asked for: somebody waits for it.
    When it is due stays, which may be what a server has asked for."""
    waiting = Job.objects.filter(pk=live.pk, state__in=WAITING_STATES, priority__lt=priority)
    if live.priority < priority and waiting.update(priority=priority):
        live.priority = priority
    return live


def _scope_tenant() -> uuid.UUID | None:
    scope = active_scope()
    return None if scope is None or isinstance(scope.tenant, AllTenants) else scope.tenant


def _scope_of(info: JobInfo) -> AbstractContextManager[object]:
    if info.tenant_id is None:
        return nullcontext()
    return tenant_scope(info.tenant_id, actor=Actor("job", info.triggered_by_id, info.kind))


def _after_success(job: BaseJob, attempt: Attempt) -> None:
    try:
        job.after_run(attempt, attempt.result)
    except Exception:
        logger.exception("after_run of job %s (%s) failed.", attempt.info.id, attempt.info.kind)


def _record_failure(job: BaseJob | None, attempt: Attempt, error: Exception) -> None:
    info = attempt.info
    if not connection.in_atomic_block:
        # The error may be the database's: a broken connection must not carry the record of it.
        connection.close_if_unusable_or_obsolete()
    state = transitions.fail(
        info,
        _in_plain_words(error),
        "".join(traceback.format_exception(error)),
        permanent=isinstance(error, PermanentError),
        after_seconds=error.after_seconds if isinstance(error, RetryLater) else None,
        costs_attempt=not isinstance(error, RetryLater) or error.costs_attempt,
    )
    logger.warning("Job %s (%s) attempt %d: %s", info.id, info.kind, info.attempt, _named(error))
    if job is None or state is None:
        return
    try:
        job.on_failure(attempt, error, final=state != JobState.READY)
    except Exception:
        logger.exception("on_failure of job %s (%s) failed.", info.id, info.kind)


def _named(error: Exception) -> str:
    """For the log: what went wrong, without what is in it. A person's words and a database's rows
    are in the job's own record, for those who may see it."""
    said = error.args[0] if error.args else ""
    return f"{type(error).__name__} {said.text if isinstance(said, Wording) else ''}".strip()


def _understood(error: Exception) -> Exception:
    """The error under the name that its job's `on_failure` knows it by."""
    if isinstance(error, PermanentError | RetryLater) or not is_disk_full(error):
        return error
    full = DiskFull()
    full.__cause__ = error
    return full


def _in_plain_words(error: Exception) -> str:
    if isinstance(error, PermanentError | RetryLater):
        return wording_of(error)
    if isinstance(error, SoftTimeLimitExceeded):
        return worded(
            "It took longer than the %(seconds)s seconds allowed.",
            seconds=settings.JOB_TIME_LIMIT_SECONDS,
        )
    # Its text may hold anything, so it stays with the operators.
    return worded("It stopped with an unexpected error (%(kind)s).", kind=type(error).__name__)
