"""Which mailboxes are due. The due time is on the row, so that nothing else has to remember it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from jobs.base import BaseJob, JobRun, JsonObject
from jobs.models import JobQueue
from jobs.runner import JobRunner
from mail_ingest.fetching import FetchAccount
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount
from tenancy.scope import all_tenants
from tenancy.wording import worded

AT_ONCE = 500
# When a fetch has not moved the due time by then, it is enqueued again.
ASK_AGAIN = timedelta(minutes=15)


def enqueue_due_accounts() -> int:
    """Enqueue a fetch for every active mailbox that is due, of all tenants, the longest due
    first. Returns how many."""
    now = timezone.now()
    with all_tenants("enqueue due mailboxes"):
        due = list(
            ConnectedAccount.objects.filter(
                state=AccountState.ACTIVE, next_fetch_at__lte=now, tenant__is_active=True
            )
            .exclude(kind__in=(AccountKind.UPLOAD, AccountKind.INBOUND))
            .order_by("next_fetch_at")
            .values_list("id", "tenant_id")[:AT_ONCE]
        )
        for account_id, tenant_id in due:
            JobRunner.enqueue(
                FetchAccount.kind,
                subject=str(account_id),
                tenant_id=tenant_id,
                trigger=worded("Schedule"),
            )
        ConnectedAccount.objects.filter(
            id__in=[account_id for account_id, _ in due], next_fetch_at__lte=now
        ).update(next_fetch_at=now + ASK_AGAIN)
    return len(due)


class EnqueueDueAccounts(BaseJob):
    """Runs by schedule, every minute."""

    kind = "mail_ingest.enqueue_due_accounts"
    queue = JobQueue.DEFAULT

    def run(self, run: JobRun) -> JsonObject:
        return {"enqueued": enqueue_due_accounts()}
