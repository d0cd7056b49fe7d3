"""Deciding how each person is told: which notices are mailed, when, and together with which."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.clock import database_now
from jobs.runner import JobRunner
from notifications.kinds import KINDS, Kind
from notifications.models import (
    DeliverySettings,
    Frequency,
    Mailing,
    MailingState,
    Notification,
    Preference,
    Push,
)
from notifications.push.planning import PUSH, Moment, PushPlanner, due_pushes, make_pushes
from notifications.timing import Hours, mail_time, next_digest
from notifications.webhooks.outbox import Event, emit
from tenancy.scope import all_tenants
from tenancy.wording import worded

PLAN = "notifications.plan"
SEND = "notifications.send"
AT_ONCE = 2_000
MAILINGS_AT_ONCE = 500
# In which time mails at once are counted.
STORM = timedelta(hours=1)
Slot = tuple[uuid.UUID, Frequency, datetime]
# How a notice is told: by which mail, on devices when, and whether it is shown.
Told = tuple[tuple[Frequency, datetime] | None, datetime | None, bool]


def enqueue_due(only: set[uuid.UUID] | None = None) -> list[uuid.UUID]:
    """Jobs for tenants with notices to plan, and for mailings whose time has come; of all tenants
    or of some. Returns the jobs' ids."""
    now = database_now()
    with all_tenants("which notices and mailings are due"):
        notices = unplanned(now)
        mailings = Mailing.objects.filter(
            Q(retry_at=None) | Q(retry_at__lte=now), state=MailingState.WAITING, send_at__lte=now
        )
        if only is not None:
            notices = notices.filter(tenant_id__in=only)
            mailings = mailings.filter(tenant_id__in=only)
        pushes = due_pushes(now)
        if only is not None:
            pushes = pushes.filter(tenant_id__in=only)
        tenants = notices.order_by().values_list("tenant_id", flat=True).distinct()
        due = mailings.order_by("send_at").values_list("id", "tenant_id")[:MAILINGS_AT_ONCE]
        told = pushes.order_by("send_at").values_list("id", "tenant_id")[:MAILINGS_AT_ONCE]
        wanted = [(PLAN, tenant_id, "") for tenant_id in tenants]
        wanted += [(SEND, tenant_id, str(mailing_id)) for mailing_id, tenant_id in due]
        wanted += [(PUSH, tenant_id, str(push_id)) for push_id, tenant_id in told]
    return [
        JobRunner.enqueue(
            kind, tenant_id=tenant_id, subject=subject, trigger=worded("Notices are due")
        ).id
        for kind, tenant_id, subject in wanted
    ]


class PlanNotices(BaseJob):
    """Plans what is due in one tenant."""

    kind = PLAN

    def run(self, run: JobRun) -> JsonObject:
        planned = 0
        while True:
            with run.fenced():
                count = plan(database_now())
            planned += count
            run.progress(planned)
            if count < AT_ONCE:
                return {"planned": planned}


@transaction.atomic
def plan(now: datetime) -> int:
    """Plan the scope's due notices, oldest first, at most AT_ONCE. Returns how many."""
    due = unplanned(now).order_by("due_at", "id").only("user_id", "kind", "key")[:AT_ONCE]
    notices = list(due)
    planner = Planner({notice.user_id for notice in notices}, now)
    slots: set[Slot] = set()
    moments: set[Moment] = set()
    # People of one zone have few moments between them, so there are few updates.
    alike: defaultdict[Told, list[uuid.UUID]] = defaultdict(list)
    for notice in notices:
        slot, push_at = planner.slot(notice, now), planner.push.moment(notice, now)
        if slot:
            slots.add(slot)
        if push_at:
            moments.add((notice.user_id, push_at))
        how = (slot[1:] if slot else None, push_at, planner.is_shown(notice))
        alike[how].append(notice.id)
    _make_mailings(slots)
    make_pushes(moments)
    for how, ids in alike.items():
        Notification.objects.filter(id__in=ids).update(planned_at=now, **_written(how))
    emit(_events(notices))
    return len(notices)


def _written(how: Told) -> dict[str, Any]:
    """The columns of notices that are told alike."""
    mail, push_at, is_shown = how
    changes: dict[str, Any] = {"is_shown": is_shown, "mailing": None, "push": None}
    if mail:
        own = Mailing.objects.filter(user=OuterRef("user"), frequency=mail[0], send_at=mail[1])
        changes["mailing"] = Subquery(own.values("id")[:1])
    if push_at:
        own_push = Push.objects.filter(user=OuterRef("user"), send_at=push_at)
        changes["push"] = Subquery(own_push.values("id")[:1])
    return changes


def _events(notices: Iterable[Notification]) -> list[Event]:
    """One for each fact of the tenant, whoever is told; what is one person's own is no event."""
    kinds = {name for name, kind in KINDS.items() if kind.permission}
    facts = dict.fromkeys((row.kind, row.key) for row in notices if row.kind in kinds)
    return [("notification.told", {"kind": kind, "key": key}) for kind, key in facts]


class Planner:
    """What is known of the people of one batch, in four queries."""

    def __init__(self, people: set[uuid.UUID], now: datetime) -> None:
        self.hours = _hours_of(people)
        self.chosen = {
            (row.user_id, row.kind): row for row in Preference.objects.filter(user_id__in=people)
        }
        self.push = PushPlanner(people, now, self.hours, self.chosen)
        self.slots: set[Slot] = set()
        self._times: dict[Any, tuple[Frequency, datetime] | None] = {}
        # When mails at once were planned, oldest first: by person, and for the tenant.
        self.mailed: defaultdict[uuid.UUID, list[datetime]] = defaultdict(list)
        self.all_mailed: list[datetime] = []
        recent = Mailing.objects.filter(frequency=Frequency.NOW, created_at__gt=now - STORM)
        for user_id, at in recent.order_by("created_at").values_list("user_id", "created_at"):
            self._count(user_id, at)

    def is_shown(self, notice: Notification) -> bool:
        kind, wanted = KINDS.get(notice.kind), self.chosen.get((notice.user_id, notice.kind))
        return wanted is None or wanted.in_app or (kind is not None and kind.is_urgent)

    def slot(self, notice: Notification, now: datetime) -> Slot | None:
        """Whose mail a notice that is planned at an instant goes into, of which kind, and when;
        None for no e-mail."""
        kind = KINDS.get(notice.kind)
        if kind is None:
            return None
        user_id, hours = notice.user_id, self.hours[notice.user_id]
        wanted = self.chosen.get((user_id, notice.kind))
        when = self._mail_time(kind, Frequency(wanted.email) if wanted else kind.email, hours, now)
        if when is None:
            return None
        slot = (user_id, *when)
        if when[0] != Frequency.NOW or kind.is_urgent or slot in self.slots:
            return slot
        if self._is_storm(user_id, now):
            return user_id, Frequency.DAILY, next_digest(hours, Frequency.DAILY, now)
        # What is due at the same moment goes with it.
        self.slots.add(slot)
        self._count(user_id, now)
        return slot

    def _mail_time(
        self, kind: Kind, chosen: Frequency, hours: Hours, now: datetime
    ) -> tuple[Frequency, datetime] | None:
        """`mail_time`, reckoned once for all who have the same hours."""
        alike = (kind.is_urgent, chosen, hours, now)
        if alike not in self._times:
            self._times[alike] = mail_time(kind, chosen, hours, now)
        return self._times[alike]

    def _count(self, user_id: uuid.UUID, at: datetime) -> None:
        self.mailed[user_id].append(at)
        self.all_mailed.append(at)

    def _is_storm(self, user_id: uuid.UUID, now: datetime) -> bool:
        return (
            _since(self.mailed[user_id], now - STORM) >= settings.MAILS_PER_PERSON_AND_HOUR
            or _since(self.all_mailed, now - STORM) >= settings.MAILS_PER_TENANT_AND_HOUR
        )


def _since(moments: list[datetime], start: datetime) -> int:
    """How many of the moments, oldest first, are after the start."""
    return len(moments) - bisect_right(moments, start)


def slot_of(mailing: Mailing) -> Slot:
    return mailing.user_id, Frequency(mailing.frequency), mailing.send_at


def unplanned(until: datetime) -> QuerySet[Notification]:
    """Of the scope: what is due by then, and not decided yet."""
    rows: QuerySet[Notification] = Notification.objects.filter(
        planned_at=None, cancelled_at=None, due_at__lte=until
    )
    return rows


def _hours_of(people: set[uuid.UUID]) -> dict[uuid.UUID, Hours]:
    rows = {row.user_id: row for row in DeliverySettings.objects.filter(user_id__in=people)}
    zones = User.objects.filter(id__in=people).values_list("id", "time_zone")
    return {user_id: hours_of(zone, rows.get(user_id)) for user_id, zone in zones}


def hours_of(time_zone: str, row: DeliverySettings | None) -> Hours:
    if row is None:
        return Hours(time_zone)
    return Hours(
        time_zone, row.quiet_from, row.quiet_until, row.digest_at, row.digest_weekday,
        row.muted_until, may_mail=row.bounced_at is None,
    )  # fmt: skip


def _make_mailings(slots: set[Slot]) -> None:
    """One for each slot that has none."""
    found = Mailing.objects.filter(
        user_id__in={user for user, _, _ in slots}, send_at__in={at for _, _, at in slots}
    ).values_list("user_id", "frequency", "send_at")
    known = {(user, Frequency(often), at) for user, often, at in found}
    rows = [Mailing(user_id=user, frequency=often, send_at=at) for user, often, at in slots - known]
    Mailing.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
