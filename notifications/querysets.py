"""Reading notices. Everything is one person's, in the active tenant."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from notifications.models import Mailing, Notification


def notices_of(user_id: uuid.UUID) -> QuerySet[Notification]:
    """What their notification centre holds: told, not taken back, not asleep."""
    rows: QuerySet[Notification] = Notification.objects.filter(
        Q(snoozed_until=None) | Q(snoozed_until__lte=Now()),
        user_id=user_id, cancelled_at=None, is_shown=True, due_at__lte=Now(),
    )  # fmt: skip
    return rows


def unread_of(user_id: uuid.UUID) -> QuerySet[Notification]:
    return notices_of(user_id).filter(read_at=None)


def mailings_of(user_id: uuid.UUID) -> QuerySet[Mailing]:
    rows: QuerySet[Mailing] = Mailing.objects.filter(user_id=user_id)
    return rows
