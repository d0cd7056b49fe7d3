"""Which messages wait to be read. Extraction pulls; nothing below knows that it exists."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from extraction.models import EmailExtraction
from jobs.models import JobQueue
from jobs.runner import JobRunner
from mail_ingest.models import Email, EmailState
from tenancy.scope import all_tenants
from tenancy.wording import worded

EXTRACT_EMAILS = "extraction.extract_emails"


def pending_emails() -> QuerySet[Any]:
    """Stored messages of the scope that nobody has read yet, newest first."""
    read = EmailExtraction.objects.filter(tenant=OuterRef("tenant"), email=OuterRef("pk"))
    return (
        Email.objects.filter(state=EmailState.STORED)
        .filter(~Exists(read))
        .order_by("-received_at", "-id")
    )


def enqueue_pending_emails() -> list[uuid.UUID]:
    """One job for each tenant that has unread messages; a live one is left alone."""
    with all_tenants("which tenants have unread messages"):
        tenants = list(pending_emails().order_by().values_list("tenant_id", flat=True).distinct())
    return [
        JobRunner.enqueue(
            EXTRACT_EMAILS,
            tenant_id=tenant,
            queue=JobQueue.DEFAULT,
            trigger=worded("Unread messages"),
        ).id
        for tenant in tenants
    ]
