"""manage.py import_rates FILE [--since DATE]"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from finance.errors import LedgerError
from finance.exchange.ecb import LARGEST_FILE, UnreadableRates, read_ecb
from finance.exchange.keeping import load_reference_rates


class Command(BaseCommand):
    help = (
        "Load exchange rates from a file of the European Central Bank (eurofxref-daily.xml,"
        " eurofxref-hist-90d.xml, eurofxref-hist.zip, or their CSV). Inledger fetches nothing by"
        " itself: download the file as often as you like. Loading a day again replaces it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--since", type=date.fromisoformat, help="Leave out earlier days, like 2020-01-01."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise CommandError(f"{path} is larger than {LARGEST_FILE} bytes.")
            loaded = load_reference_rates(read_ecb(path.read_bytes()), options["since"])
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except (UnreadableRates, LedgerError) as error:
            raise CommandError(f"{path}: {error} Nothing was stored.") from error
        self.stdout.write(
            self.style.SUCCESS(
                f"{loaded.quotes} rates of {loaded.first} to {loaded.last}, {loaded.new} of them"
                " new."
            )
        )
