"""Death at a named step of a job. A tenant's case says at which one; it strikes once.

Nothing but these tests knows of it: `install()` wraps the functions between which the steps lie.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from extraction import jobs as extraction_jobs
from jobs import transitions
from jobs.attempt import Attempt
from jobs.base import JobInfo, JobRun, JsonObject
from mail_ingest import fetching
from mail_ingest.models import ConnectedAccount
from mail_ingest.providers.base import FetchedMessage

Call = Callable[..., Any]
READ_STEPS = (
    "claimed", "listed", "fetching", "fetched", "stored", "cursor saved", "page committed",
    "finishing", "finished",
)  # fmt: skip
# The steps that come once for each page.
PAGE_STEPS = READ_STEPS[1:7]
EXTRACT_STEPS = ("claimed", "read", "recorded", "page committed", "finishing", "finished")

_running: JobInfo | None = None
_passed: Counter[str] = Counter()


def case_file(folder: Path, tenant_id: object, what: str = "case") -> Path:
    """What of a tenant's case: "case" (what shall happen), "struck" or "again" (that it has)."""
    return folder / f"{what}-{tenant_id}.json"


def strike(step: str) -> None:
    """Die, if that is the running job's case."""
    if _running is None or _running.tenant_id is None:
        return
    _passed[step] += 1
    path = case_file(Path(settings.DATA_DIR), _running.tenant_id)
    case = json.loads(path.read_text()) if path.exists() else {}
    if (case.get("kind"), case.get("step")) != (_running.kind, step):
        return
    if _passed[step] < case["at"] or not _write("struck", _running):
        return
    if case["how"] == "kill tree":
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _write(what: str, job: JobInfo) -> bool:
    """Note when something happened to a case's job. Whether it is the first time."""
    path = case_file(Path(settings.DATA_DIR), job.tenant_id, what)
    if path.exists():
        return False
    path.write_text(json.dumps({"job": str(job.id), "at": time.time()}))
    return True


def install() -> None:
    def around(owner: Any, name: str, wrap: Call) -> None:
        original = getattr(owner, name)
        setattr(owner, name, lambda *args, **kwargs: wrap(original, *args, **kwargs))

    around(transitions, "claim", _claim)
    around(transitions, "hold", _hold)
    around(Attempt, "progress", _before("page committed"))
    around(Attempt, "finish", _finish)
    around(Attempt, "succeed", _succeed)
    around(fetching, "_not_stored", _before("listed"))
    around(fetching, "prepare", _prepare)
    around(fetching, "store_emails", _after("stored"))
    around(extraction_jobs, "record_readings", _record)


def _before(step: str) -> Call:
    def wrap(original: Call, *args: Any, **kwargs: Any) -> Any:
        strike(step)
        return original(*args, **kwargs)

    return wrap


def _after(step: str) -> Call:
    def wrap(original: Call, *args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        strike(step)
        return result

    return wrap


def _claim(original: Call, *args: Any) -> Any:
    global _running
    _running = original(*args)
    _passed.clear()
    if _running is not None:
        struck = case_file(Path(settings.DATA_DIR), _running.tenant_id, "struck")
        if struck.exists() and json.loads(struck.read_text())["job"] == str(_running.id):
            _write("again", _running)
    strike("claimed")
    return _running


def _hold(original: Call, info: JobInfo, **changes: Any) -> Any:
    held = original(info, **changes)
    if connection.in_atomic_block and "state" not in changes:
        strike("cursor saved")
    return held


def _finish(original: Call, run: JobRun, effect: Callable[[], JsonObject]) -> None:
    def then_strike() -> JsonObject:
        result = effect()
        strike("finishing")
        return result

    original(run, then_strike)
    strike("finished")


def _succeed(original: Call, attempt: Attempt, result: JsonObject) -> None:
    if attempt.finished:
        original(attempt, result)
        return
    strike("finishing")
    original(attempt, result)
    strike("finished")


def _prepare(
    original: Call, account: ConnectedAccount, messages: Iterable[FetchedMessage]
) -> Any:  # fmt: skip
    def fetched() -> Iterator[FetchedMessage]:
        for number, message in enumerate(messages):
            if number == 1:
                strike("fetching")
            yield message

    prepared = original(account, fetched())
    strike("fetched")
    return prepared


def _record(original: Call, *args: Any) -> Any:
    strike("read")
    result = original(*args)
    strike("recorded")
    return result
