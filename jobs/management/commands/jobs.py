"""manage.py jobs: see what the queue holds, and retry or cancel a job."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from jobs.errors import JobError
from jobs.models import Job
from jobs.querysets import needs_attention, queue_health
from jobs.runner import JobRunner
from tenancy.scope import Actor, all_tenants


class Command(BaseCommand):
    help = "Show the queue and the jobs that need attention; retry or cancel one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--retry", metavar="ID", type=uuid.UUID)
        parser.add_argument("--cancel", metavar="ID", type=uuid.UUID)
        parser.add_argument("--limit", type=int, default=20, help="Of the list. Default: 20.")

    def handle(self, *args: Any, **options: Any) -> None:
        with all_tenants("manage.py jobs", actor=Actor("command")):
            for name, verb in (("retry", JobRunner.retry), ("cancel", JobRunner.cancel)):
                if options[name]:
                    try:
                        job = verb(options[name])
                    except (Job.DoesNotExist, JobError) as error:
                        raise CommandError(str(error)) from error
                    self.stdout.write(f"{job.id} is {job.state}.")
                    return
            self._show(options["limit"])

    def _show(self, limit: int) -> None:
        health = queue_health()
        silent = health.dispatcher_silent_seconds
        heard = "none has been heard of" if silent is None else f"last heard of {silent:.0f} s ago"
        self.stdout.write(f"Workers: {health.workers} ({heard}).")
        self.stdout.write(f"The oldest due job waits {health.oldest_due_seconds:.0f} s.")
        for state, count in (
            Job.objects.order_by("state").values_list("state").annotate(count=Count("id"))
        ):
            self.stdout.write(f"{count:>8} {state}")
        for job in needs_attention(Job.objects.order_by("-created_at"))[:limit]:
            self.stdout.write(f"{job.id} {job.state:<6} {job.kind} {job.subject}: {job.error}")
