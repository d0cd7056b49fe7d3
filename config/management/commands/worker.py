"""manage.py worker: a Celery worker with its dispatcher, for every queue or those named."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.celery import app
from jobs.models import JobQueue


class Command(BaseCommand):
    help = "Run background jobs until it is interrupted. One interrupt lets running jobs end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queues", default=",".join(JobQueue.values), help="Comma-separated. Default: all."
        )
        parser.add_argument(
            "--concurrency", type=int, default=2, help="Jobs at a time. Default: 2."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = sorted(set(options["queues"].split(",")) - set(JobQueue.values))
        if unknown:
            known = ", ".join(JobQueue.values)
            raise CommandError(f"There is no queue “{unknown[0]}”. The queues are: {known}.")
        if options["concurrency"] < 1:
            raise CommandError("--concurrency must be at least 1.")
        app.worker_main(
            [
                "worker",
                f"--queues={options['queues']}",
                f"--concurrency={options['concurrency']}",
                f"--loglevel={'INFO' if options['verbosity'] else 'WARNING'}",
                "--without-gossip",
                "--without-mingle",
            ]
        )
