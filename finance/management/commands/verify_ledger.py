"""manage.py verify_ledger [--tenant ID]"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from finance.models import Transaction
from finance.verification import verify_ledger
from tenancy.models import Tenant, tenant_id_from
from tenancy.scope import Actor, tenant_scope

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Prove that totals and balances equal a full scan, that splits sum and transfers pair, and"
        " that every change is on the audit trail. Exits with 1 if anything is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="Only this tenant's ledger, by its id.")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = self.tenants(options["tenant"])
        faults = sum(self.verify(tenant) for tenant in tenants)
        if faults:
            raise CommandError(f"{faults} faults in {len(tenants)} ledgers.")
        self.stdout.write(self.style.SUCCESS(f"{len(tenants)} ledgers verified: no fault."))

    @staticmethod
    def tenants(wanted: str | None) -> list[Tenant]:
        if wanted is None:
            return list(Tenant.objects.order_by("pk"))
        try:
            return [Tenant.objects.get(pk=tenant_id_from(wanted))]
        except (ValidationError, Tenant.DoesNotExist) as error:
            raise CommandError(f"There is no tenant “{wanted}”.") from error

    def verify(self, tenant: Tenant) -> int:
        with tenant_scope(tenant.pk, actor=Actor("command", label="verify_ledger")):
            count = Transaction.objects.count()
            found = verify_ledger()
        self.stdout.write(f"{tenant.name} ({tenant.pk}): {count} transactions")
        for check, faults in found.items():
            self.stdout.write(f"  {'FAULT' if faults else 'ok':5} {check}")
            for fault in faults[:SHOWN]:
                self.stdout.write(f"        {fault}")
            if len(faults) > SHOWN:
                self.stdout.write(f"        … and {len(faults) - SHOWN} more")
        return sum(len(faults) for faults in found.values())
