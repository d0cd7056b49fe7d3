"""Kinds of jobs for these tests; `settings.JOB_KINDS` of a test names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from jobs.base import BaseJob, JobRun, JsonObject


class Scripted(BaseJob):
    """Does what a test says, and notes which hooks were called."""

    kind = "test.scripted"
    max_attempts = 3
    script: ClassVar[Callable[[JobRun], JsonObject]]
    calls: ClassVar[list[str]] = []

    def before_run(self, run: JobRun) -> None:
        self.calls.append("before_run")

    def run(self, run: JobRun) -> JsonObject:
        self.calls.append("run")
        return type(self).script(run)

    def after_run(self, run: JobRun, result: JsonObject) -> None:
        self.calls.append(f"after_run {result}")

    def on_failure(self, run: JobRun, error: BaseException, *, final: bool) -> None:
        self.calls.append(f"on_failure {type(error).__name__} final={final}")
