"""What travels through Celery. Nothing durable: rows are the truth, these only wake workers."""

from __future__ import annotations

import uuid

from celery import shared_task

from jobs import scheduling
from jobs.runner import JobRunner


@shared_task(name="jobs.run_job")
def run_job(job_id: str) -> None:
    JobRunner.run(uuid.UUID(job_id))


@shared_task(name="jobs.tick", expires=60)
def tick() -> None:
    scheduling.tick()
