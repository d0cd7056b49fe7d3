"""manage.py receive_mail [--host HOST] [--port PORT] [--smtp]"""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mail_ingest.receiving import controller


class Command(BaseCommand):
    help = (
        "Take mail that a mail server of yours hands over for the private addresses of ledgers,"
        " by LMTP, until stopped. See docs/forwarding.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8024)
        parser.add_argument("--smtp", action="store_true", help="Speak SMTP instead of LMTP.")

    def handle(self, *args: Any, **options: Any) -> None:
        receiver = controller(options["host"], options["port"], is_lmtp=not options["smtp"])
        try:
            receiver.start()
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} on {options['host']} cannot be used: {error.strerror}."
            ) from error
        protocol = "SMTP" if options["smtp"] else "LMTP"
        self.stdout.write(f"Taking mail by {protocol} on {options['host']}:{options['port']}.")
        self.stdout.flush()
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        stopped.wait()
        receiver.stop()
