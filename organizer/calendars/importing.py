"""Calendar files of other programs: looked at first, then taken over. To-dos become tasks, events
that are still to come become reminders; what was taken over once is not taken again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from finance.querysets import home
from finance.recurrence import instant_of
from organizer.calendars.reading import ReadEntry, is_calendar, read_calendar
from organizer.errors import OrganizerError
from organizer.file_imports import claim, file_of, finish, keep_file
from organizer.models import CalendarImport, ImportedEntry
from organizer.reminders import MORNING, add_reminder
from organizer.todo import add_task, complete_task

MOST_ENTRIES: Final = 2_000
TASK: Final = "task"
REMINDER: Final = "reminder"
KNOWN: Final = "known"
PAST: Final = "past"
REFUSED: Final = "refused"
PROBLEMS: Final = {
    "not_ended": _("The file breaks off before its end: export it again."),
    "no_title": _("It has no title."),
    "no_day": _("It says no day."),
    "bad_day": _("Its day is not in the calendar."),
    "one_of_a_series": _("One day of a series that was changed by itself: add it by hand."),
    "cancelled": _("It was cancelled."),
    "repeats": _("An event that repeats: add it as a task that repeats."),
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """What an entry of the file would do."""

    entry: ReadEntry
    outcome: str
    at: datetime | None = None
    problem: str = ""

    @property
    def reason(self) -> str:
        return str(PROBLEMS.get(self.problem, self.problem))


def upload(name: str, data: bytes) -> CalendarImport:
    """Keep a file to be looked at. Raises OrganizerError for what is no calendar."""
    if data.strip() and not is_calendar(data):
        raise OrganizerError(
            gettext("This is no calendar file: it begins with BEGIN:VCALENDAR."),
            code="unreadable", field="file",
        )  # fmt: skip
    row = keep_file(CalendarImport, name, data)
    try:
        read_file(data)
    except OrganizerError:
        row.delete()
        raise
    return row


def read_file(data: bytes) -> list[ReadEntry]:
    """Raises OrganizerError."""
    found: list[ReadEntry] = []
    for entry in read_calendar(data):
        found.append(entry)
        if len(found) > MOST_ENTRIES:
            raise OrganizerError(
                gettext("The file holds more than %(n)s entries. Export it in parts.")
                % {"n": MOST_ENTRIES},
                code="too_many", field="file",
            )  # fmt: skip
    if not found:
        raise OrganizerError(
            gettext("The calendar holds neither events nor to-dos."), code="empty", field="file"
        )
    return found


def preview(row: CalendarImport) -> list[EntryLine]:
    """What applying would do; nothing of one that is applied."""
    return list(_lines(read_file(file_of(row)))) if row.data else []


@transaction.atomic
def apply(row: CalendarImport) -> CalendarImport:
    """Take the file over. Raises OrganizerError if it was already."""
    row = claim(row)
    counts: Counter[str] = Counter()
    for line in list(_lines(read_file(file_of(row)))):
        try:
            with transaction.atomic():
                counts[_taken(line)] += 1
        except OrganizerError:
            # What a task or a reminder cannot be (a rule, a length): the others are taken.
            counts[REFUSED] += 1
    finish(row, dict(counts))
    return row


def _taken(line: EntryLine) -> str:
    entry = line.entry
    if line.outcome == TASK:
        made_id = _task(entry, line.at)
    elif line.outcome == REMINDER:
        made_id = add_reminder(title=entry.title[:200], note=entry.notes[:500], at=line.at).pk
    else:
        return line.outcome
    ImportedEntry.objects.create(key=key_of(entry), made_id=made_id)
    return line.outcome


def _task(entry: ReadEntry, at: datetime | None) -> Any:
    fields: dict[str, Any] = {
        "notes": entry.notes, "priority": "high" if entry.is_important else "normal",
    }  # fmt: skip
    if entry.day is not None:
        fields["due_on"] = entry.day
    elif at is not None:
        local = at.astimezone(ZoneInfo(home().time_zone))
        fields |= {"due_on": local.date(), "due_time": local.time().replace(second=0)}
    if entry.rule:
        fields["rule"] = entry.rule
    task = add_task(entry.title[:200], **fields)
    if entry.is_done:
        complete_task(task.pk)
    return task.pk


def _lines(entries: Iterable[ReadEntry]) -> Iterator[EntryLine]:
    rows = list(entries)
    keys = {key_of(entry) for entry in rows}
    taken = set(ImportedEntry.objects.filter(key__in=keys).values_list("key", flat=True))
    zone, now = ZoneInfo(home().time_zone), timezone.now()
    for entry in rows:
        at = _instant(entry, zone)
        if entry.problem:
            yield EntryLine(entry, REFUSED, at, entry.problem)
        elif key_of(entry) in taken:
            yield EntryLine(entry, KNOWN, at)
        elif entry.kind == "event" and entry.rule:
            yield EntryLine(entry, REFUSED, at, "repeats")
        elif entry.kind == "event" and (at is None or at <= now):
            yield EntryLine(entry, PAST, at)
        else:
            yield EntryLine(entry, TASK if entry.kind == "todo" else REMINDER, at)
        taken.add(key_of(entry))


def _instant(entry: ReadEntry, zone: ZoneInfo) -> datetime | None:
    """An event of a whole day is told of in its morning."""
    if entry.at is not None:
        return entry.at if entry.at.tzinfo else instant_of(entry.at.date(), entry.at.time(), zone)
    return instant_of(entry.day, MORNING, zone) if entry.day else None


def key_of(entry: ReadEntry) -> str:
    """By which it is known again: its uid, else all that it says."""
    said = entry.uid or f"{entry.kind}|{entry.title}|{entry.day}|{entry.at}|{entry.notes}"
    return hashlib.sha256(said.encode()).hexdigest()
