"""manage.py record_bounce [FILE …]"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.bounces import LARGEST_BYTES, record_bounce


class Command(BaseCommand):
    help = (
        "Take note of mail that came back: reads one delivery status message (RFC 3464) from each"
        " file, or from standard input, as a mail server's pipe gives it. Its reader is mailed no"
        " more, and sees why among the notification settings."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        try:
            if not options["files"]:
                count += record_bounce(sys.stdin.buffer.read(LARGEST_BYTES + 1))
            for path in options["files"]:
                with path.open("rb") as file:
                    count += record_bounce(file.read(LARGEST_BYTES + 1))
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        # Letters to the sender's address are no fault of the mail server's pipe.
        self.stdout.write(f"Mails that came back: {count}.")
