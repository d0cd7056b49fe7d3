"""Schedules: rows of django-celery-beat, edited in the admin, read by `tick()`.

A row's task is a job kind, its keyword arguments are the payload. Every due time (a slot) enqueues
one job, whoever finds it: beat in production, the dispatcher where there is no beat, or both. Slots
that were missed while nothing ran are made up for by one job for the latest of them.
"""

from __future__ import annotations

import json
import logging
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from jobs.clock import database_now
from jobs.models import ScheduleSlot
from jobs.runner import JobRunner
from tenancy.scope import all_tenants
from tenancy.wording import worded

logger = logging.getLogger(__name__)

# How often beat, or the dispatcher without one, calls `tick()`.
TICK_SECONDS = 10.0
# How far back a missed slot is looked for. A year and a leap day.
LOOK_BACK = timedelta(days=366)


def seed_schedules() -> None:
    """Make the schedules of `settings.SCHEDULES` that do not exist yet, by name: what an operator
    has changed or switched off stays so.

    {name: {"kind": …, "crontab": "minute hour day month weekday" or "interval_seconds": n,
            "zone": "UTC", "payload": {}, "queue": None}}
    """
    for name, seed in settings.SCHEDULES.items():
        if not PeriodicTask.objects.filter(name=name).exists():
            with transaction.atomic():
                PeriodicTask.objects.get_or_create(name=name, defaults=_fields_of(seed))


def _fields_of(seed: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "task": seed["kind"],
        "kwargs": json.dumps(seed.get("payload", {})),
        "queue": seed.get("queue"),
    }
    if "crontab" in seed:
        parts = dict(zip(CRONTAB_FIELDS, seed["crontab"].split(), strict=True))
        parts["timezone"] = zoneinfo.ZoneInfo(seed.get("zone", "UTC"))
        fields["crontab"] = CrontabSchedule.objects.filter(**parts).first() or (
            CrontabSchedule.objects.create(**parts)
        )
    else:
        parts = {"every": seed["interval_seconds"], "period": IntervalSchedule.SECONDS}
        fields["interval"] = IntervalSchedule.objects.filter(**parts).first() or (
            IntervalSchedule.objects.create(**parts)
        )
    return fields


CRONTAB_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


def tick(now: datetime | None = None) -> int:
    """Enqueue a job for every schedule with a slot since its last one. Returns how many."""
    now = now or database_now()
    rows = PeriodicTask.objects.filter(enabled=True, task__in=settings.JOB_KINDS)
    enqueued = 0
    with all_tenants("schedules"):
        for row in rows.select_related("interval", "crontab", "clocked"):
            try:
                slot = _due_slot(row, now)
                enqueued += slot is not None and _enqueue(row, slot)
            except ValueError:
                # One that an operator has got wrong must not stop the others.
                logger.exception("The schedule “%s” cannot be read.", row.name)
    return enqueued


def _due_slot(row: PeriodicTask, now: datetime) -> datetime | None:
    since = max(row.last_run_at or row.date_changed, now - LOOK_BACK)
    if row.start_time:
        since = max(since, row.start_time - timedelta(microseconds=1))
    if row.expires and now >= row.expires:
        return None
    return next((slot for slot in _slots_back(row, now, since) if slot <= now), None)


def _slots_back(row: PeriodicTask, now: datetime, since: datetime) -> Iterator[datetime]:
    """A schedule's slots after `since`, the latest first; some may lie after `now`."""
    if row.interval:
        every = timedelta(**{row.interval.period: row.interval.every})
        # Counted from the epoch, so that everybody finds the same slots.
        slots = iter([now - (now - datetime.fromtimestamp(0, UTC)) % every])
    elif row.crontab:
        slots = _crontab_slots_back(row.crontab, now, since)
    elif row.clocked:
        slots = iter([row.clocked.clocked_time])
    else:
        raise ValueError("Only intervals, crontabs and clocked times are supported.")
    for slot in slots:
        if slot <= since:
            return
        yield slot


def _crontab_slots_back(row: CrontabSchedule, now: datetime, since: datetime) -> Iterator[datetime]:
    zone = row.timezone
    # The stubs do not know the sets that a crontab is parsed into.
    rule: Any = crontab(**{name: getattr(row, name) for name in CRONTAB_FIELDS})
    times = [time(hour, minute) for hour in rule.hour for minute in rule.minute]
    day = now.astimezone(zone).date()
    while day >= since.astimezone(zone).date():
        if _is_day_of(rule, day):
            # A time that a clock change skips is taken an hour later, one that it repeats is
            # taken once (PEP 495, fold=0).
            slots = {datetime.combine(day, moment, zone).astimezone(UTC) for moment in times}
            yield from sorted(slots, reverse=True)
        day -= timedelta(days=1)


def _is_day_of(rule: Any, day: date) -> bool:
    return bool(
        day.month in rule.month_of_year
        and day.day in rule.day_of_month
        and day.isoweekday() % 7 in rule.day_of_week
    )


def _enqueue(row: PeriodicTask, slot: datetime) -> bool:
    """Whether this call was the first to find the slot."""
    payload = json.loads(row.kwargs or "{}")
    with transaction.atomic():
        _, is_first = ScheduleSlot.objects.get_or_create(schedule=row.name, slot=slot)
        if is_first:
            JobRunner.enqueue(
                row.task,
                payload=payload,
                queue=row.queue,
                trigger=worded("Schedule “%(name)s”", name=row.name),
            )
        # update() and not save(): the row's own hooks are for people's edits.
        PeriodicTask.objects.filter(pk=row.pk).update(
            last_run_at=slot,
            total_run_count=F("total_run_count") + int(is_first),
            enabled=not row.one_off,
        )
    return is_first
