"""The background work of extraction."""

from __future__ import annotations

from collections import Counter

from extraction.attachments import attachments_of
from extraction.drift import check_drift
from extraction.learning import learn_from_decisions, templates_of
from extraction.pipeline import read_email, record_readings
from extraction.scheduling import EXTRACT_EMAILS, pending_emails
from jobs.base import BaseJob, JobRun, JsonObject
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id
from tenancy.wording import worded

BATCH = 100


class ExtractEmails(BaseJob):
    """Read all messages of the tenant that nobody has read yet, newest first, in batches. Each
    batch is recorded and booked in one fenced transaction, so a run that dies loses at most the
    reading of one batch, and books nothing twice."""

    kind = EXTRACT_EMAILS

    def run(self, run: JobRun) -> JsonObject:
        tenant = Tenant.objects.get(pk=current_tenant_id())
        with run.fenced():
            learn_from_decisions(tenant)
        total, done = pending_emails().count(), 0
        counts: Counter[str] = Counter()
        while emails := list(pending_emails().select_related("account", "raw")[:BATCH]):
            known = templates_of(email.from_address for email in emails)
            files = attachments_of(emails)
            read = [
                read_email(mail, tenant, known.get(mail.from_address, ()), files.get(mail.pk, ()))
                for mail in emails
            ]
            with run.fenced():
                counts.update(record_readings(read, tenant))
                check_drift(email.from_address for email in emails)
            done += len(emails)
            run.progress(done, max(total, done), worded("Messages read: %(count)s", count=done))
        return {"read": done, **counts}
