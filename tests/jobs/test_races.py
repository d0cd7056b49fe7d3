"""Many at once, each on a connection of its own: one wins."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import Role
from jobs.base import JobRun, JsonObject
from jobs.clock import from_now
from jobs.errors import JobError
from jobs.models import Job, JobState
from jobs.queuing import Turns, mark_queued
from jobs.runner import JobRunner
from jobs.sweeping import sweep
from jobs.transitions import claim
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.jobs.conftest import age, fresh
from tests.make import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """The results of so many calls that start together."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        try:
            start.wait()
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def home(scripted: Any, transactional_db: None) -> Tenant:
    return make_tenant()


def enqueue(home: Tenant, subject: str = "one") -> Job:
    return JobRunner.enqueue("test.scripted", subject=subject, tenant_id=home.id)


def test_fifty_that_enqueue_the_same_work_get_one_job(home: Tenant) -> None:
    assert len({job.id for job in at_once(50, lambda number: enqueue(home))}) == 1
    with tenant_scope(home.id):
        assert Job.objects.count() == 1


def test_fifty_that_enqueue_the_same_work_of_no_tenant_get_one_job(home: Tenant) -> None:
    jobs = at_once(50, lambda number: JobRunner.enqueue("test.scripted", subject="code"))
    assert len({job.id for job in jobs}) == 1


def test_one_of_many_claims_the_job(home: Tenant) -> None:
    job = enqueue(home)
    claims = at_once(12, lambda number: claim(job.id, f"worker {number}"))
    assert len([info for info in claims if info is not None]) == 1
    assert fresh(job.id).attempt == 1


def test_dispatchers_never_hand_out_the_same_job(home: Tenant) -> None:
    expected = {enqueue(home, str(number)).id for number in range(40)}

    def dispatch(number: int) -> list[uuid.UUID]:
        marked: list[uuid.UUID] = []
        turns = Turns()
        with all_tenants("a test dispatches"):
            for _ in range(20):
                marked += mark_queued("default", room=5, worker=str(number), turns=turns)
        return marked

    marked = Counter(job_id for ids in at_once(6, dispatch) for job_id in ids)
    assert set(marked) == expected
    assert set(marked.values()) == {1}


def test_one_of_many_sweepers_returns_a_lost_job(home: Tenant) -> None:
    job = enqueue(home)
    claim(job.id, "worker")
    age(job.id, lease_until=from_now(-1))

    def sweep_all(number: int) -> int:
        with all_tenants("a test sweeps"):
            return sweep()

    assert sum(at_once(8, sweep_all)) == 1
    assert (fresh(job.id).state, fresh(job.id).attempt) == (JobState.READY, 1)


def test_a_cancel_and_a_claim_at_once_leave_one_answer(home: Tenant) -> None:
    for round_number in range(8):
        job = enqueue(home, str(round_number))

        def either(number: int, job: Job = job) -> Any:
            if number % 2:
                return claim(job.id, "worker")
            with tenant_scope(home.id):
                try:
                    return JobRunner.cancel(job.id)
                except JobError as error:
                    return error

        at_once(2, either)
        row = fresh(job.id)
        if row.state == JobState.RUNNING:
            assert (row.attempt, row.cancel_requested_at is not None) == (1, True)
        else:
            assert (row.state, row.attempt) == (JobState.CANCELLED, 0)


def test_two_attempts_at_once_apply_the_effect_once(home: Tenant, scripted: Any) -> None:
    """The first attempt loses its lease, the second begins, then both write."""
    job = enqueue(home)
    both_there = threading.Barrier(2)

    def work(run: JobRun) -> JsonObject:
        if run.info.attempt == 1:
            age(job.id, lease_until=from_now(-1))
            with all_tenants("a test sweeps"):
                assert sweep() == 1
            second.start()
        both_there.wait(10)

        def effect() -> JsonObject:
            Role.objects.create(key=f"attempt-{run.info.attempt}", name="Written")
            return {}

        run.finish(effect)
        return {}

    def run_again() -> None:
        try:
            JobRunner.run(job.id)
        finally:
            connection.close()

    scripted(work)
    second = threading.Thread(target=run_again)
    JobRunner.run(job.id)
    second.join()
    with tenant_scope(home.id):
        assert list(Role.objects.filter(name="Written").values_list("key", flat=True)) == [
            "attempt-2"
        ]
    assert (fresh(job.id).state, fresh(job.id).attempt) == (JobState.SUCCEEDED, 2)
