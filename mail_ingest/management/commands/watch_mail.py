"""manage.py watch_mail [--heartbeat FILE]"""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from mail_ingest.watching import Watcher

LOOK_SECONDS = 15.0


class Command(BaseCommand):
    help = (
        "Hold a connection to each mailbox that asks to be told of new mail at once (IMAP IDLE),"
        " until stopped. Without it such mailboxes are read at their usual times."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heartbeat", type=Path, help="A file to touch whenever the mailboxes were looked up."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        watcher = Watcher()
        self.stdout.write("Watching the mailboxes that ask for it.")
        self.stdout.flush()
        while not stopped.is_set():
            try:
                watcher.look()
                if options["heartbeat"]:
                    options["heartbeat"].touch()
            except DatabaseError as error:
                self.stderr.write(f"The database does not answer, trying again: {error}")
            finally:
                connection.close()
            stopped.wait(LOOK_SECONDS)
        watcher.stop()
