"""Tasks as the page lists them: rows with their words, under headings, in pages by keyset."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.core.exceptions import BadRequest
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, time_format

from finance.querysets import home
from organizer.models import Task, TaskState
from organizer.people import label_of
from organizer.wording import day_heading, repeats

PAGE_SIZE: Final = 50
NONE: Final = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One task with what its row says; `heading` stands above the first of its day."""

    task: Task
    heading: str
    due: str
    is_overdue: bool
    person: str
    repeats: str

    @property
    def is_open(self) -> bool:
        return self.task.state == TaskState.OPEN


@dataclass(frozen=True, slots=True)
class Listed:
    rows: list[Row]
    next_href: str


def listed(request: HttpRequest, found: QuerySet[Task], *, by_day: bool) -> Listed:
    """The page that `?after=` names: by day, or (`by_day` false) the latest done first. Raises
    BadRequest."""
    after = request.GET.get("after", "")
    if by_day:
        last = F("due_on").asc(nulls_last=True), F("due_time").asc(nulls_last=True), F("id")
        found = found.order_by(*last)
    else:
        found = found.order_by("-done_at", "-id")
    if after:
        found = found.filter(_later(after) if by_day else _earlier(after))
    tasks = list(found[: PAGE_SIZE + 1])
    more, tasks = len(tasks) > PAGE_SIZE, tasks[:PAGE_SIZE]
    href = ""
    if more:
        query = request.GET.copy()
        query["after"] = _position(tasks[-1], by_day=by_day)
        href = f"{request.path}?{query.urlencode()}"
    before = _day(after.partition("~")[0]) if after and by_day else None
    return Listed(rows_of(tasks, by_day=by_day, after=before if after else ...), href)


def rows_of(tasks: Iterable[Task], *, by_day: bool = True, after: Any = ...) -> list[Row]:
    """`after`: the day of the row before, whose heading stands already."""
    tenant, now = home(), timezone.now()
    zone = ZoneInfo(tenant.time_zone)
    today = now.astimezone(zone).date()
    said = "" if after is ... else day_heading(after, today)
    rows = []
    for task in tasks:
        heading = day_heading(task.due_on, today) if by_day else ""
        shown = "" if heading == said else heading
        said = heading
        rows.append(
            Row(
                task, shown, due_text(task, tenant.time_zone), task.is_overdue(now, zone),
                label_of(task.assignee) if task.assignee else "",
                repeats(task) if task.rule else "",
            )
        )  # fmt: skip
    return rows


def due_text(task: Task, home_zone: str) -> str:
    """Day and time; the zone only where it is another than the tenant's."""
    if task.due_on is None:
        return ""
    text = date_format(task.due_on, "DATE_FORMAT")
    if task.due_time is not None:
        text = f"{text}, {time_format(task.due_time, 'TIME_FORMAT')}"
        if task.time_zone != home_zone:
            text = f"{text} ({task.time_zone})"
    return text


def _position(task: Task, *, by_day: bool) -> str:
    if not by_day:
        return f"{task.done_at.isoformat() if task.done_at else NONE}~{task.pk}"
    parts = (task.due_on, task.due_time)
    return "~".join([*(part.isoformat() if part else NONE for part in parts), str(task.pk)])


def _later(after: str) -> Q:
    try:
        day_text, time_text, id_text = after.split("~")
        day, pk = _day(day_text), uuid.UUID(id_text)
        at = None if time_text == NONE else time.fromisoformat(time_text)
    except ValueError as error:
        raise BadRequest("“after” is not the end of a page of this list.") from error
    beyond = Q(due_time=None, id__gt=pk)
    if at is not None:
        beyond = Q(due_time__gt=at) | Q(due_time=None) | Q(due_time=at, id__gt=pk)
    if day is None:
        return Q(due_on=None) & beyond
    return Q(due_on__gt=day) | Q(due_on=None) | (Q(due_on=day) & beyond)


def _earlier(after: str) -> Q:
    try:
        at_text, id_text = after.split("~")
        at, pk = datetime.fromisoformat(at_text).astimezone(ZoneInfo("UTC")), uuid.UUID(id_text)
    except (ValueError, OverflowError) as error:
        raise BadRequest("“after” is not the end of a page of this list.") from error
    return Q(done_at__lt=at) | Q(done_at=at, id__lt=pk)


def _day(text: str) -> date | None:
    return None if text == NONE else date.fromisoformat(text)
