"""What a feed tells when it is asked: its items, their changes, and what is gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone, translation

from finance.querysets import today
from organizer.calendars.feeds import parts_seen
from organizer.calendars.items import View, items, window
from organizer.calendars.writing import Item, Published, write_calendar
from organizer.models import CalendarFeed, FeedEntry
from tenancy.scope import current_scope

# So long a program that asks seldom can still hear of a cancellation.
GONE_FOR: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`etag` is the same for the same text."""

    text: str
    etag: str
    modified: datetime


@transaction.atomic
def publish(feed: CalendarFeed) -> Calendar:
    """The calendar of a feed, for what the scope's permissions let its member see."""
    row = CalendarFeed.objects.select_for_update().get(pk=feed.pk)
    first, last = window(today())
    user = feed.membership.user
    parts = tuple(parts_seen(row, current_scope().permissions))
    view = View(user.pk, parts, first, last, row.only_mine, row.shows_amounts)
    with translation.override(user.language):
        found = items(view)
    now = timezone.now().replace(microsecond=0)
    published = list(_told(row, found, first, now))
    text = write_calendar(row.name, published)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    latest = max((each.modified for each in published), default=row.created_at)
    return Calendar(text, etag, latest)


def _told(feed: CalendarFeed, found: list[Item], first: date, now: datetime) -> Iterator[Published]:
    """The items with their sequence numbers; then what is gone, cancelled."""
    known = {row.uid: row for row in FeedEntry.objects.filter(feed=feed)}
    new, changed = [], []
    for item in found:
        digest = hashlib.sha256(repr(item).encode()).hexdigest()
        row = known.pop(item.uid, None)
        if row is None:
            row = FeedEntry(feed=feed, uid=item.uid, digest=digest, day=item.day, modified_at=now)
            new.append(row)
        elif row.digest != digest or row.gone_at is not None:
            row.digest, row.day, row.gone_at = digest, item.day, None
            row.sequence, row.modified_at = row.sequence + 1, now
            changed.append(row)
        yield Published(item, row.sequence, row.modified_at)
    old = []
    for row in sorted(known.values(), key=lambda each: (each.day, each.uid)):
        # What only lies too far back is not cancelled: it leaves the feed.
        if row.day < first or (row.gone_at is not None and row.gone_at < now - GONE_FOR):
            old.append(row.pk)
            continue
        if row.gone_at is None:
            row.gone_at, row.sequence, row.modified_at = now, row.sequence + 1, now
            changed.append(row)
        yield Published(Item(row.uid, "–", row.day), row.sequence, row.modified_at, is_gone=True)
    FeedEntry.objects.bulk_create(new, batch_size=500)
    fields = ["digest", "day", "gone_at", "sequence", "modified_at"]
    FeedEntry.objects.bulk_update(changed, fields, batch_size=500)
    FeedEntry.objects.filter(pk__in=old).delete()
