"""manage.py reextract --tenant ID [--sender ADDRESS] [--since DATE] [--until DATE] [--accept]"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from extraction.models import DifferenceKind, Replay
from extraction.replaying.running import accept, groups, start
from mail_ingest.management.base import TenantCommand


class Command(TenantCommand):
    help = (
        "Read stored mail again with today's rules, and show what would be different in groups."
        " Nothing changes unless --accept is given; what a person has set stays even then."
        " A worker must be running."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--sender", default="", help="Only messages from this address.")
        parser.add_argument("--since", type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--until", type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument(
            "--accept",
            action="append",
            default=[],
            choices=[*DifferenceKind.values, "all"],
            help="Apply the differences of this kind; may be repeated.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with self.acting_for(options["tenant"]):
            replay, job = start(
                sender=options["sender"], since=options["since"], until=options["until"]
            )
            self.stdout.write(f"Replay {replay.pk} is enqueued as job {job.pk}.")
            if not (options["wait"] or options["accept"]):
                return
            self.follow(job)
            self._show(replay)
            self._accept(replay, set(options["accept"]))

    def _show(self, replay: Replay) -> None:
        for group in groups(replay):
            fields = group.group.split(":")[1] or "–"
            label = DifferenceKind(group.kind).label
            self.stdout.write(f"  {group.count:6}  {label}: {fields}  ({group.sender})")

    def _accept(self, replay: Replay, kinds: set[str]) -> None:
        for group in groups(replay):
            if group.open and ({group.kind, "all"} & kinds):
                self.follow(accept(replay, group=group.group))
