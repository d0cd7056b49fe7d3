"""A job that does what the test says."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from jobs.base import JobRun, JsonObject
from jobs.models import Job
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.jobs.kinds import Scripted

Script = Callable[[JobRun], JsonObject]


def only(call: Callable[[JobRun], object]) -> Script:
    """A script that makes one call and returns no result."""

    def script(run: JobRun) -> JsonObject:
        call(run)
        return {}

    return script


@pytest.fixture
def scripted(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Script], None]:
    """`scripted(function)`: what jobs of the kind test.scripted do from now on."""
    settings.JOB_KINDS = {**settings.JOB_KINDS, "test.scripted": "tests.jobs.kinds.Scripted"}
    settings.JOB_BACKOFF_SECONDS = 0
    monkeypatch.setattr(Scripted, "calls", [])

    def script(function: Script) -> None:
        monkeypatch.setattr(Scripted, "script", staticmethod(function), raising=False)

    script(lambda run: {})
    return script


@pytest.fixture
def job(scripted: Callable[[Script], None], in_tenant: Tenant) -> Job:
    return JobRunner.enqueue("test.scripted", subject="one", trigger="A test")


def fresh(job_id: uuid.UUID) -> Job:
    """The row as it is now, whatever the scope."""
    with all_tenants("a test looks"):
        found: Job = Job.objects.get(pk=job_id)
        return found


def age(job_id: uuid.UUID, **changes: Any) -> None:
    """Change a row as time would."""
    with all_tenants("a test ages a job"):
        Job.objects.filter(pk=job_id).update(**changes)
