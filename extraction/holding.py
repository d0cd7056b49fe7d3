"""Until somebody has seen what was recognised, nothing of a tenant that is being set up is booked.

Its messages are read all the same. The readings wait as HELD, and are made anew when booking
begins: what a message means depends on those before it and on the accounts that they open.
"""

from __future__ import annotations

from django.db import transaction

from accounts import audit
from extraction.models import EmailExtraction, ExtractionState
from extraction.scheduling import EXTRACT_EMAILS
from jobs.models import JobQueue
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id
from tenancy.wording import worded


def is_held(tenant: Tenant) -> bool:
    """Whether booking waits; in the caller's transaction. The row is locked, so that whoever lets
    booking begin meanwhile finds what this transaction holds back."""
    if tenant.booking_held_since is None:
        return False
    fresh = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    return fresh.booking_held_since is not None


@transaction.atomic
def begin_booking() -> bool:
    """Somebody has said yes: what was held back is read and booked, and all that comes. Whether
    this call has begun it; False where nothing was held."""
    tenant_id = current_tenant_id()
    held = Tenant.objects.filter(pk=tenant_id, booking_held_since__isnull=False)
    if not held.update(booking_held_since=None):
        return False
    EmailExtraction.objects.filter(state=ExtractionState.HELD).delete()
    audit.record("tenant.booking_begun")
    JobRunner.enqueue(
        EXTRACT_EMAILS, tenant_id=tenant_id, queue=JobQueue.DEFAULT, priority=1,
        trigger=worded("Booking begins"),
    )  # fmt: skip
    return True
