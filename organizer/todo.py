"""Tasks added, changed, done, put off and opened again."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from finance.querysets import home, today_of
from organizer.checking import check, check_assignee
from organizer.errors import NoSuchTask, NotNow, OrganizerError
from organizer.linking import Link, set_links
from organizer.models import RepeatBy, Task, TaskState
from organizer.people import members, names_of
from organizer.quick_add import Draft, understand
from organizer.series import next_day, succeed, withdraw_successor
from tenancy.wording import worded

FIELDS: Final = frozenset(
    {"title", "notes", "due_on", "due_time", "time_zone", "priority", "tags", "checklist",
     "assignee_id", "rule", "repeat_by", "except_on"}
)  # fmt: skip
# What starts a series anew when it changes.
OF_THE_RULE: Final = ("rule", "repeat_by")


@transaction.atomic
def add_task(
    title: str, *, links: tuple[Link, ...] = (), series_from: date | None = None, **fields: Any
) -> Task:
    """`fields`: those of `FIELDS`. A task that repeats needs `due_on`, its first day; or a later
    day of a series that began at `series_from`. Raises OrganizerError."""
    row = Task(repeat_from=series_from)
    _set(row, {"title": title, **fields})
    check(row)
    row.save()
    set_links(row, links)
    return row


def draft_of(text: str) -> tuple[Draft, User | None]:
    """How one line is understood where the tenant lives, and who of its members was named. A name
    that is nobody's, or several people's, stays in the title."""
    draft = understand(text, today_of(home()))
    if not draft.person:
        return draft, None
    named = [user for user in members() if draft.person.lower() in names_of(user)]
    if len(named) == 1:
        return draft, named[0]
    return replace(draft, title=f"{draft.title} @{draft.person}".strip()), None


def quick_add(text: str) -> Task:
    """A task of one line, see `quick_add.understand`. Raises OrganizerError."""
    draft, assignee = draft_of(text)
    return add_task(
        draft.title, due_on=draft.due_on, due_time=draft.due_time, priority=draft.priority,
        tags=list(draft.tags), rule=str(draft.repeat or ""),
        repeat_by=RepeatBy.COMPLETION if draft.by_completion else RepeatBy.DUE,
        assignee_id=assignee.pk if assignee else None,
    )  # fmt: skip


@transaction.atomic
def change_task(
    task_id: uuid.UUID, changes: dict[str, Any], *, expected_version: int | None = None
) -> Task:
    """Change what `add_task` takes. Another day moves this task alone, its series goes on by its
    rule; another rule starts a new series with this task. Raises NoSuchTask, OrganizerError,
    NotNow (somebody has changed it since `expected_version`)."""
    row = locked_task(task_id)
    if expected_version is not None and row.version != expected_version:
        raise NotNow(
            gettext("Somebody has changed this meanwhile. Look at it again."), code="changed_since"
        )
    wanted = dict(changes)
    links = wanted.pop("links", None)
    before = {name: getattr(row, name) for name in wanted if name in FIELDS}
    _set(row, wanted)
    if any(name in before and before[name] != getattr(row, name) for name in OF_THE_RULE):
        row.repeat_from = row.slot_on = None
    check(row)
    lock(row, [name for name, value in before.items() if value != getattr(row, name)])
    save(row)
    if links is not None:
        set_links(row, links)
    return row


@transaction.atomic
def complete_task(task_id: uuid.UUID) -> Task:
    """Done now. One that repeats hands its rule on to the next, due on the first of its days that
    is after its own and not in the past. Done twice is done once. Raises NoSuchTask."""
    row = locked_task(task_id)
    if row.state != TaskState.DONE:
        lock(row, ["state"])
        close(row, TaskState.DONE)
    return row


@transaction.atomic
def drop_task(task_id: uuid.UUID) -> Task:
    """Not to be done after all, nor again: a series ends with it. Raises NoSuchTask, NotNow (it
    is done)."""
    row = locked_task(task_id)
    if row.state == TaskState.DONE:
        raise NotNow(gettext("It is done already."), code="done")
    lock(row, ["state"])
    close(row, TaskState.DROPPED)
    return row


@transaction.atomic
def reopen_task(task_id: uuid.UUID) -> Task:
    """To be done after all. The task that followed it is withdrawn, unless it has been changed or
    done. Raises NoSuchTask."""
    row = locked_task(task_id)
    if row.state != TaskState.OPEN:
        lock(row, ["state"])
        reopen(row)
    return row


@transaction.atomic
def skip_task(task_id: uuid.UUID) -> Task:
    """Leave this day of its rule out, and wait for the next. Raises NoSuchTask, NotNow (it does
    not repeat, is not open, or has no next day)."""
    row = locked_task(task_id)
    if not row.rule or row.state != TaskState.OPEN:
        raise NotNow(gettext("Only an open task that repeats can be skipped."), code="no_series")
    following = next_day(row)
    if following is None:
        raise NotNow(gettext("There is no next day. Finish it, or drop it."), code="no_next_day")
    if row.slot_on is not None:
        row.except_on = [*row.except_on, row.slot_on.isoformat()]
    row.due_on = row.slot_on = following
    check(row)
    save(row)
    return row


def remove_task(task_id: uuid.UUID) -> None:
    """Delete it, and with it its rule. Raises NoSuchTask."""
    if not Task.objects.filter(pk=task_id).delete()[0]:
        raise NoSuchTask(worded("There is no task %(task_id)s.", task_id=task_id))


def locked_task(task_id: uuid.UUID) -> Task:
    """The row, locked until the end of the block. Raises NoSuchTask."""
    row: Task | None = Task.objects.select_for_update(no_key=True).filter(pk=task_id).first()
    if row is None:
        raise NoSuchTask(worded("There is no task %(task_id)s.", task_id=task_id))
    return row


def close(row: Task, state: TaskState, *, by_ledger: bool = False) -> None:
    """Done or dropped; one that is done and repeats is followed by its next."""
    row.state, row.done_at, row.closed_by_ledger = state, timezone.now(), by_ledger
    save(row)
    if state == TaskState.DONE and row.rule and row.due_on:
        succeed(row)


def reopen(row: Task) -> None:
    row.state, row.done_at, row.closed_by_ledger = TaskState.OPEN, None, False
    withdraw_successor(row)
    save(row)


def save(row: Task) -> None:
    row.version += 1
    row.save()


def lock(row: Task, names: list[str]) -> None:
    """A person has set these: the ledger leaves them alone from now on."""
    if row.bill_id or row.announcement_id:
        row.locked = sorted({*row.locked, *names})


def _set(row: Task, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if name not in FIELDS:
            raise OrganizerError(
                worded("A task has no %(name)s to set.", name=name),
                code="unknown_field",
                field=name,
            )
        setattr(row, name, _plain_days(value) if name == "except_on" else value)
    if "assignee_id" in wanted:
        check_assignee(wanted["assignee_id"])


def _plain_days(days: list[date | str]) -> list[str]:
    return [day.isoformat() if isinstance(day, date) else day for day in days]
