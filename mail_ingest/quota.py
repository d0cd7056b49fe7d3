"""How much of a mailbox's quota is in use, for all processes: on its row, by the database clock."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from mail_ingest.models import ConnectedAccount
from mail_ingest.providers.rate import BURST_SECONDS


def reserve(account_id: uuid.UUID, seconds: float) -> float:
    """Book so many seconds of the mailbox's steady rate behind what is booked already. Returns
    how many seconds to wait before using them: 0 within a burst."""
    rows = ConnectedAccount.objects.filter(pk=account_id)
    with transaction.atomic():
        row = (
            rows.select_for_update()
            .annotate(now=Now())
            .values_list("quota_booked_until", "now")
            .first()
        )
        if row is None:  # deleted meanwhile: its reading ends by itself
            return 0.0
        booked_until, now = row
        booked_until = max(booked_until or now, now) + timedelta(seconds=seconds)
        rows.update(quota_booked_until=booked_until)
    ahead: timedelta = booked_until - now
    return max(0.0, ahead.total_seconds() - BURST_SECONDS)
