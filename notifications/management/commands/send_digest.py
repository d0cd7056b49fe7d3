"""manage.py send_digest [--dry-run] [--days N] [--tenant ID]"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.clock import database_now
from jobs.models import Job
from jobs.runner import JobRunner
from notifications.planning import SEND, enqueue_due
from notifications.previewing import ComingMail, preview
from tenancy.models import Tenant, tenant_id_from
from tenancy.scope import Actor, all_tenants, tenant_scope

LONGEST_DAYS = 62


class Command(BaseCommand):
    help = (
        "Send the digests and notices that are due, in this process, as a worker would; or with"
        " --dry-run show what will be sent in the coming days, and send and change nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only show.")
        parser.add_argument("--days", type=int, default=7, help="How far --dry-run looks ahead.")
        parser.add_argument("--tenant", help="Of this tenant alone, by its id.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= LONGEST_DAYS:
            raise CommandError(f"--days must be from 1 to {LONGEST_DAYS}.")
        tenants = list(self._tenants(options["tenant"]))
        if options["dry_run"]:
            for tenant in tenants:
                self._show(tenant, timedelta(days=options["days"]))
        else:
            self._send(tenants)

    def _tenants(self, wanted: str | None) -> Iterator[Tenant]:
        rows = Tenant.objects.filter(is_active=True).order_by("name", "id")
        if wanted is None:
            yield from rows
            return
        try:
            yield rows.get(pk=tenant_id_from(wanted))
        except (ValidationError, Tenant.DoesNotExist) as error:
            raise CommandError(f"There is no tenant “{wanted}”.") from error

    def _show(self, tenant: Tenant, ahead: timedelta) -> None:
        with tenant_scope(tenant.pk, actor=Actor("command", label="send_digest")):
            mails = preview(database_now(), ahead=ahead).mails
        self.stdout.write(f"{tenant.name} ({tenant.pk}): {len(mails)} e-mails")
        for mail in mails:
            self._show_mail(mail)

    def _show_mail(self, mail: ComingMail) -> None:
        user = mail.mailing.user
        at = mail.mailing.send_at.astimezone(zoneinfo.ZoneInfo(user.time_zone))
        self.stdout.write(
            f"  {at:%Y-%m-%d %H:%M} {user.time_zone}  {user.email}  {mail.mailing.frequency}"
            f"  {mail.letter.subject}"
        )
        for line in mail.letter.lines:
            self.stdout.write(f"    * {line.title}")

    def _send(self, tenants: list[Tenant]) -> None:
        wanted = {tenant.pk for tenant in tenants}
        done = []
        # What is planned now may be due at once.
        for _ in range(2):
            ids = enqueue_due(wanted)
            for job_id in ids:
                JobRunner.run(job_id)
            done += ids
        with all_tenants("what manage.py send_digest did", actor=Actor("command")):
            jobs = list(Job.objects.filter(id__in=done, kind=SEND))
        sent = sum(bool(job.result and job.result.get("sent")) for job in jobs)
        self.stdout.write(f"Sent: {sent}. Not sent: {len(jobs) - sent}.")
