"""What a job writer subclasses. Nothing else may grow on it.

    class FetchAccount(BaseJob):
        kind = "mail_ingest.fetch_account"
        queue = JobQueue.MAIL

        def run(self, run: JobRun) -> JsonObject: ...

`settings.JOB_KINDS` names every kind by the dotted path of its class.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from jobs.models import JobQueue

JsonObject = dict[str, Any]


class RetryLater(Exception):
    """The work could not be done now. It returns to READY; `after_seconds` overrides the usual
    back-off (a server's Retry-After, say). Where nothing but time can help, it need not cost one
    of the job's attempts."""

    def __init__(
        self, message: str, *, after_seconds: int | None = None, costs_attempt: bool = True
    ) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds
        self.costs_attempt = costs_attempt


class PermanentError(Exception):
    """Trying again cannot help. The job is FAILED with this message, in words for a person."""


class JobCancelled(Exception):
    """Somebody cancelled the job while it ran. Raised by JobRun's methods."""


class LostLease(Exception):
    """Another worker has taken the job over: stop, and write nothing."""


@dataclass(frozen=True, slots=True)
class JobInfo:
    """What a run knows of its row."""

    id: uuid.UUID
    tenant_id: uuid.UUID | None
    kind: str
    subject: str
    payload: JsonObject
    attempt: int
    max_attempts: int
    triggered_by_id: uuid.UUID | None


class JobRun(Protocol):
    """The handle of one attempt that the runner gives to the hooks."""

    info: JobInfo

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Record progress and learn of a cancel. Raises JobCancelled, LostLease."""

    def fenced(self) -> AbstractContextManager[None]:
        """An atomic block that commits only while this attempt still holds the job. For effects
        before the end (a page of messages and its cursor, say). Raises LostLease, JobCancelled.
        Never open across the network."""

    def finish(self, effect: Callable[[], JsonObject]) -> None:
        """Apply the last effect and SUCCEEDED in one transaction. Optional: without it the
        runner marks success after `run` returns. The effect runs when this job no longer counts
        as live, so it may enqueue its own continuation under the same subject.
        Raises LostLease, JobCancelled; then nothing is written."""


class BaseJob:
    """One kind of background work; an instance serves one attempt."""

    kind: ClassVar[str]
    queue: ClassVar[JobQueue] = JobQueue.DEFAULT
    max_attempts: ClassVar[int] = 5

    def before_run(self, run: JobRun) -> None:
        """Checks that need no lease-long work. Errors count as the run's."""

    def run(self, run: JobRun) -> JsonObject:
        """The work, in the job's tenant scope, outside any transaction. Returns the result."""
        raise NotImplementedError(f"{type(self).__name__} must define run()")

    def after_run(self, run: JobRun, result: JsonObject) -> None:
        """Called after success has been committed. Errors are logged, not retried."""

    def on_failure(self, run: JobRun, error: BaseException, *, final: bool) -> None:
        """Called after a failed attempt has been recorded; `final` when it was the last. A
        worker that was killed cannot call it: what must be known of lost work is on its row."""
