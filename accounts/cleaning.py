"""Forgetting what has expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.models import AttemptCounter, IdempotencyKey, OneTimeCode, RefreshSession
from tenancy.scope import all_tenants

KEPT: Final = timedelta(days=1)
SESSIONS_KEPT: Final = timedelta(days=30)


def remove_expired() -> dict[str, int]:
    """Rows removed, by what they were. Invitations, tokens and the audit trail stay."""
    now = timezone.now()
    SessionStore.clear_expired()
    with all_tenants("expired rows go, whose ever they are"):
        removed = {
            "codes": OneTimeCode.objects.filter(expires_at__lt=now - KEPT),
            "counters": AttemptCounter.objects.filter(since__lt=now - KEPT),
            "idempotency_keys": IdempotencyKey.objects.filter(started_at__lt=now - KEPT),
            "sessions": RefreshSession.objects.filter(expires_at__lt=now - SESSIONS_KEPT),
        }
        return {name: rows.delete()[0] for name, rows in removed.items()}
