"""One attempt at a job: the handle that its hooks get, and the heartbeat that keeps its lease."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from jobs import transitions
from jobs.base import JobCancelled, JobInfo, JobRun, JsonObject, LostLease
from jobs.models import Job

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.5


class Attempt(JobRun):
    """What `jobs.base.JobRun` promises. Written progress is at most two updates a second; the
    latest goes along with whatever else is written."""

    def __init__(self, info: JobInfo) -> None:
        self.info = info
        self.finished = False
        self.result: JsonObject = {}
        self._progress: dict[str, Any] = {}
        self._written_at = float("-inf")

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        self._progress = {
            "progress_done": done,
            "progress_total": total,
            "progress_message": transitions.clean(message),
        }
        if done == total or time.monotonic() - self._written_at >= PROGRESS_SECONDS:
            self._hold()

    @contextmanager
    def fenced(self) -> Iterator[None]:
        with transaction.atomic(durable=True):
            yield
            self._hold()

    def finish(self, effect: Callable[[], JsonObject]) -> None:
        with transaction.atomic(durable=True):
            self._hold(**transitions.SUCCESS)
            result = effect()
            with transitions.row_scope(self.info.tenant_id):
                Job.objects.filter(pk=self.info.id).update(result=result)
        self.finished, self.result = True, result

    def succeed(self, result: JsonObject) -> None:
        """Mark success unless `finish()` has done so. Raises LostLease."""
        if self.finished:
            return
        if not transitions.succeed(self.info, result):
            raise LostLease
        self.finished, self.result = True, result

    def _hold(self, **changes: Any) -> None:
        if not transitions.hold(self.info, **self._progress, **changes):
            with transitions.row_scope(self.info.tenant_id):
                asked_to_stop = transitions.held(self.info).exists()
            raise JobCancelled if asked_to_stop else LostLease
        self._written_at = time.monotonic()


@contextmanager
def heartbeat(info: JobInfo) -> Iterator[None]:
    """Extend the lease from a thread while the block runs, however long that takes."""
    stopped = threading.Event()
    thread = threading.Thread(target=_beat, args=(info, stopped), daemon=True, name="heartbeat")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _beat(info: JobInfo, stopped: threading.Event) -> None:
    while not stopped.wait(settings.JOB_LEASE_SECONDS / 3):
        try:
            if not transitions.extend_lease(info):
                return
        except DatabaseError:
            # Fencing keeps the effects right if the lease runs out; the next beat may work.
            logger.warning("Job %s could not extend its lease.", info.id, exc_info=True)
        finally:
            connection.close()
