"""manage.py rotate_keys [--dry-run]"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenancy.rotation import columns, rotate


class Command(BaseCommand):
    help = (
        "Encrypt everything by the first key of FIELD_KEYS, so that the others can be removed."
        " May be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count.")

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for column in columns():
            done = rotate(column, dry_run=options["dry_run"])
            unreadable += done.unreadable
            verb = "to encrypt anew" if options["dry_run"] else "encrypted anew"
            self.stdout.write(
                f"{column.place}: {done.changed} {verb}, {done.current} by the newest key already,"
                f" {done.unreadable} unreadable"
            )
        if unreadable:
            raise CommandError(
                f"{unreadable} values were encrypted by a key that FIELD_KEYS does not list, or"
                " were damaged. Nothing of them was changed; add that key and run this again."
            )
