"""The Celery application: `celery -A config worker`, `celery -A config beat`.

It only wakes workers; job rows are the truth (see `jobs.models`). So messages are acknowledged
early, results ignored and nothing is retried or delayed in the broker: losing every message costs
a lease's time and no work. When its Redis is killed a worker may exit; a supervisor restarts it.
"""

from __future__ import annotations

import os

from celery import Celery
from django.conf import settings
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("inledger")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=(
        # How long a message waits in the in-process broker.
        {"polling_interval": 0.1}
        if settings.EMBEDDED
        # A Redis that does not answer is an error to try again, not a wait for ever.
        else {"socket_connect_timeout": 5, "socket_timeout": 30, "socket_keepalive": True}
    ),
    task_acks_late=False,
    task_reject_on_worker_lost=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_default_queue="default",
    # All of them unless a worker names its own; a name that does not exist is refused.
    task_queues=[Queue("default"), Queue("mail")],
    task_create_missing_queues=False,
    task_soft_time_limit=settings.JOB_TIME_LIMIT_SECONDS,
    task_time_limit=settings.JOB_TIME_LIMIT_SECONDS + 60,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=200,
    worker_soft_shutdown_timeout=20,
    worker_hijack_root_logger=False,
    timezone="UTC",
    # Beat reads no schedules: `tick` reads django-celery-beat's rows, wherever it is called.
    beat_scheduler="celery.beat.Scheduler",
    beat_schedule={"tick": {"task": "jobs.tick", "schedule": 10.0}},
)
app.steps["consumer"].add("jobs.dispatcher:DispatcherStep")
app.autodiscover_tasks()
