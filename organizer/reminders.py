"""Reminders made, put off, done, and told when their time has come."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Membership
from finance.querysets import home
from finance.recurrence import instant_of
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.clock import database_now
from jobs.runner import JobRunner
from notifications.notify import cancel, notify
from organizer.errors import NoSuchReminder, OrganizerError
from organizer.models import Reminder, Task, TaskState
from tenancy.scope import all_tenants, current_actor
from tenancy.wording import worded

REMIND: Final = "organizer.remind"
KIND: Final = "reminder"
# When a day begins for what is due on it.
MORNING: Final = time(8)
AT_ONCE: Final = 500
LONGEST_AHEAD: Final = timedelta(days=366 * 20)
LEAST_REPEAT: Final = 5
MOST_MINUTES: Final = 366 * 24 * 60
MOST_OPEN: Final = 1_000
FIELDS: Final = frozenset(
    {"title", "note", "at", "task_id", "minutes_before", "repeat_minutes"}
)  # fmt: skip


def own_reminders(user_id: uuid.UUID) -> QuerySet[Reminder]:
    """A person's reminders in the active tenant: nobody sees another's."""
    rows: QuerySet[Reminder] = Reminder.objects.filter(user_id=user_id)
    return rows.select_related("task")


@transaction.atomic
def add_reminder(**fields: Any) -> Reminder:
    """For the one who acts. `fields`: those of `FIELDS`; `at`, or `task_id` with
    `minutes_before`. Raises OrganizerError."""
    user_id = current_actor().user_id
    if user_id is None or not Membership.objects.filter(user_id=user_id).exists():
        raise OrganizerError(
            gettext("A reminder is for a member of the ledger: sign in as one."), code="no_member"
        )
    if own_reminders(user_id).filter(done_at=None).count() >= MOST_OPEN:
        raise OrganizerError(
            gettext("You have %(n)s open reminders: finish some first.") % {"n": MOST_OPEN},
            code="too_many",
        )
    row = Reminder(user_id=user_id)
    _set(row, fields)
    row.save(force_insert=True)
    return row


@transaction.atomic
def change_reminder(reminder_id: uuid.UUID, changes: dict[str, Any]) -> Reminder:
    """Change what `add_reminder` takes; it waits again. Raises NoSuchReminder, OrganizerError."""
    row = _locked(reminder_id)
    _take_back(row)
    row.done_at = row.told_at = None
    _set(row, changes)
    row.save()
    return row


@transaction.atomic
def snooze_reminder(reminder_id: uuid.UUID, until: datetime) -> Reminder:
    """Be told again at an instant to come; what it repeats goes on from there. Raises
    NoSuchReminder, OrganizerError."""
    row = _locked(reminder_id)
    _check_ahead(until, "until")
    _take_back(row)
    row.next_at, row.done_at = until, None
    row.save(update_fields=["next_at", "done_at"])
    return row


@transaction.atomic
def finish_reminder(reminder_id: uuid.UUID) -> Reminder:
    """Done: it is told no more. Done twice is done once. Raises NoSuchReminder."""
    row = _locked(reminder_id)
    if row.done_at is None:
        _end(row)
    return row


@transaction.atomic
def remove_reminder(reminder_id: uuid.UUID) -> None:
    """Raises NoSuchReminder."""
    row = _locked(reminder_id)
    _take_back(row)
    row.delete()


def hand_on(task: Task, to: Task) -> None:
    """What rings so long before a task is due, rings before the one that follows it as well."""
    rings = Reminder.objects.filter(task=task, minutes_before__isnull=False)
    for row in rings.filter(Q(done_at=None) | Q(told_at__isnull=False)):
        made = Reminder(
            user_id=row.user_id, task=to, title=row.title, note=row.note,
            minutes_before=row.minutes_before, repeat_minutes=row.repeat_minutes,
        )  # fmt: skip
        _reckon(made, to)
        made.save(force_insert=True)


# --- Telling --------------------------------------------------------------------------------------


def enqueue_due_reminders() -> list[uuid.UUID]:
    """A job for each tenant with reminders to tell, or to reckon anew."""
    with all_tenants("which reminders are due"):
        rows = _due(database_now()).order_by().values_list("tenant_id", flat=True)
        tenants = list(rows.distinct()[:AT_ONCE])
    return [
        JobRunner.enqueue(
            REMIND, tenant_id=tenant_id, subject="", trigger=worded("Reminders are due")
        ).id
        for tenant_id in tenants
    ]


class Remind(BaseJob):
    """Tells what is due in one tenant."""

    kind = REMIND

    def run(self, run: JobRun) -> JsonObject:
        told = 0
        while True:
            with run.fenced():
                found, count = tell_due(database_now())
            told += count
            run.progress(told)
            if found < AT_ONCE:
                return {"told": told}


@transaction.atomic
def tell_due(now: datetime) -> tuple[int, int]:
    """Tell the scope's due reminders, each slot once. After a downtime what repeats is told once,
    not once for each time that was missed. Returns how many were looked at, and how many told."""
    due = _due(now).select_for_update(of=("self",), skip_locked=True)
    rows = list(due.order_by("next_at", "id")[:AT_ONCE])
    tasks = Task.objects.in_bulk([row.task_id for row in rows if row.task_id])
    told = 0
    for row in rows:
        task = tasks.get(row.task_id) if row.task_id else None
        if task is not None and task.state != TaskState.OPEN:
            _end(row)
            continue
        if task is not None and row.task_version != task.version:
            _reckon(row, task)
        if row.next_at is not None and row.next_at <= now:
            _tell(row, now)
            told += 1
        row.save(update_fields=["next_at", "told_at", "task_version"])
    return len(rows), told


def _due(now: datetime) -> QuerySet[Reminder]:
    moved = Q(task__isnull=False) & ~Q(task_version=F("task__version"))
    rows: QuerySet[Reminder] = Reminder.objects.filter(Q(next_at__lte=now) | moved, done_at=None)
    return rows


def _tell(row: Reminder, now: datetime) -> None:
    assert row.next_at is not None
    notify(
        KIND, key=f"{row.pk}:{row.next_at:%Y%m%dT%H%M%S}",
        facts={"title": row.title, "note": row.note}, link=reverse("reminders"),
        users=[row.user_id],
    )  # fmt: skip
    row.told_at = now
    if row.repeat_minutes:
        step = timedelta(minutes=row.repeat_minutes)
        row.next_at += step * ((now - row.next_at) // step + 1)
    else:
        row.next_at = None


def _end(row: Reminder) -> None:
    _take_back(row)
    row.done_at, row.next_at = timezone.now(), None
    row.save(update_fields=["done_at", "next_at"])


def _take_back(row: Reminder) -> None:
    cancel(KIND, key=f"{row.pk}:*")


# --- Inside ---------------------------------------------------------------------------------------


def _locked(reminder_id: uuid.UUID) -> Reminder:
    user_id = current_actor().user_id
    rows = Reminder.objects.select_for_update().filter(user_id=user_id, pk=reminder_id)
    row: Reminder | None = rows.first()
    if row is None:
        raise NoSuchReminder(
            worded("There is no reminder %(reminder_id)s of yours.", reminder_id=reminder_id)
        )
    return row


def _set(row: Reminder, wanted: dict[str, Any]) -> None:
    unknown = wanted.keys() - FIELDS
    if unknown:
        raise OrganizerError(
            worded("A reminder has no %(field)s.", field=min(unknown)), code="unknown_field"
        )
    for name, value in wanted.items():
        setattr(row, name, value)
    task = None
    if row.task_id is not None:
        task = Task.objects.filter(pk=row.task_id).first()
        if task is None:
            raise OrganizerError(
                gettext("There is no such task."), code="unknown_task", field="task"
            )
    row.title = " ".join(row.title.replace("\0", "").split()) or (task.title if task else "")
    row.note = row.note.replace("\0", "").strip()
    _check(row, task)
    _reckon(row, task)


def _check(row: Reminder, task: Task | None) -> None:
    if not row.title:
        raise OrganizerError(gettext("Say of what to remind."), code="blank", field="title")
    for name, most in (("title", 200), ("note", 500)):
        if len(getattr(row, name)) > most:
            raise OrganizerError(
                gettext("At most %(n)s characters fit here.") % {"n": most}, code="too_long",
                field=name,
            )  # fmt: skip
    if (row.at is None) == (row.minutes_before is None):
        raise OrganizerError(
            gettext("Say when: at a time, or so long before its task is due."), code="when",
            field="at",
        )  # fmt: skip
    if row.minutes_before is not None and (task is None or task.due_on is None):
        raise OrganizerError(
            gettext("Name a task that has a day on which it is due."), code="task_without_day",
            field="task",
        )  # fmt: skip
    if row.at is not None and row.told_at is None:
        _check_ahead(row.at, "at")
    if row.minutes_before is not None and not 0 <= row.minutes_before <= MOST_MINUTES:
        raise OrganizerError(
            gettext("At most a year before it is due."), code="out_of_range",
            field="minutes_before",
        )  # fmt: skip
    if row.repeat_minutes is not None and not LEAST_REPEAT <= row.repeat_minutes <= MOST_MINUTES:
        raise OrganizerError(
            gettext("Again after five minutes at least, a year at most."), code="out_of_range",
            field="repeat_minutes",
        )  # fmt: skip


def _check_ahead(at: datetime, field: str) -> None:
    if not timezone.now() < at <= timezone.now() + LONGEST_AHEAD:
        raise OrganizerError(
            gettext("Choose a time to come, within twenty years."), code="not_ahead", field=field
        )


def _reckon(row: Reminder, task: Task | None) -> None:
    """When it is told next; not at all while its task has no day."""
    row.task_version = task.version if task else None
    if row.minutes_before is None:
        if row.told_at is None:
            row.next_at = row.at
        return
    due = due_instant(task) if task else None
    at = due - timedelta(minutes=row.minutes_before) if due else None
    # A task that has moved is told of again, unless that time has been told already.
    row.next_at = at if at is None or row.told_at is None or at > row.told_at else row.next_at


def due_instant(task: Task) -> datetime | None:
    """When a task is due: its time, or the morning of its day."""
    if task.due_at is not None:
        return task.due_at
    if task.due_on is None:
        return None
    return instant_of(task.due_on, MORNING, ZoneInfo(home().time_zone))
