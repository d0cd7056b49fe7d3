"""What a person does with what they were told."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext

from notifications.models import MailingState, Notification
from notifications.querysets import unread_of
from tenancy.errors import DomainError

LONGEST_SNOOZE = timedelta(days=366)


class NoticeRefused(DomainError):
    """What cannot be done with a notice."""

    code = "notice_refused"


def mark_read(notice: Notification) -> None:
    _change(notice, read_at=timezone.now())


def mark_unread(notice: Notification) -> None:
    _change(notice, read_at=None)


def mark_all_read(user_id: uuid.UUID) -> int:
    """Returns how many."""
    return unread_of(user_id).update(read_at=Now())


def snooze(notice: Notification, until: datetime) -> None:
    """Out of sight until then, and unread again; what has not been mailed yet is planned anew
    then. Raises NoticeRefused."""
    now = timezone.now()
    if not now < until <= now + LONGEST_SNOOZE:
        raise NoticeRefused(gettext("Snooze until a time within the coming year."), field="until")
    _change(notice, snoozed_until=until, read_at=None)
    unsent = Notification.objects.filter(
        Q(planned_at=None) | Q(mailing__state=MailingState.WAITING), id=notice.id
    )
    unsent.update(due_at=until, planned_at=None, mailing=None, push=None)


def _change(notice: Notification, **values: datetime | None) -> None:
    for name, value in values.items():
        setattr(notice, name, value)
    notice.save(update_fields=list(values))
