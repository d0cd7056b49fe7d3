"""Deciding what devices are told, and when."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from notifications.kinds import KINDS
from notifications.models import Notification, Preference, Push, PushDevice, PushState
from notifications.push import keys
from notifications.timing import Hours, after_quiet

PUSH: Final = "notifications.push"
STORM: Final = timedelta(hours=1)
# Beyond this many in an hour, the rest of the hour comes as one.
MOST_IN_A_STORM: Final = 10
Moment = tuple[uuid.UUID, datetime]


class PushPlanner:
    """What is known of the devices of one batch's people, in two queries; in none while web push
    is off."""

    def __init__(
        self,
        people: set[uuid.UUID],
        now: datetime,
        hours: Mapping[uuid.UUID, Hours],
        chosen: Mapping[tuple[uuid.UUID, str], Preference],
    ) -> None:
        self._hours, self._chosen = hours, chosen
        self._reachable: set[uuid.UUID] = set()
        self._planned: defaultdict[uuid.UUID, set[datetime]] = defaultdict(set)
        if not keys.is_on():
            return
        rows = PushDevice.objects.filter(user_id__in=people).order_by()
        self._reachable = set(rows.values_list("user_id", flat=True))
        recent = Push.objects.filter(user_id__in=self._reachable, send_at__gt=now - STORM)
        for user_id, at in recent.order_by().values_list("user_id", "send_at"):
            self._planned[user_id].add(at)

    def moment(self, notice: Notification, now: datetime) -> datetime | None:
        """When the person's devices are told a notice that is planned at an instant; None for
        never."""
        kind, user_id = KINDS.get(notice.kind), notice.user_id
        if kind is None or user_id not in self._reachable:
            return None
        if kind.is_urgent:
            return now
        hours, wanted = self._hours[user_id], self._chosen.get((user_id, notice.kind))
        is_wanted = kind.push if wanted is None or wanted.push is None else wanted.push
        is_muted = hours.muted_until is not None and hours.muted_until > now
        if not is_wanted or is_muted:
            return None
        at = after_quiet(hours, now)
        planned = self._planned[user_id]
        lately = sum(at - STORM < other <= at for other in planned)
        if at not in planned and lately >= MOST_IN_A_STORM:
            at = at.replace(minute=0, second=0, microsecond=0) + STORM
        planned.add(at)
        return at


def due_pushes(now: datetime) -> QuerySet[Push]:
    """Of the scope: what is to be sent by then; nothing while web push is off."""
    if not keys.is_on():
        return Push.objects.none()
    rows: QuerySet[Push] = Push.objects.filter(
        Q(retry_at=None) | Q(retry_at__lte=now), state=PushState.WAITING, send_at__lte=now
    )
    return rows


def make_pushes(moments: set[Moment]) -> None:
    """One for each moment that has none."""
    if not moments:
        return
    found = Push.objects.filter(
        user_id__in={user for user, _ in moments}, send_at__in={at for _, at in moments}
    ).values_list("user_id", "send_at")
    rows = [Push(user_id=user, send_at=at) for user, at in moments - set(found)]
    Push.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
