"""manage.py export --tenant ID --format hledger [--since DATE] [--until DATE] [--output FILE]"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from finance.errors import LedgerError
from finance.exports.entries import Period
from finance.exports.formats import FORMATS
from finance.exports.writing import export
from finance.models import FinancialAccount
from tenancy.models import Tenant, tenant_id_from
from tenancy.scope import Actor, tenant_scope


class Command(BaseCommand):
    help = "Write a ledger's posted transactions as a file that other programs read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="The tenant's id.")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--since", type=date.fromisoformat, help="First day, YYYY-MM-DD.")
        parser.add_argument("--until", type=date.fromisoformat, help="Last day, YYYY-MM-DD.")
        parser.add_argument("--account", help="Only this account, by its name.")
        parser.add_argument("--output", type=Path, help="A file; without it, standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = Tenant.objects.get(pk=tenant_id_from(options["tenant"]))
        except (ValidationError, Tenant.DoesNotExist) as error:
            raise CommandError(f"There is no tenant “{options['tenant']}”.") from error
        with tenant_scope(tenant.pk, actor=Actor("command", label="export")):
            try:
                account = _account(options["account"])
                period = Period(options["since"], options["until"], account)
                self._write(export(options["format"], period), options["output"])
            except LedgerError as error:
                raise CommandError(str(error)) from error

    def _write(self, pieces: Any, output: Path | None) -> None:
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        try:
            with output.open("wb") as file:
                file.writelines(pieces)
        except OSError as error:
            raise CommandError(f"Cannot write {output}: {error.strerror}.") from error
        self.stderr.write(f"{output.stat().st_size} bytes written to {output}.")


def _account(name: str | None) -> Any:
    if name is None:
        return None
    found = list(FinancialAccount.objects.filter(name=name).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        problem = "Several accounts are" if found else "No account is"
        raise LedgerError(f"{problem} called “{name}”.", code="unknown_account", field="account")
    return found[0]
