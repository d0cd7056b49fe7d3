"""Running jobs within a test's own process, as dispatcher and worker would."""

from __future__ import annotations

from jobs.models import JobQueue
from jobs.queuing import Turns, mark_queued
from jobs.runner import JobRunner
from tenancy.scope import all_tenants


def run_due_jobs(limit: int = 100) -> int:
    """Run every job that is due, and what those enqueue. Returns how many attempts were made."""
    turns, ran = Turns(), 0
    while ran < limit:
        with all_tenants("a test runs jobs"):
            ids = [
                job_id
                for queue in JobQueue.values
                for job_id in mark_queued(queue, room=limit, worker="test", turns=turns)
            ]
        if not ids:
            break
        for job_id in ids:
            JobRunner.run(job_id)
        ran += len(ids)
    return ran
