"""Changing many tasks at once, and taking that back as one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from organizer.checking import check, check_assignee, clean_tags
from organizer.errors import NoSuchTask, OrganizerError
from organizer.models import BatchedTask, Task, TaskBatch, TaskState
from organizer.todo import close, lock, reopen, save
from tenancy.scope import current_actor
from tenancy.wording import worded

MOST: Final = 500
LONGEST_MOVE: Final = 3660
KEPT: Final = ("due_on", "assignee_id", "priority", "tags", "locked")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What many tasks get; what is None stays as it is. `assign` and `move_to` hold one value,
    which may be None: nobody, no day."""

    is_done: bool | None = None
    move_days: int | None = None
    move_to: tuple[date | None] | None = None
    assign: tuple[uuid.UUID | None] | None = None
    priority: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """`batch` is None where nothing changed."""

    batch: TaskBatch | None
    changed: int


@transaction.atomic
def edit_many(ids: Iterable[uuid.UUID], wanted: Wanted) -> Edited:
    """Change many tasks in one atomic block. Those that are so already are left alone; ids that
    name none are left out. Raises OrganizerError: nothing said, more than MOST, or one that
    cannot take it; then none is changed."""
    chosen = list(dict.fromkeys(ids))
    _check(chosen, wanted)
    rows = Task.objects.select_for_update(no_key=True).filter(pk__in=chosen).order_by("pk")
    kept: list[BatchedTask] = []
    for row in rows:
        before = _plain(row)
        if _edit(row, wanted):
            kept.append(BatchedTask(task=row, before=before, version=row.version))
    if not kept:
        return Edited(None, 0)
    batch: TaskBatch = TaskBatch.objects.create(
        title=gettext("Bulk edit"), count=len(kept), actor=current_actor().label[:120]
    )
    for item in kept:
        item.batch = batch
    BatchedTask.objects.bulk_create(kept)
    return Edited(batch, len(kept))


@transaction.atomic
def undo(batch_id: uuid.UUID) -> tuple[int, int]:
    """Bring back what a batch has changed, but for tasks that somebody has changed since; returns
    how many came back and how many did not. Undone already: nothing happens. Raises NoSuchTask."""
    batch = TaskBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise NoSuchTask(worded("There is no batch %(batch_id)s.", batch_id=batch_id))
    if batch.undone_at is not None:
        return 0, 0
    edited = {item.task_id: item for item in BatchedTask.objects.filter(batch=batch)}
    rows = Task.objects.select_for_update(no_key=True).filter(pk__in=edited).order_by("pk")
    restored = 0
    for row in rows:
        item = edited[row.pk]
        if row.version == item.version:
            _restore(row, item.before)
            restored += 1
    batch.undone_at = timezone.now()
    batch.save(update_fields=["undone_at"])
    return restored, len(edited) - restored


def _check(ids: list[uuid.UUID], wanted: Wanted) -> None:
    if len(ids) > MOST:
        raise OrganizerError(
            gettext("At most %(n)s tasks are changed at once.") % {"n": MOST},
            code="too_many", field="ids",
        )  # fmt: skip
    if wanted == Wanted():
        raise OrganizerError(gettext("Say what they get."), code="no_change")
    if abs(wanted.move_days or 0) > LONGEST_MOVE:
        raise OrganizerError(
            gettext("A task is moved by ten years at most."),
            code="date_out_of_range", field="move_days",
        )  # fmt: skip
    if wanted.assign is not None:
        check_assignee(wanted.assign[0])
    clean_tags([*wanted.add_tags, *wanted.remove_tags])


def _edit(row: Task, wanted: Wanted) -> bool:
    """Whether anything changed."""
    before = _plain(row)
    if wanted.move_to is not None:
        row.due_on = wanted.move_to[0]
    if wanted.move_days is not None and row.due_on is not None:
        row.due_on += timedelta(wanted.move_days)
    if row.due_on is None:
        # Without a day there is no time either.
        row.due_time = None
    if wanted.assign is not None:
        row.assignee_id = wanted.assign[0]
    row.priority = wanted.priority or row.priority
    off = set(clean_tags(wanted.remove_tags))
    row.tags = [tag for tag in clean_tags([*row.tags, *wanted.add_tags]) if tag not in off]
    check(row)
    after = _plain(row)
    is_closed = row.state != TaskState.OPEN
    turns = wanted.is_done is not None and wanted.is_done != is_closed
    if not turns and after == before:
        return False
    lock(row, [name for name in KEPT if after[name] != before[name]])
    if turns:
        lock(row, ["state"])
        if wanted.is_done:
            close(row, TaskState.DONE)
        else:
            reopen(row)
    else:
        save(row)
    return True


def _plain(row: Task) -> dict[str, Any]:
    return {
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "due_time": row.due_time.isoformat() if row.due_time else None,
        "time_zone": row.time_zone,
        "assignee_id": str(row.assignee_id) if row.assignee_id else None,
        "priority": row.priority,
        "tags": list(row.tags),
        "locked": list(row.locked),
        "state": row.state,
    }


def _restore(row: Task, before: dict[str, Any]) -> None:
    row.due_on = date.fromisoformat(before["due_on"]) if before["due_on"] else None
    row.due_time = time.fromisoformat(before["due_time"]) if before["due_time"] else None
    row.time_zone, row.priority = before["time_zone"], before["priority"]
    row.assignee_id = uuid.UUID(before["assignee_id"]) if before["assignee_id"] else None
    row.tags, row.locked = before["tags"], before["locked"]
    check(row)
    if before["state"] == row.state:
        save(row)
    elif before["state"] == TaskState.OPEN:
        reopen(row)
    else:
        close(row, TaskState(before["state"]))
