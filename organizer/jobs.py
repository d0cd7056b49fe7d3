"""Background work of the organizer: tasks are brought in step with the ledger."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from finance import files
from finance.models import Announcement, Bill, LedgerChange
from finance.querysets import today
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.clock import database_now
from jobs.runner import JobRunner
from organizer.following import AT_ONCE as MADE_AT_ONCE
from organizer.following import follow
from organizer.models import TaskAttachment, TaskPolicy
from tenancy.models import Tenant
from tenancy.scope import all_tenants, current_tenant_id
from tenancy.wording import worded

AT_ONCE: Final = 500
# A change is dated when its transaction began, and seen once that has committed: what was written
# shortly before the last look is looked at again.
OVERLAP: Final = timedelta(minutes=2)
# Not every change of a bill is on the trail, and days pass.
AT_LEAST_EVERY: Final = timedelta(hours=1)


def out_of_step(tenants: QuerySet[Tenant]) -> QuerySet[Tenant]:
    """Tenants whose ledger has changed since tasks were made of it, or that were not looked at
    for an hour. Without bills and announcements, or where a tenant wants no such tasks, none."""
    own = {"tenant": OuterRef("pk")}
    changes = LedgerChange.objects.filter(
        tenant=OuterRef("tenant"), at__gte=OuterRef("followed_until")
    )
    in_step = TaskPolicy.objects.filter(
        ~Exists(changes), followed_until__gte=database_now() - AT_LEAST_EVERY, **own
    )
    off = TaskPolicy.objects.filter(
        from_bills=False, from_endings=False, from_refunds=False, from_deadlines=False, **own
    )
    facts = Q(Exists(Bill.objects.filter(**own))) | Q(Exists(Announcement.objects.filter(**own)))
    return tenants.filter(facts, ~Exists(in_step), ~Exists(off))


def enqueue_following() -> int:
    """One job for each tenant that is out of step; a live one is left alone. Returns how many."""
    with all_tenants("whose tasks are out of step with the ledger"):
        found = out_of_step(Tenant.objects.filter(is_active=True)).order_by("id")
        tenants = list(found.values_list("id", flat=True)[:AT_ONCE])
        for tenant_id in tenants:
            JobRunner.enqueue(
                FollowLedger.kind, tenant_id=tenant_id, trigger=worded("The ledger changed")
            )
    return len(tenants)


class EnqueueFollowing(BaseJob):
    """Runs by schedule, every minute."""

    kind = "organizer.enqueue_following"

    def run(self, run: JobRun) -> JsonObject:
        return {"enqueued": enqueue_following()}


class DropFiles(BaseJob):
    """Drops the files of tasks for good that were removed long enough ago. Runs by schedule."""

    kind = "organizer.drop_files"

    def run(self, run: JobRun) -> JsonObject:
        with all_tenants("drop removed files of tasks"):
            return {"dropped": files.purge(TaskAttachment)}


class FollowLedger(BaseJob):
    """Brings one tenant's tasks in step with its ledger."""

    kind = "organizer.follow_ledger"

    def run(self, run: JobRun) -> JsonObject:
        seen_until = database_now() - OVERLAP

        def finish() -> JsonObject:
            followed = follow(today())
            # The rest comes with the next look.
            until = seen_until if followed.made < MADE_AT_ONCE else None
            TaskPolicy.objects.update_or_create(
                tenant_id=current_tenant_id(), defaults={"followed_until": until}
            )
            return asdict(followed)

        run.finish(finish)
        return {}
