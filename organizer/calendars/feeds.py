"""Feeds made, found by their token, and revoked."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.models import Membership
from accounts.tokens import sha256
from organizer.errors import NoSuchFeed, OrganizerError
from organizer.models import CalendarFeed, FeedEntry, FeedPart
from tenancy.scope import current_actor
from tenancy.wording import worded

PREFIX: Final = "cal_"
SHOWN: Final = len(PREFIX) + 6
MOST_FEEDS: Final = 20
LAST_USED_STEP: Final = timedelta(minutes=1)
# What a member must hold for each part; what they lose leaves the feed by itself.
PERMISSIONS: Final = {
    FeedPart.TASKS: "tasks:read", FeedPart.REMINDERS: "tasks:read",
    FeedPart.BILLS: "transactions:read", FeedPart.RENEWALS: "transactions:read",
    FeedPart.RECURRING: "transactions:read",
}  # fmt: skip


def own_feeds(user_id: uuid.UUID) -> QuerySet[CalendarFeed]:
    """The feeds of a person in the active tenant that are not revoked."""
    rows: QuerySet[CalendarFeed] = CalendarFeed.objects.filter(
        membership__user_id=user_id, revoked_at=None
    )
    return rows.order_by("-created_at", "-id")


@transaction.atomic
def make_feed(
    name: str, parts: Collection[str], *, only_mine: bool = False, shows_amounts: bool = True
) -> tuple[CalendarFeed, str]:
    """The row and its token, which nobody can read again. Raises OrganizerError."""
    membership = Membership.objects.filter(user_id=current_actor().user_id).first()
    if membership is None:
        raise OrganizerError(
            gettext("A calendar belongs to a member of the ledger: sign in as one."),
            code="no_member",
        )
    if own_feeds(membership.user_id).count() >= MOST_FEEDS:
        raise OrganizerError(
            gettext("You have %(n)s calendars: revoke one first.") % {"n": MOST_FEEDS},
            code="too_many",
        )
    row = CalendarFeed(membership=membership, only_mine=only_mine, shows_amounts=shows_amounts)
    row.name, row.parts = _name(name), _parts(parts)
    token = _renew(row)
    row.save(force_insert=True)
    audit.record("calendar_feed.made", row, parts=row.parts)
    return row, token


@transaction.atomic
def change_feed(feed_id: uuid.UUID, changes: dict[str, Any]) -> CalendarFeed:
    """Change `name`, `parts`, `only_mine` or `shows_amounts`; its address stays. Raises
    NoSuchFeed, OrganizerError."""
    row = _locked(feed_id)
    row.name = _name(changes.get("name", row.name))
    row.parts = _parts(changes.get("parts", row.parts))
    row.only_mine = changes.get("only_mine", row.only_mine)
    row.shows_amounts = changes.get("shows_amounts", row.shows_amounts)
    row.save()
    return row


@transaction.atomic
def renew_feed(feed_id: uuid.UUID) -> tuple[CalendarFeed, str]:
    """Another address; the old one opens nothing any more. Raises NoSuchFeed."""
    row = _locked(feed_id)
    token = _renew(row)
    row.save(update_fields=["prefix", "token_hash"])
    audit.record("calendar_feed.renewed", row)
    return row, token


@transaction.atomic
def revoke_feed(feed_id: uuid.UUID) -> None:
    """From now on its address opens nothing. Raises NoSuchFeed."""
    row = _locked(feed_id)
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    FeedEntry.objects.filter(feed=row).delete()
    audit.record("calendar_feed.revoked", row)


def find_feed(token: str) -> CalendarFeed | None:
    """The feed that a token opens, with its member, role and tenant; across tenants, because the
    token itself names its own. None for one that is revoked, or whose member or tenant is gone."""
    rows = CalendarFeed.objects.select_related("tenant", "membership__user", "membership__role")
    found: CalendarFeed | None = rows.filter(
        token_hash=sha256(token), revoked_at=None, membership__user__is_active=True,
        tenant__is_active=True,
    ).first()  # fmt: skip
    return found


def note_use(row: CalendarFeed) -> None:
    """Keeps `last_used_at` to the minute, so that not every request writes."""
    before = timezone.now() - LAST_USED_STEP
    if row.last_used_at is None or row.last_used_at < before:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=before)
        CalendarFeed.objects.filter(stale, pk=row.pk).update(last_used_at=timezone.now())


def parts_seen(row: CalendarFeed, permissions: Collection[str]) -> list[str]:
    """What of a feed's parts its member may see."""
    return [part for part in row.parts if PERMISSIONS[FeedPart(part)] in permissions]


def _locked(feed_id: uuid.UUID) -> CalendarFeed:
    own = own_feeds(current_actor().user_id or uuid.UUID(int=0))
    rows = CalendarFeed.objects.filter(pk__in=own.order_by().values("pk"))
    row: CalendarFeed | None = rows.select_for_update().filter(pk=feed_id).first()
    if row is None:
        raise NoSuchFeed(worded("There is no calendar %(feed_id)s of yours.", feed_id=feed_id))
    return row


def _renew(row: CalendarFeed) -> str:
    token = PREFIX + secrets.token_urlsafe(32)
    row.prefix, row.token_hash = token[:SHOWN], sha256(token)
    return token


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())[:80]
    if not name:
        raise OrganizerError(gettext("Give it a name."), code="blank", field="name")
    return name


def _parts(parts: Collection[str]) -> list[str]:
    known = [part for part in FeedPart.values if part in parts]
    if not known or len(known) != len(set(parts)):
        raise OrganizerError(
            gettext("Choose at least one of: %(parts)s.") % {"parts": ", ".join(FeedPart.values)},
            code="parts", field="parts",
        )  # fmt: skip
    return known
