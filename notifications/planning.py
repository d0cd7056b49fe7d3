"""Deciding how each person is told: which notices are mailed, when, and together with which."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.clock import database_now
from jobs.runner import JobRunner
from notifications.kinds import KINDS
from notifications.models import (
    DeliverySettings,
    Frequency,
    Mailing,
    MailingState,
    Notification,
    Preference,
)
from notifications.timing import Hours, mail_time, next_digest
from tenancy.scope import all_tenants

PLAN = "notifications.plan"
SEND = "notifications.send"
AT_ONCE = 2_000
MAILINGS_AT_ONCE = 500
Slot = tuple[uuid.UUID, Frequency, datetime]


def enqueue_due() -> list[uuid.UUID]:
    """Jobs for tenants with notices to plan, and for mailings whose time has come."""
    now = database_now()
    with all_tenants("which notices and mailings are due"):
        tenants = _unplanned(now).order_by().values_list("tenant_id", flat=True).distinct()
        due = Mailing.objects.filter(
            Q(retry_at=None) | Q(retry_at__lte=now), state=MailingState.WAITING, send_at__lte=now
        ).order_by("send_at")
        wanted = [(PLAN, tenant_id, "") for tenant_id in tenants]
        wanted += [
            (SEND, tenant_id, str(mailing_id))
            for mailing_id, tenant_id in due.values_list("id", "tenant_id")[:MAILINGS_AT_ONCE]
        ]
    return [
        JobRunner.enqueue(kind, tenant_id=tenant_id, subject=subject, trigger="due notices").id
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
    notices = list(_unplanned(now).order_by("due_at", "id")[:AT_ONCE])
    planner = _Planner({notice.user_id for notice in notices}, now)
    slots = {notice.id: planner.slot(notice) for notice in notices}
    mailings = _mailings_for({slot for slot in slots.values() if slot})
    for notice in notices:
        slot = slots[notice.id]
        notice.planned_at = now
        notice.is_shown = planner.is_shown(notice)
        notice.mailing_id = mailings.get(slot) if slot else None
    fields = ["planned_at", "is_shown", "mailing"]
    Notification.objects.bulk_update(notices, fields, batch_size=500)
    return len(notices)


class _Planner:
    """What is known of the people of one batch, in four queries."""

    def __init__(self, people: set[uuid.UUID], now: datetime) -> None:
        self.now = now
        self.hours = _hours_of(people)
        self.chosen = {
            (row.user_id, row.kind): row for row in Preference.objects.filter(user_id__in=people)
        }
        recent = Mailing.objects.filter(
            frequency=Frequency.NOW, created_at__gt=now - timedelta(hours=1)
        )
        self.mailed = Counter(recent.values_list("user_id", flat=True))

    def is_shown(self, notice: Notification) -> bool:
        kind, wanted = KINDS.get(notice.kind), self.chosen.get((notice.user_id, notice.kind))
        return wanted is None or wanted.in_app or (kind is not None and kind.is_urgent)

    def slot(self, notice: Notification) -> Slot | None:
        """Whose mail a notice goes into, of which kind, and when; None for no e-mail."""
        kind = KINDS.get(notice.kind)
        if kind is None:
            return None
        user_id, hours = notice.user_id, self.hours[notice.user_id]
        wanted = self.chosen.get((user_id, notice.kind))
        when = mail_time(kind, Frequency(wanted.email) if wanted else kind.email, hours, self.now)
        if when and when[0] == Frequency.NOW and not kind.is_urgent and self._is_storm(user_id):
            when = Frequency.DAILY, next_digest(hours, Frequency.DAILY, self.now)
        return (user_id, *when) if when else None

    def _is_storm(self, user_id: uuid.UUID) -> bool:
        return (
            self.mailed[user_id] >= settings.MAILS_PER_PERSON_AND_HOUR
            or self.mailed.total() >= settings.MAILS_PER_TENANT_AND_HOUR
        )


def _unplanned(now: datetime) -> QuerySet[Notification]:
    rows: QuerySet[Notification] = Notification.objects.filter(
        planned_at=None, cancelled_at=None, due_at__lte=now
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


def _mailings_for(slots: set[Slot]) -> dict[Slot, uuid.UUID]:
    """The mailing of each slot; one that waits already is used."""
    rows = [Mailing(user_id=user, frequency=often, send_at=at) for user, often, at in slots]
    Mailing.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    found = Mailing.objects.filter(
        user_id__in={user for user, _, _ in slots}, send_at__in={at for _, _, at in slots}
    ).values_list("user_id", "frequency", "send_at", "id")
    return {(user, Frequency(often), at): row_id for user, often, at, row_id in found}
