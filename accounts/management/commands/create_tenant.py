"""Open a tenant for somebody who has an account."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.tenants import create_tenant
from tenancy.errors import DomainError


class Command(BaseCommand):
    help = "Open a tenant and make an existing user its admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--owner", required=True, metavar="EMAIL")
        parser.add_argument("--currency", default="EUR", help="ISO 4217 code (default: EUR)")
        parser.add_argument("--time-zone", default="UTC", help="IANA name (default: UTC)")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(email=options["owner"].lower()).first()
        if owner is None:
            raise CommandError(
                f"Nobody has the address {options['owner']}. Make the user first, with"
                " createsuperuser or by registering."
            )
        try:
            tenant = create_tenant(
                owner,
                options["name"],
                currency=options["currency"],
                time_zone=options["time_zone"],
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(tenant.id))
