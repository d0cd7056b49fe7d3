"""Calendar files of other programs: looked at first, then taken over. To-dos and events that repeat
become tasks, events that are still to come become reminders, and alarms remind of them; what was
taken over once is not taken again."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from finance.querysets import home, today
from finance.recurrence import instant_of
from organizer.calendars.reading import ReadEntry, is_calendar, read_calendar
from organizer.checking import refusal
from organizer.errors import OrganizerError
from organizer.file_imports import claim, file_of, finish, keep_file
from organizer.models import CalendarImport, ImportedEntry, Task
from organizer.reminders import MORNING, add_reminder, due_instant
from organizer.repeating import Repetition
from organizer.rule_text import BadRule, check_possible, read_rule
from organizer.todo import add_task, complete_task
from tenancy.scope import current_actor

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
    "series_changed_onward": _(
        "A series that was changed from one day on: add what follows by hand."
    ),
    "cancelled": _("It was cancelled."),
}
# What is taken over otherwise than the file says; `said` is a word of the file.
REMARKS: Final = {
    "zone_guessed": _("Its time zone has no name we know, and was told by its clocks: %(said)s."),
    "unknown_zone": _("Its time zone “%(said)s” is not known: taken as a time of this ledger."),
    "bad_alarm": _("An alarm cannot be read, and will not ring."),
    "late_alarm": _("An alarm after its beginning will not ring, for it repeats."),
    "far_alarm": _("An alarm more than a year away will not ring."),
    "more_alarms": _("It has more than five alarms; the first five ring."),
    "alarm_without_day": _("It has an alarm and no day, so it will not ring."),
    "bad_extra_day": _("One of its further days is not in the calendar, and was left out."),
    "more_extra_days": _("Of its further days the first 366 were taken."),
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """What an entry of the file would do."""

    entry: ReadEntry
    outcome: str
    at: datetime | None = None
    problem: str = ""
    words: str = ""
    due_on: date | None = None

    @property
    def reason(self) -> str:
        return self.words or str(PROBLEMS.get(self.problem, self.problem))

    @property
    def remarks(self) -> list[str]:
        """What becomes of it is not quite what the file says."""
        if self.outcome not in (TASK, REMINDER):
            return []
        return [str(REMARKS[code]) % {"said": said} for code, said in self.entry.remarks]


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
    for entry in read_calendar(data, MORNING):
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
        made_id = _task(line)
    elif line.outcome == REMINDER:
        made_id = _reminder(entry, line.at)
    else:
        return line.outcome
    ImportedEntry.objects.create(key=key_of(entry), made_id=made_id)
    return line.outcome


def _task(line: EntryLine) -> uuid.UUID:
    entry = line.entry
    fields: dict[str, Any] = {
        "notes": entry.notes, "priority": "high" if entry.is_important else "normal",
        "due_on": entry.day,
    }  # fmt: skip
    if line.at is not None and entry.day is None:
        local = _local(entry, line.at)
        fields |= {
            "due_on": local.date(), "due_time": local.time().replace(second=0),
            "time_zone": str(local.tzinfo),
        }  # fmt: skip
    if entry.rule:
        fields |= {"rule": entry.rule, "except_on": list(entry.except_on)}
    if line.due_on is not None:
        fields |= {"due_on": line.due_on, "series_from": fields["due_on"]}
    task = add_task(entry.title[:200], **fields)
    if entry.is_done:
        complete_task(task.pk)
    else:
        _remind_of(task, entry)
    return task.pk


def _remind_of(task: Task, entry: ReadEntry) -> None:
    """For the one who imports; what has rung already rings no more."""
    due, now = due_instant(task), timezone.now()
    if current_actor().user_id is None or due is None:
        return
    late = [due - timedelta(minutes=minutes) for minutes in entry.minutes_before if minutes < 0]
    for minutes in entry.minutes_before:
        if minutes >= 0 and due - timedelta(minutes=minutes) > now:
            add_reminder(task_id=task.pk, minutes_before=minutes)
    for instant in (*entry.rings_at, *late):
        if instant > now:
            add_reminder(task_id=task.pk, at=instant)


def _reminder(entry: ReadEntry, start: datetime | None) -> uuid.UUID:
    """At its alarms that are still to ring, else when it begins; the first of them."""
    assert start is not None
    rings = {start - timedelta(minutes=minutes) for minutes in entry.minutes_before}
    ahead = sorted(at for at in rings | {*entry.rings_at} if at > timezone.now())
    made = [
        add_reminder(title=entry.title[:200], note=entry.notes[:500], at=at)
        for at in ahead or [start]
    ]
    return made[0].pk


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
        elif entry.rule and (refused := _refused(entry, at)):
            yield refused
        elif entry.kind == "event" and entry.rule:
            yield _series(entry, at)
        elif entry.kind == "event" and (at is None or at <= now):
            yield EntryLine(entry, PAST, at)
        else:
            yield EntryLine(entry, TASK if entry.kind == "todo" else REMINDER, at)
        taken.add(key_of(entry))


def _rule(entry: ReadEntry, at: datetime | None) -> tuple[Repetition, date]:
    """An entry's rule, and the day that it starts from. Raises BadRule."""
    local = None if at is None or entry.day is not None else _local(entry, at)
    start = entry.day or (local.date() if local else today())
    zone = ZoneInfo(str(local.tzinfo)) if local else None
    rule = read_rule(entry.rule, local.time() if local else None, zone)
    check_possible(rule, start)
    return rule, start


def _refused(entry: ReadEntry, at: datetime | None) -> EntryLine | None:
    """A line for a rule that no task can have."""
    try:
        _rule(entry, at)
    except BadRule as error:
        said = refusal(error)
        return EntryLine(entry, REFUSED, at, said.code, words=str(said))
    return None


def _series(entry: ReadEntry, at: datetime | None) -> EntryLine:
    """An event that repeats: a task, due on the first of its days that is not past."""
    rule, start = _rule(entry, at)
    ahead = (day for day in rule.days(start, today()) if day not in entry.except_on)
    due_on = next(ahead, None)
    return EntryLine(entry, PAST if due_on is None else TASK, at, due_on=due_on)


def _local(entry: ReadEntry, at: datetime) -> datetime:
    """In the ledger's zone; a series stays in its own, whose weekdays its rule means."""
    own = entry.at.tzinfo if entry.rule and entry.at is not None else None
    if own is not None:
        return at.astimezone(own if isinstance(own, ZoneInfo) else ZoneInfo("UTC"))
    return at.astimezone(ZoneInfo(home().time_zone))


def _instant(entry: ReadEntry, zone: ZoneInfo) -> datetime | None:
    """An event of a whole day is told of in its morning."""
    if entry.at is not None:
        return entry.at if entry.at.tzinfo else instant_of(entry.at.date(), entry.at.time(), zone)
    return instant_of(entry.day, MORNING, zone) if entry.day else None


def key_of(entry: ReadEntry) -> str:
    """By which it is known again: its uid, else all that it says."""
    said = entry.uid or f"{entry.kind}|{entry.title}|{entry.day}|{entry.at}|{entry.notes}"
    return hashlib.sha256(said.encode()).hexdigest()
