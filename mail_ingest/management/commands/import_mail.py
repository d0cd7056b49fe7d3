"""manage.py import_mail PATH --tenant ID|NAME [--own] [--account LABEL] [--wait]"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from jobs.models import Job
from mail_ingest.imports import start_import
from mail_ingest.management.base import TenantCommand


class Command(TenantCommand):
    help = (
        "Import an mbox file, a Maildir, an .eml file, or a zip or tar.gz archive of those, such as"
        " Google Takeout's. The import is a"
        " job like an upload's: a worker that can read the path does it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--own", action="store_true",
            help="The tenant declares that this archive is its own and complete.",
        )  # fmt: skip
        parser.add_argument("--account", default="", help="The label of the account to fill.")

    def handle(self, *args: Any, **options: Any) -> None:
        with self.acting_for(options["tenant"]):
            mail_import = start_import(
                options["path"], is_own=options["own"], account_label=options["account"]
            )
            self.stdout.write(f"Import {mail_import.id} of “{mail_import.name}” is enqueued.")
            if options["wait"]:
                self.follow(Job.objects.get(pk=mail_import.job_id))
