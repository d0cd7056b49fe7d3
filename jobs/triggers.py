"""What a person may trigger: `settings.JOB_TRIGGERS` {kind: the dotted path of a function}.

The function checks a payload and enqueues the job within the active scope:

    def trigger_fetch(payload: JsonObject) -> Job: ...

It raises a DomainError that says what is wrong with the payload, and requires any permission
beyond `jobs:write` that the work needs.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from jobs.base import JsonObject
from jobs.errors import JobError
from jobs.models import Job
from tenancy.wording import worded


class UnknownKind(JobError):
    """Nobody may trigger such a job by hand."""

    code = "job_kind_unknown"
    status = 404


def trigger(kind: str, payload: JsonObject) -> Job:
    """Enqueue a job that somebody asks for. Raises UnknownKind, and what its function raises."""
    try:
        path = settings.JOB_TRIGGERS[kind]
    except KeyError:
        known = ", ".join(sorted(settings.JOB_TRIGGERS)) or "none"
        raise UnknownKind(
            worded(
                "Jobs of the kind “%(kind)s” cannot be triggered. Those that can: %(known)s.",
                kind=kind,
                known=known,
            )
        ) from None
    enqueue: Callable[[JsonObject], Job] = import_string(path)
    return enqueue(payload)
