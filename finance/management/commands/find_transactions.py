"""manage.py find_transactions [QUERY] --tenant ID [--saved NAME] [--limit N]"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from finance.errors import LedgerError
from finance.models import Transaction
from finance.money import Money
from finance.query import QueryError, matching
from finance.querysets import list_rows
from finance.saved_filters.keeping import filter_named, found_by
from tenancy.models import Tenant, tenant_id_from
from tenancy.scope import Actor, tenant_scope


class Command(BaseCommand):
    help = "List transactions that match a query, newest first (docs/query.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("query", nargs="?", default="")
        parser.add_argument("--saved", help="The name of a saved filter that is shared.")
        parser.add_argument("--tenant", required=True, help="The tenant's id.")
        parser.add_argument("--limit", type=int, default=50)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = Tenant.objects.get(pk=tenant_id_from(options["tenant"]))
        except (ValidationError, Tenant.DoesNotExist) as error:
            raise CommandError(f"There is no tenant “{options['tenant']}”.") from error
        with tenant_scope(tenant.pk, actor=Actor("command", label="find_transactions")):
            try:
                rows = Transaction.objects.all()
                if options["saved"]:
                    rows = found_by(filter_named(options["saved"]))
                found = matching(rows, options["query"])
            except QueryError as error:
                raise CommandError(f"{error} (character {error.position + 1})") from error
            except LedgerError as error:
                raise CommandError(str(error)) from error
            for row in list_rows(found)[: options["limit"]]:
                amount = Money(row["amount_minor"], row["currency"])
                self.stdout.write(
                    f"{row['booked_on']}  {amount!s:>14} {amount.currency}  {row['state']:8}"
                    f"  {row['account__name']}  {row['merchant'] or row['description']}"
                )
