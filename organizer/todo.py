"""Tasks added, changed, done and opened again."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from finance.querysets import today
from finance.recurrence import Rule, Unit
from organizer.errors import NoSuchTask, OrganizerError
from organizer.models import Task, TaskPriority, TaskState
from organizer.quick_add import understand

TITLE: Final = 200
MOST_TAGS: Final = 20
LONGEST_TAG: Final = 40
FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
FIELDS: Final = frozenset(
    {"title", "notes", "due_on", "priority", "tags", "repeat_unit", "repeat_every"}
)


def add_task(title: str, **fields: Any) -> Task:
    """`fields`: those of `FIELDS`. A task that repeats needs `due_on`, its first day. Raises
    OrganizerError."""
    return _save(Task(), {"title": title, **fields})


def quick_add(text: str) -> Task:
    """A task of one line, see `quick_add.understand`. Raises OrganizerError."""
    draft = understand(text, today())
    fields: dict[str, Any] = {
        "due_on": draft.due_on, "priority": draft.priority, "tags": list(draft.tags),
    }  # fmt: skip
    if draft.repeat is not None:
        fields |= {"repeat_unit": draft.repeat.unit.value, "repeat_every": draft.repeat.every}
    anchor = draft.repeat.anchor if draft.repeat else None
    return _save(Task(repeat_from=anchor), {"title": draft.title, **fields}, keeps_anchor=True)


@transaction.atomic
def change_task(task_id: uuid.UUID, changes: dict[str, Any]) -> Task:
    """Change what `add_task` takes. Raises NoSuchTask, OrganizerError."""
    row = _locked(task_id)
    touches_rule = any(
        name in changes and changes[name] != getattr(row, name)
        for name in ("due_on", "repeat_unit", "repeat_every")
    )
    return _save(row, changes, keeps_anchor=not touches_rule)


@transaction.atomic
def complete_task(task_id: uuid.UUID) -> Task:
    """Done now. One that repeats hands its rule on to the next, due on the first of its days that
    is after its own and not in the past. Done twice is done once. Raises NoSuchTask."""
    row = _locked(task_id)
    if row.state == TaskState.DONE:
        return row
    if row.repeat_unit and row.repeat_from and row.due_on:
        rule = Rule(row.repeat_from, Unit(row.repeat_unit), row.repeat_every)
        following = rule.after(max(row.due_on, today() - timedelta(1)))
        if following is not None:
            Task.objects.create(
                title=row.title, notes=row.notes, priority=row.priority, tags=row.tags,
                due_on=following, repeat_unit=row.repeat_unit, repeat_every=row.repeat_every,
                repeat_from=row.repeat_from,
            )  # fmt: skip
        row.repeat_unit, row.repeat_every, row.repeat_from = "", 1, None
    row.state, row.done_at = TaskState.DONE, timezone.now()
    row.save()
    return row


@transaction.atomic
def reopen_task(task_id: uuid.UUID) -> Task:
    """To be done after all; the task that followed it stays. Raises NoSuchTask."""
    row = _locked(task_id)
    row.state, row.done_at = TaskState.OPEN, None
    row.save()
    return row


def remove_task(task_id: uuid.UUID) -> None:
    """Delete it, and with it its rule. Raises NoSuchTask."""
    if not Task.objects.filter(pk=task_id).delete()[0]:
        raise NoSuchTask(f"There is no task {task_id}.")


def _locked(task_id: uuid.UUID) -> Task:
    row: Task | None = Task.objects.select_for_update().filter(pk=task_id).first()
    if row is None:
        raise NoSuchTask(f"There is no task {task_id}.")
    return row


def _save(row: Task, wanted: dict[str, Any], *, keeps_anchor: bool = False) -> Task:
    for name, value in wanted.items():
        if name not in FIELDS:
            raise OrganizerError(f"A task has no {name} to set.", code="unknown_field", field=name)
        setattr(row, name, value)
    row.title = " ".join(row.title.replace("\0", "").split())
    row.notes = row.notes.replace("\0", "")
    if not keeps_anchor:
        row.repeat_from = row.due_on if row.repeat_unit else None
    _check(row)
    row.save()
    return row


def _check(row: Task) -> None:
    if not row.title:
        raise OrganizerError(gettext("Say what is to be done."), code="blank", field="title")
    if len(row.title) > TITLE:
        raise OrganizerError(
            gettext("A title has at most %(n)s characters; the rest is for the notes.")
            % {"n": TITLE},
            code="too_long", field="title",
        )  # fmt: skip
    if row.priority not in TaskPriority.values:
        raise OrganizerError(
            gettext("A priority is low, normal or high."), code="choice", field="priority"
        )
    if row.due_on is not None and not FIRST_DAY <= row.due_on <= LAST_DAY:
        raise OrganizerError(
            gettext("A task is due from 1970 to 2199."), code="date_out_of_range", field="due_on"
        )
    if len(row.tags) > MOST_TAGS or any(not 0 < len(tag) <= LONGEST_TAG for tag in row.tags):
        raise OrganizerError(
            gettext("A task has at most %(n)s tags of at most %(length)s characters.")
            % {"n": MOST_TAGS, "length": LONGEST_TAG},
            code="tags", field="tags",
        )  # fmt: skip
    if row.repeat_unit and row.due_on is None:
        raise OrganizerError(
            gettext("A task that repeats needs the day on which it is first due."),
            code="rule_without_day", field="due_on",
        )  # fmt: skip
    if row.repeat_unit not in ("", *(unit.value for unit in Unit)) or not (
        1 <= row.repeat_every <= 999
    ):
        raise OrganizerError(
            gettext("A task repeats every 1 to 999 days, weeks, months or years."),
            code="impossible_rule", field="repeat_every",
        )  # fmt: skip
