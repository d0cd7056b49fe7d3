"""Jobs whose worker was lost."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models.functions import Now

from jobs import sweeping
from jobs.attempt import heartbeat
from jobs.clock import database_now, from_now
from jobs.models import Job, JobState, WorkerHeartbeat
from jobs.runner import JobRunner
from jobs.sweeping import beat, sweep
from jobs.transitions import claim, extend_lease
from tenancy.scope import all_tenants
from tests.jobs.conftest import age, fresh


def lease_of(job: Job) -> datetime:
    lease_until = fresh(job.id).lease_until
    assert lease_until is not None
    return lease_until


def sweep_all() -> int:
    with all_tenants("a test sweeps"):
        return sweep()


def test_a_job_whose_lease_has_run_out_returns_until_its_attempts_are_used_up(job: Job) -> None:
    for attempt in (1, 2, 3):
        assert claim(job.id, "worker") is not None
        assert sweep_all() == 0
        age(job.id, lease_until=from_now(-1))
        assert sweep_all() == 1
        row = fresh(job.id)
        assert row.attempt == attempt
        assert row.state == (JobState.READY if attempt < 3 else JobState.DEAD)
    assert row.error.startswith("The worker was lost")
    assert row.finished_at is not None


def test_a_lost_job_that_was_asked_to_stop_is_cancelled(job: Job) -> None:
    claim(job.id, "worker")
    age(job.id, lease_until=from_now(-1), cancel_requested_at=Now())
    sweep_all()
    assert fresh(job.id).state == JobState.CANCELLED


def test_a_worker_that_comes_back_after_the_sweep_holds_nothing(job: Job) -> None:
    info = claim(job.id, "worker")
    assert info is not None
    age(job.id, lease_until=from_now(-1))
    sweep_all()
    assert not extend_lease(info)
    again = claim(job.id, "another")
    assert again is not None
    assert not extend_lease(info)
    assert extend_lease(again)


def test_leases_run_by_the_databases_clock(job: Job, settings: Any) -> None:
    settings.JOB_LEASE_SECONDS = 30
    with time_machine.travel("2036-01-01"):
        claim(job.id, "a worker whose clock is years ahead")
        assert sweep_all() == 0
    assert 25 < (lease_of(job) - database_now()).total_seconds() <= 30


def test_a_worker_is_heard_of_and_forgotten_after_a_day(db: None) -> None:
    beat("old", ["default"], 2)
    WorkerHeartbeat.objects.update(seen_at=from_now(-sweeping.FORGOTTEN_AFTER_SECONDS - 1))
    beat("new", ["default"], 2)
    beat("new", ["mail"], 3)
    assert list(WorkerHeartbeat.objects.values_list("name", "queues", "processes")) == [
        ("new", ["mail"], 3)
    ]


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_keeps_the_lease_while_the_work_goes_on(job: Job, settings: Any) -> None:
    settings.JOB_LEASE_SECONDS = 1
    info = claim(job.id, "worker")
    assert info is not None
    with heartbeat(info):
        first = lease_of(job)
        assert not threading.Event().wait(0.9)
        assert lease_of(job) > first
        JobRunner.cancel(job.id)
    age(job.id, lease_until=from_now(-1))
    assert sweep_all() == 1
    connection.close()
