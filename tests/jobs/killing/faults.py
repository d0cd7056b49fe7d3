"""Faults at named steps. A job's payload names its step and how it is struck, once.

The runner and the dispatcher know nothing of this: `install()` wraps their functions, in the
workers of these tests alone.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs import dispatcher, queuing, transitions
from jobs.base import JobInfo
from jobs.models import Job
from tenancy.scope import all_tenants


class Fault(Exception):
    """Raised on purpose."""


def strike(step: str, job_id: uuid.UUID, payload: dict[str, Any]) -> None:
    if payload.get("step") != step or not _is_first_time(job_id):
        return
    how = payload["how"]
    if how == "kill child":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "kill tree":
        os.killpg(os.getpgrp(), signal.SIGKILL)
    elif how == "terminate":
        os.kill(int(os.environ["WORKER_PID"]), signal.SIGTERM)
    else:
        raise Fault(f"A fault: {step}")


def has_struck(job_id: uuid.UUID) -> bool:
    return _mark(job_id).exists()


def _is_first_time(job_id: uuid.UUID) -> bool:
    try:
        _mark(job_id).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _mark(job_id: uuid.UUID) -> Path:
    return Path(settings.DATA_DIR) / f"struck-{job_id}"


def strike_row(step: str, job_id: uuid.UUID) -> None:
    with all_tenants("a fault looks up its job"):
        payload = Job.objects.values_list("payload", flat=True).get(pk=job_id)
    strike(step, job_id, payload)


def install() -> None:
    os.environ["WORKER_PID"] = str(os.getpid())  # the children inherit it

    def around(module: Any, name: str, wrap: Callable[..., Any]) -> None:
        original = getattr(module, name)
        setattr(module, name, lambda *args, **kwargs: wrap(original, *args, **kwargs))

    around(transitions, "claim", _claim)
    around(transitions, "fail", _fail)
    around(queuing, "_take", _take)
    around(dispatcher, "publish", _publish)


def _claim(original: Callable[..., Any], job_id: uuid.UUID, worker: str) -> Any:
    strike_row("before claim", job_id)
    info: JobInfo | None = original(job_id, worker)
    if info is not None:
        strike("claimed", info.id, info.payload)
    return info


def _fail(original: Callable[..., Any], info: JobInfo, *args: Any, **kwargs: Any) -> Any:
    strike("before failure", info.id, info.payload)
    state = original(info, *args, **kwargs)
    strike("after failure", info.id, info.payload)
    return state


def _take(original: Callable[..., Any], *args: Any) -> Any:
    taken = original(*args)
    for job_id in taken:
        strike_row("marking", job_id)
    return taken


def _publish(original: Callable[..., Any], job_id: uuid.UUID, queue: str) -> None:
    strike_row("marked", job_id)
    original(job_id, queue)
    strike_row("published", job_id)
