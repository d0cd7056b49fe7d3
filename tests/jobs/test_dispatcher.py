"""The dispatcher's rounds, with the in-process broker."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from config.celery import app
from jobs import dispatcher as module
from jobs import queuing
from jobs.clock import from_now
from jobs.dispatcher import AHEAD_PER_PROCESS, Dispatcher
from jobs.models import Job, JobQueue, JobState, WorkerHeartbeat
from jobs.querysets import queue_health
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.jobs.conftest import age, fresh
from tests.make import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(scripted: Any, transactional_db: None) -> Tenant:
    return make_tenant()


def test_every_queue_of_jobs_is_one_of_the_brokers() -> None:
    assert sorted(app.amqp.queues) == sorted(JobQueue.values)


@pytest.fixture
def broker() -> Iterator[Any]:
    """Celery's broker in this process; `messages()` takes what has been published."""
    app.set_current()
    with app.connection_for_read() as reader, reader.SimpleQueue("default") as queue:
        queue.clear()
        yield queue


def published(broker: Any) -> list[str]:
    found = []
    while broker.qsize():
        message = broker.get_nowait()
        found.append(message.payload[0][0])
        message.ack()
    return found


def test_due_jobs_are_published_once_and_only_so_many_ahead(home: Tenant, broker: Any) -> None:
    for number in range(AHEAD_PER_PROCESS + 4):
        JobRunner.enqueue("test.scripted", subject=str(number), tenant_id=home.id)
    dispatcher = Dispatcher(["default"], processes=1)
    dispatcher.tick()
    dispatcher.tick()
    ids = published(broker)
    assert len(ids) == len(set(ids)) == AHEAD_PER_PROCESS
    JobRunner.run(fresh_id(ids[0]))
    dispatcher.tick()
    assert len(published(broker)) == 1


def fresh_id(text: str) -> Any:
    with all_tenants("a test"):
        return Job.objects.values_list("id", flat=True).get(pk=text)


def test_what_could_not_be_published_is_ready_again(
    home: Tenant, broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = JobRunner.enqueue("test.scripted", tenant_id=home.id)
    dispatcher = Dispatcher(["default"], processes=1)

    def refuse(*args: Any) -> None:
        raise OSError("The broker is gone.")

    with monkeypatch.context() as broken:
        broken.setattr(module, "publish", refuse)
        dispatcher.tick()
    assert fresh(job.id).state == JobState.READY
    dispatcher.tick()
    assert published(broker) == [str(job.id)]


def test_a_round_sweeps_and_says_that_the_worker_is_alive(home: Tenant, broker: Any) -> None:
    job = JobRunner.enqueue("test.scripted", tenant_id=home.id)
    age(job.id, state=JobState.RUNNING, attempt=1, lease_until=from_now(-1))
    assert queue_health().dispatcher_silent_seconds is None
    Dispatcher(["default"], processes=3).tick()
    assert fresh(job.id).state == JobState.QUEUED
    assert WorkerHeartbeat.objects.get().processes == 3
    health = queue_health()
    assert (health.workers, health.dead) == (1, 0)
    assert health.dispatcher_silent_seconds is not None
    assert health.dispatcher_silent_seconds < 10


def test_the_health_names_the_oldest_due_job_and_the_dead(home: Tenant) -> None:
    assert queue_health().oldest_due_seconds == 0
    old = JobRunner.enqueue("test.scripted", subject="old", tenant_id=home.id)
    age(old.id, run_after=from_now(-100))
    later = JobRunner.enqueue("test.scripted", subject="later", tenant_id=home.id)
    age(later.id, run_after=from_now(1000))
    dead = JobRunner.enqueue("test.scripted", subject="dead", tenant_id=home.id)
    age(dead.id, state=JobState.DEAD, run_after=from_now(-9999))
    health = queue_health()
    assert 100 <= health.oldest_due_seconds < 160
    assert health.dead == 1


def test_a_dispatcher_that_stops_gives_back_what_nobody_has_claimed(
    home: Tenant, broker: Any
) -> None:
    job = JobRunner.enqueue("test.scripted", tenant_id=home.id)
    dispatcher = Dispatcher(["default"], processes=1)
    dispatcher.tick()
    assert fresh(job.id).state == JobState.QUEUED
    dispatcher.stop()
    assert fresh(job.id).state == JobState.READY


def test_a_fork_waits_for_the_round_to_end(
    home: Tenant, broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child must not inherit a database connection, or a lock that a thread held."""
    begun, order = threading.Event(), []

    def slow(*args: Any) -> bool:
        begun.set()
        threading.Event().wait(0.3)
        order.append("round ended")
        return False

    monkeypatch.setattr(queuing, "anything_due", slow)
    thread = threading.Thread(target=Dispatcher(["default"], processes=1).tick)
    thread.start()
    assert begun.wait(5)
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    order.append("forked")
    os.waitpid(pid, 0)
    thread.join()
    assert order == ["round ended", "forked"]
    connection.close()


asked: list[str] = []


def broken_source() -> None:
    raise ValueError("A source that fails.")


def sound_source() -> None:
    asked.append("sound")


def test_a_source_that_fails_stops_neither_the_others_nor_the_dispatcher(
    home: Tenant, broker: Any, settings: Any
) -> None:
    settings.JOB_SOURCES = [f"{__name__}.broken_source", f"{__name__}.sound_source"]
    asked.clear()
    job = JobRunner.enqueue("test.scripted", tenant_id=home.id)
    Dispatcher(["default"], processes=1).tick()
    assert asked == ["sound"]
    assert published(broker) == [str(job.id)]
