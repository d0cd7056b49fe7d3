"""manage.py import_statement FILE --tenant ID [--account NAME] [--apply]"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from finance.errors import LedgerError
from finance.models import FinancialAccount, StatementImport, StatementState
from finance.statements.importing import apply, upload
from jobs.models import LIVE_STATES, Job
from tenancy.models import Tenant, tenant_id_from
from tenancy.scope import Actor, tenant_scope

SHOWN = 20
POLL_SECONDS = 0.3


class Command(BaseCommand):
    help = (
        "Read a bank's statement (CSV, OFX, QIF, CAMT.053, MT940, our JSON lines) and show what"
        " booking it would do; with --apply, book it. A worker must be running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="The tenant's id.")
        parser.add_argument("--account", help="The account's name, where the file names none.")
        parser.add_argument("--apply", action="store_true", help="Book it.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = Tenant.objects.get(pk=tenant_id_from(options["tenant"]))
        except (ValidationError, Tenant.DoesNotExist) as error:
            raise CommandError(f"There is no tenant “{options['tenant']}”.") from error
        path: Path = options["file"]
        with tenant_scope(tenant.pk, actor=Actor("command", label="import_statement")):
            try:
                row = upload(path.read_bytes(), path.name, account=_account(options["account"]))
                self._follow(row)
                self._show(row)
                if options["apply"]:
                    apply(row)
                    self._follow(row)
                    self.stdout.write(self.style.SUCCESS("Booked."))
            except OSError as error:
                raise CommandError(f"Cannot read {path}: {error.strerror}.") from error
            except LedgerError as error:
                raise CommandError(str(error)) from error

    def _follow(self, row: StatementImport) -> None:
        job = Job.objects.get(pk=row.job_id)
        while job.state in LIVE_STATES:
            time.sleep(POLL_SECONDS)
            job.refresh_from_db()
        row.refresh_from_db()
        if row.state == StatementState.FAILED or job.error:
            raise CommandError(row.error or job.error)

    def _show(self, row: StatementImport) -> None:
        counts = Counter(row.lines.values_list("outcome", flat=True))
        self.stdout.write(f"{row.format}, account {row.account or '–'}: {dict(counts)}")
        for line in row.lines.filter(outcome="refused").order_by("row")[:SHOWN]:
            self.stdout.write(f"  row {line.row}: {line.problem} {line.description[:80]}")


def _account(name: str | None) -> FinancialAccount | None:
    if name is None:
        return None
    found = list(FinancialAccount.objects.filter(name=name, is_archived=False)[:2])
    if len(found) != 1:
        problem = "Several accounts are" if found else "No account is"
        raise LedgerError(f"{problem} called “{name}”.", code="unknown_account")
    account: FinancialAccount = found[0]
    return account
