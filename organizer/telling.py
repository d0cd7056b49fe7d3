"""Who is told of a task that is due: the one to whom it is given, or else all who see tasks, once,
in the morning of its day.

What should be told is compared with what has been handed over, every few minutes: a task that was
done, dropped or moved meanwhile is taken back. Of bills and announcements the ledger tells itself,
but for deadlines of purchases: those are told some days ahead, for a parcel takes a way to go.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Q

from finance.models import DEADLINES
from finance.notices.ahead import LOOK, morning_of
from finance.querysets import today
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.runner import JobRunner
from notifications.notify import cancel, notify, told_facts
from organizer.models import Task, TaskState
from tenancy.scope import all_tenants
from tenancy.wording import worded

KIND: Final = "task_due"
TELL: Final = "organizer.tell_due"
LINK: Final = "/tasks/"
# Of what has been due for longer nobody needs to be told any more.
LATEST: Final = timedelta(days=3)
AT_ONCE: Final = 500
AHEAD: Final = timedelta(days=3)


class TellDueTasks(BaseJob):
    """By schedule: one job for each tenant with tasks that are due, or told of. With a tenant: its
    tasks."""

    kind = TELL

    def run(self, run: JobRun) -> JsonObject:
        if run.info.tenant_id is None:
            return {"enqueued": _enqueue()}
        with run.fenced():
            return {"told": tell_due_tasks(today())}


def tell_due_tasks(day: date) -> int:
    """Hand over what is due until a week from `day`, and take back what is no longer so. Returns
    how many tasks were handed over, or said anew."""
    known = told_facts(KIND)
    due = {_key(task): task for task in _due(day)}
    for key in known.keys() - due.keys() - _still_due(known):
        cancel(KIND, key=key)
    new = [task for key, task in due.items() if _is_news(task, known.get(key), day)]
    for task in new:
        _tell(task, day)
    return len(new)


def _is_news(task: Task, told: dict[str, Any] | None, day: date) -> bool:
    if told is None:
        return True
    # What has been told stays as it was said.
    is_ahead = task.due_on is not None and task.due_on > day
    return is_ahead and told["title"] != task.title


def _due(day: date) -> Iterable[Task]:
    rows = Task.objects.filter(
        Q(announcement=None) | Q(announcement__kind__in=DEADLINES),
        state=TaskState.OPEN, bill=None, due_on__range=(day - LATEST, day + LOOK),
    )  # fmt: skip
    return rows.order_by("due_on", "id")[:AT_ONCE]


def _still_due(keys: Iterable[str]) -> set[str]:
    """Of these keys those whose task is open and due on that day still, however long ago."""
    ids = {key.partition(":")[0] for key in keys}
    return {_key(task) for task in Task.objects.filter(id__in=ids, state=TaskState.OPEN)}


def _tell(task: Task, day: date) -> None:
    assert task.due_on is not None
    notify(
        KIND,
        key=_key(task),
        facts={"title": task.title, "date": task.due_on, "note": task.notes[:300]},
        link=LINK,
        users=None if task.assignee_id is None else [task.assignee_id],
        at=morning_of(task.due_on - AHEAD if task.announcement_id else task.due_on, day),
    )


def _key(task: Task) -> str:
    """Told anew when it is moved to another day, or given to somebody else."""
    return f"{task.pk}:{task.due_on}:{task.assignee_id or ''}"


def _enqueue() -> int:
    with all_tenants("which tenants have tasks"):
        rows = Task.objects.filter(tenant__is_active=True, due_on__isnull=False)
        tenants = list(rows.order_by().values_list("tenant_id", flat=True).distinct())
    for tenant_id in tenants:
        JobRunner.enqueue(TELL, tenant_id=tenant_id, trigger=worded("Schedule"))
    return len(tenants)
