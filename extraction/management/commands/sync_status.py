"""manage.py sync_status [--tenant TENANT]"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from extraction.progress import MailProgress, mail_progress
from mail_ingest.management.base import tenant_named
from mail_ingest.models import ConnectedAccount
from tenancy.scope import all_tenants


class Command(BaseCommand):
    help = (
        "How every connected account is doing: state, last and next reading, how far its messages"
        " have come, error."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", help="Only this one: its id, or its name.")

    def handle(self, *args: Any, **options: Any) -> None:
        with all_tenants("how connected accounts are doing"):
            rows = ConnectedAccount.objects.select_related("tenant").order_by(
                "tenant__name", "label"
            )
            if options["tenant"]:
                rows = rows.filter(tenant=tenant_named(options["tenant"]))
            for one in mail_progress(rows):
                self._tell(one)

    def _tell(self, one: MailProgress) -> None:
        row = one.account
        self.stdout.write(
            f"{row.tenant.name} · {row.label} ({row.get_kind_display()}):"
            f" {row.get_state_display()},"
            f" read {_ago(row.last_fetched_at)}, next {_ahead(row.next_fetch_at)}"
        )
        self.stdout.write(
            f"    {one.found} found, {one.fetched} fetched ({row.quarantined_count} quarantined),"
            f" {one.financial} about money, {one.booked} booked, {one.in_review} in review,"
            f" {one.unread} to read"
        )
        if row.last_error:
            self.stdout.write(f"    {row.last_error}")


def _ago(moment: datetime | None) -> str:
    if moment is None:
        return "never"
    return f"{int((timezone.now() - moment).total_seconds() // 60)} minutes ago"


def _ahead(moment: datetime | None) -> str:
    if moment is None:
        return "not planned"
    minutes = int((moment - timezone.now()).total_seconds() // 60)
    return f"in {minutes} minutes" if minutes > 0 else "due"
