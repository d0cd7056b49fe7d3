"""The job under fire: two pages, each with its place kept, and a last effect."""

from __future__ import annotations

import os
import signal
import time

from jobs.base import BaseJob, JobRun, JsonObject, RetryLater
from tests.jobs.killing.faults import has_struck, strike
from tests.jobs.killing.models import Effect

PAGES = ("page 1", "page 2")
EFFECTS = len(PAGES) + 1


class Book(BaseJob):
    kind = "killing.book"
    max_attempts = 10

    def before_run(self, run: JobRun) -> None:
        strike("before run", run.info.id, run.info.payload)

    def run(self, run: JobRun) -> JsonObject:
        if run.info.payload.get("fails_first") and not has_struck(run.info.id):
            raise RetryLater("It fails until the fault has struck.", after_seconds=0)
        done = Effect.objects.filter(job_id=run.info.id).count()
        for number, page in enumerate(PAGES[done:], start=done + 1):
            time.sleep(run.info.payload.get("pause", 0))
            run.progress(number, EFFECTS)
            with run.fenced():
                self._write(run, page)
                strike("in page", run.info.id, run.info.payload)
            strike("after page", run.info.id, run.info.payload)
        run.finish(lambda: self._last(run))
        strike("after finish", run.info.id, run.info.payload)
        return {}

    def after_run(self, run: JobRun, result: JsonObject) -> None:
        strike("after run", run.info.id, run.info.payload)

    def _last(self, run: JobRun) -> JsonObject:
        self._write(run, "last")
        strike("in last effect", run.info.id, run.info.payload)
        return {"effects": EFFECTS}

    @staticmethod
    def _write(run: JobRun, step: str) -> None:
        Effect.objects.create(job_id=run.info.id, step=step, attempt=run.info.attempt)


class Poison(BaseJob):
    """Kills whoever runs it, every time."""

    kind = "killing.poison"
    max_attempts = 3

    def run(self, run: JobRun) -> JsonObject:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")
