"""The dispatcher: a bootstep in every worker that hands due rows to the broker, sweeps lost ones
and, where there is no beat, ticks the schedules.

It runs in the worker's parent process, on the consumer's timer. The children fork from there, so a
tick holds a lock that forks wait for, and closes its database connection before it lets go.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from typing import Any

from celery import bootsteps, current_app
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils.module_loading import import_string

from jobs import queuing, sweeping
from jobs.models import JobQueue
from jobs.runner import worker_name
from jobs.scheduling import TICK_SECONDS, seed_schedules, tick
from tenancy.row_security import require_runtime_role
from tenancy.scope import all_tenants

logger = logging.getLogger(__name__)

# Jobs published ahead for each child: one that it does, one to do next. More would wait in the
# broker, first come first served, where neither priority nor fairness counts.
AHEAD_PER_PROCESS = 2
# While there is work, rounds follow each other so much faster.
BUSY_FACTOR = 5

_ticking = threading.Lock()
os.register_at_fork(
    before=_ticking.acquire, after_in_parent=_ticking.release, after_in_child=_ticking.release
)


class Dispatcher:
    """One worker's dispatcher for the queues that it serves."""

    def __init__(self, queues: list[str], processes: int) -> None:
        self.name = worker_name()
        self.queues = queues
        self.processes = processes
        self.turns = queuing.Turns()
        self._last: dict[str, float] = {}
        self._is_busy = True

    def tick(self) -> None:
        """One round, if it is time for one. An error of the database or the broker ends it; the
        next one tries again."""
        if not self._is_time("round", self._pause()):
            return
        self._is_busy = False
        with _ticking:
            try:
                with all_tenants("the dispatcher"):
                    self._tick()
            except DatabaseError:
                logger.warning("The dispatcher could not use the database.", exc_info=True)
            except Exception:
                logger.exception("The dispatcher's round failed.")
            finally:
                connections.close_all()

    def _tick(self) -> None:
        if self._is_time("sweep", sweeping.interval_seconds()):
            sweeping.sweep()
            sweeping.beat(self.name, self.queues, self.processes)
        if settings.EMBEDDED and self._is_time("schedules", TICK_SECONDS):
            tick()
        if self._is_time("sources", settings.JOB_SOURCE_MILLISECONDS / 1000):
            ask_sources()
        self._is_busy = queuing.anything_due(self.queues)
        if self._is_busy:
            for queue in self.queues:
                self._dispatch(queue)

    def _pause(self) -> float:
        return 0 if self._is_busy else settings.JOB_DISPATCH_MILLISECONDS / 1000

    def _dispatch(self, queue: str) -> None:
        ahead = AHEAD_PER_PROCESS * self.processes
        room = ahead - queuing.queued_by(self.name, queue)
        marked = queuing.mark_queued(queue, room=room, worker=self.name, turns=self.turns)
        unpublished = list(marked)
        try:
            for job_id in marked:
                publish(job_id, queue)
                unpublished.remove(job_id)
        finally:
            if unpublished:
                queuing.give_back(self.name, unpublished)

    def stop(self) -> None:
        """Leave nothing waiting for a lease that another worker could run at once."""
        with _ticking:
            try:
                with all_tenants("the dispatcher stops"):
                    queuing.give_back(self.name)
            except DatabaseError:
                logger.warning("The dispatcher could not give its jobs back.", exc_info=True)
            finally:
                connections.close_all()

    def _is_time(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now - self._last.get(what, float("-inf")) < seconds:
            return False
        self._last[what] = now
        return True


def ask_sources() -> None:
    """Let every source enqueue what is due. One that fails does not stop the others, or the
    dispatcher."""
    for path in settings.JOB_SOURCES:
        try:
            import_string(path)()
        except DatabaseError:
            raise
        except Exception:
            logger.exception("The job source %s failed.", path)


def publish(job_id: uuid.UUID, queue: str) -> None:
    """Wake a worker. By name, because the task itself is a door."""
    current_app.send_task("jobs.run_job", args=[str(job_id)], queue=queue, retry=False)


class DispatcherStep(bootsteps.StartStopStep):
    """Starts the dispatcher with the worker's consumer, and again after a lost connection."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.dispatcher: Dispatcher | None = None
        self.timer: Any = None

    def start(self, consumer: Any) -> None:
        served = [name for name in consumer.app.amqp.queues.consume_from if name in JobQueue.values]
        if self.dispatcher is None:
            require_runtime_role()
            with all_tenants("seed the schedules"):
                seed_schedules()
            connections.close_all()
            self.dispatcher = Dispatcher(served, consumer.pool.num_processes or 1)
        self.timer = consumer.timer.call_repeatedly(
            settings.JOB_DISPATCH_MILLISECONDS / 1000 / BUSY_FACTOR, self.dispatcher.tick
        )

    def stop(self, consumer: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.dispatcher is not None:
            self.dispatcher.stop()

    def terminate(self, consumer: Any) -> None:
        self.stop(consumer)
