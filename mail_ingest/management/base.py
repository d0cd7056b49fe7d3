"""What this app's commands have in common: a tenant's scope, and waiting for a job."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from jobs.models import LIVE_STATES, Job, JobState
from tenancy.errors import DomainError
from tenancy.models import Tenant, tenant_id_from
from tenancy.scope import Actor, tenant_scope

POLL_SECONDS = 0.5


class TenantCommand(BaseCommand):
    """A command that acts for the tenant named by `--tenant`."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="The tenant's id, or its name.")
        parser.add_argument("--wait", action="store_true", help="Wait until the job has ended.")

    @contextmanager
    def acting_for(self, tenant: str) -> Iterator[Tenant]:
        """The tenant's scope; expected errors leave it as a CommandError."""
        found = tenant_named(tenant)
        with tenant_scope(found.id, actor=Actor("command", label=type(self).__module__)):
            try:
                yield found
            except DomainError as error:
                raise CommandError(str(error)) from error

    def follow(self, job: Job) -> None:
        """Wait for a worker to end the job, and say how it ended. Raises CommandError."""
        said = ""
        while job.state in LIVE_STATES:
            if job.progress_message not in ("", said):
                said = job.progress_message
                self.stdout.write(said)
            time.sleep(POLL_SECONDS)
            job.refresh_from_db()
        if job.state != JobState.SUCCEEDED:
            raise CommandError(f"The job ended as {job.get_state_display().lower()}: {job.error}")
        self.stdout.write(self.style.SUCCESS(f"Done: {job.result}"))


def tenant_named(text: str) -> Tenant:
    """Raises CommandError when no tenant, or more than one, has that id or name."""
    try:
        found = list(Tenant.objects.filter(pk=tenant_id_from(text)))
    except ValidationError:
        found = list(Tenant.objects.filter(name=text)[:2])
    if len(found) > 1:
        raise CommandError(f"Several tenants are called “{text}”: give the id.")
    if not found:
        raise CommandError(f"There is no tenant “{text}”.")
    return found[0]
