"""manage.py backfill --tenant ID --account LABEL [--since DATE] [--until DATE] [--dry-run]"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from mail_ingest.connecting import account_named, backfill
from mail_ingest.fetching import count_between
from mail_ingest.management.base import TenantCommand
from mail_ingest.providers.base import ProviderError
from tenancy.encryption import DecryptionError


class Command(TenantCommand):
    help = (
        "Read what a mailbox received between two dates, both included, whatever has been read"
        " before. Messages that are stored already are left as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--account", required=True, help="The account's id, or its label.")
        parser.add_argument("--since", type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--until", type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="Only count.")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = options["since"], options["until"]
        if since and until and since > until:
            raise CommandError("--since is after --until.")
        with self.acting_for(options["tenant"]):
            account = account_named(options["account"])
            if options["dry_run"]:
                try:
                    tally = count_between(account, since, until)
                except (ProviderError, DecryptionError) as error:
                    raise CommandError(str(error)) from error
                self.stdout.write(f"{tally.found} messages, {tally.stored} of them not stored yet.")
                return
            job = backfill(account, since=_text(since), until=_text(until))
            self.stdout.write(f"Backfill of “{account.label}” is enqueued as job {job.id}.")
            if options["wait"]:
                self.follow(job)


def _text(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None
