"""The only doors: `notify()` tells a fact to those whom it concerns, `cancel()` takes it back.

Both write rows in the caller's transaction; a job decides later how each person is told (see
`planning`), and another sends the e-mails (see `sending`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Membership
from jobs.clock import database_now
from notifications import facts as facts_of
from notifications.kinds import Kind, kind_named
from notifications.models import Notification

AFRESH: dict[str, None] = dict.fromkeys(
    ("cancelled_at", "planned_at", "read_at", "snoozed_until", "mailing", "push")
)


def notify(
    kind: str,
    *,
    key: str,
    facts: Mapping[str, Any] | None = None,
    link: str = "",
    users: Iterable[uuid.UUID] | None = None,
    at: datetime | None = None,
) -> int:
    """Tell a fact of the active tenant, now or at an instant. Returns to how many people.

    `key` names the fact within its kind (a bill's id and due date, say): who has been told it is
    not told again; what waits for its instant is brought up to date. Without `users` every member
    who holds the kind's permission is told; people who are not members are left out. `facts` may
    hold text, whole numbers, dates, instants, and what `facts.money`, `facts.words` and
    `facts.lines` make. Raises LookupError for an unknown kind.
    """
    recipients = _recipients(kind_named(kind), users)
    about = {"facts": facts_of.stored(facts or {}), "link": link, "due_at": at or database_now()}
    rows = Notification.objects.filter(kind=kind, key=key, user_id__in=recipients)
    # Taken back once, and so again: told again.
    revived = rows.exclude(cancelled_at=None).update(**AFRESH, **about)
    told = set(rows.values_list("user_id", flat=True))
    if told:
        # What was handed over ahead, and not told yet, says what is so now.
        rows.filter(planned_at=None, cancelled_at=None, snoozed_until=None).update(**about)
    new = [
        Notification(user_id=user_id, kind=kind, key=key, **about)
        for user_id in recipients
        if user_id not in told
    ]
    # Somebody else may find the same fact at this moment.
    Notification.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    return int(revived) + len(new)


def cancel(kind: str, *, key: str) -> int:
    """Take back a fact that is no longer so: it disappears, and is not mailed unless it has been.
    `key` may end in `*` for all that begin alike. Returns how many notices."""
    kind_named(kind)
    rows = Notification.objects.filter(kind=kind, cancelled_at=None)
    rows = rows.filter(key__startswith=key[:-1]) if key.endswith("*") else rows.filter(key=key)
    return int(rows.update(cancelled_at=timezone.now()))


def was_told(kind: str, *, key: str) -> bool:
    """Whether anybody has been told the fact, or will be."""
    kind_named(kind)
    return bool(Notification.objects.filter(kind=kind, key=key, cancelled_at=None).exists())


def told_facts(kind: str) -> dict[str, dict[str, Any]]:
    """What somebody has been told, or will be, of a kind, and what is still so: facts by key."""
    kind_named(kind)
    rows = Notification.objects.filter(kind=kind, cancelled_at=None).order_by()
    return dict(rows.values_list("key", "facts"))


def _recipients(kind: Kind, users: Iterable[uuid.UUID] | None) -> list[uuid.UUID]:
    memberships = Membership.objects.filter(user__is_active=True).select_related("role")
    if users is not None:
        memberships = memberships.filter(user_id__in=set(users))
    return [
        membership.user_id
        for membership in memberships
        if users is not None or kind.may_know(membership.role.codes)
    ]
