"""Reading notices. Everything is one person's, in the active tenant."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from notifications.models import Frequency, Mailing, MailingState, Notification

AHEAD = timedelta(days=7)


def notices_of(user_id: uuid.UUID) -> QuerySet[Notification]:
    """What their notification centre holds: told, not taken back, not asleep."""
    rows: QuerySet[Notification] = Notification.objects.filter(
        Q(snoozed_until=None) | Q(snoozed_until__lte=Now()),
        user_id=user_id, cancelled_at=None, is_shown=True, due_at__lte=Now(),
    )  # fmt: skip
    return rows


def unread_of(user_id: uuid.UUID) -> QuerySet[Notification]:
    return notices_of(user_id).filter(read_at=None)


def upcoming_of(user_id: uuid.UUID, now: datetime) -> QuerySet[Notification]:
    """What they will be told in the coming week, as far as it is known now."""
    rows: QuerySet[Notification] = Notification.objects.filter(
        Q(due_at__gt=now, due_at__lte=now + AHEAD)
        | Q(mailing__state=MailingState.WAITING, mailing__send_at__lte=now + AHEAD),
        user_id=user_id, cancelled_at=None, read_at=None,
    )  # fmt: skip
    return rows.select_related("mailing").order_by("due_at", "id")


def mailings_of(user_id: uuid.UUID) -> QuerySet[Mailing]:
    rows: QuerySet[Mailing] = Mailing.objects.filter(user_id=user_id)
    return rows


def waiting_digests() -> QuerySet[Mailing]:
    """Of the scope, the next first."""
    rows: QuerySet[Mailing] = Mailing.objects.filter(
        state=MailingState.WAITING, frequency__in=(Frequency.DAILY, Frequency.WEEKLY)
    )
    return rows.select_related("user", "tenant").order_by("send_at", "id")
