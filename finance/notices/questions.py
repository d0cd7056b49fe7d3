"""Telling that questions wait in review: once a week, while there are old ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q, QuerySet

from finance.models import ReviewItem, ReviewState
from finance.querysets import home
from jobs.clock import database_now
from notifications.notify import cancel, notify

KIND: Final = "review_waiting"
LINK: Final = "/review/"
# Who looks in daily need not be told.
PATIENCE: Final = timedelta(days=2)


def tell_questions(day: date) -> int:
    """Tell how many questions wait, if one has for two days. Returns how many people were told."""
    take_back_if_answered()
    now = database_now()
    found = _waiting(now).aggregate(count=Count("pk"), oldest=Min("created_at"))
    if not found["count"] or found["oldest"] > now - PATIENCE:
        return 0
    since = found["oldest"].astimezone(ZoneInfo(home().time_zone)).date()
    facts = {"count": found["count"], "date": since}
    return notify(KIND, key=f"{day:%G-W%V}", facts=facts, link=LINK)


def take_back_if_answered() -> None:
    """When no question waits any more, nobody need be told."""
    if not _waiting(database_now()).exists():
        cancel(KIND, key="*")


def _waiting(now: datetime) -> QuerySet[ReviewItem]:
    rows: QuerySet[ReviewItem] = ReviewItem.objects.filter(
        Q(snoozed_until=None) | Q(snoozed_until__lte=now), state=ReviewState.OPEN
    )
    return rows
