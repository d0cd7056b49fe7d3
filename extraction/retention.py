"""Forgetting mail whose time is over, each tenant by its own policy."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from extraction.attachments import forget_attachments
from extraction.models import EmailExtraction, ExtractionState
from extraction.senders import SOURCE_KIND
from finance.models import ReviewItem, ReviewState, Transaction, TransactionState
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.runner import JobRunner
from mail_ingest.models import Email, EmailState, MailPolicy
from mail_ingest.retention import forget_bodies, mail_policy
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tenancy.wording import worded

FORGET_MAIL = "extraction.forget_mail"
AT_ONCE = 500
# Rules get better: what they found not to be about money may be read once more until then.
SECOND_LOOK = timedelta(days=30)


class ForgetMail(BaseJob):
    """By schedule: one job for each tenant. With a tenant: its messages, in batches."""

    kind = FORGET_MAIL

    def run(self, run: JobRun) -> JsonObject:
        if run.info.tenant_id is None:
            return {"enqueued": _enqueue()}
        policy, forgotten = mail_policy(), 0
        for rows in overdue(policy):
            for ids in _batches(rows):
                wanted = ids if policy.forgets_evidence else _without_evidence(ids)
                with run.fenced():
                    forgotten += forget_bodies(wanted)
                    forget_attachments(wanted)
                run.progress(forgotten, message=worded("Forgetting mail"))
        return {"forgotten": forgotten}


def _batches(rows: QuerySet[Any]) -> Iterator[list[uuid.UUID]]:
    last = uuid.UUID(int=0)
    rows = rows.filter(raw__is_headers_only=False).order_by("id")
    while ids := list(rows.filter(id__gt=last).values_list("id", flat=True)[:AT_ONCE]):
        yield ids
        last = ids[-1]


def overdue(policy: MailPolicy) -> list[QuerySet[Any]]:
    """Messages of the scope of which only the headers should stay."""
    now, found = timezone.now(), []
    stored = Email.objects.filter(state=EmailState.STORED)
    if not policy.keeps_unfinancial:
        about = {"tenant": OuterRef("tenant"), "email": OuterRef("pk")}
        judged = EmailExtraction.objects.filter(**about)
        found.append(
            stored.filter(created_at__lt=now - SECOND_LOOK)
            .filter(Exists(judged.filter(state=ExtractionState.NOT_FINANCIAL)))
            .filter(~Exists(judged.exclude(state=ExtractionState.NOT_FINANCIAL)))
        )
    if policy.keep_days is not None:
        found.append(stored.filter(received_at__lt=now - timedelta(days=policy.keep_days)))
    return found


def _without_evidence(ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those that no booked or proposed transaction and no open question was read from."""
    about = {"source_kind": SOURCE_KIND, "source_id__in": [str(email_id) for email_id in ids]}
    booked = Transaction.objects.filter(**about).exclude(state=TransactionState.VOID)
    asked = ReviewItem.objects.filter(**about, state=ReviewState.OPEN)
    needed = {
        *booked.values_list("source_id", flat=True),
        *asked.values_list("source_id", flat=True),
    }
    return [email_id for email_id in ids if str(email_id) not in needed]


def _enqueue() -> int:
    with all_tenants("which tenants have mail to forget"):
        tenants = list(Tenant.objects.filter(is_active=True).values_list("id", flat=True))
    for tenant_id in tenants:
        JobRunner.enqueue(FORGET_MAIL, tenant_id=tenant_id, trigger=worded("Schedule"))
    return len(tenants)
