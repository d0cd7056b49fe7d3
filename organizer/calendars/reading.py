"""A calendar file of another program (RFC 5545) as entries. Pure: no Django, no database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from organizer.address_book.lines import Line, plain_lines

DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
INSTANT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)")
ESCAPED: Final = re.compile(r"\\([;,:\\nN])")
MOST_ALARMS: Final = 5
# Zones as Outlook names them, the more usual ones.
WINDOWS: Final = {
    "w. europe standard time": "Europe/Berlin", "romance standard time": "Europe/Paris",
    "central europe standard time": "Europe/Budapest", "gmt standard time": "Europe/London",
    "central european standard time": "Europe/Warsaw", "e. europe standard time": "Europe/Chisinau",
    "fle standard time": "Europe/Kiev", "gtb standard time": "Europe/Bucharest",
    "russian standard time": "Europe/Moscow", "turkey standard time": "Europe/Istanbul",
    "eastern standard time": "America/New_York", "central standard time": "America/Chicago",
    "mountain standard time": "America/Denver", "pacific standard time": "America/Los_Angeles",
    "india standard time": "Asia/Kolkata", "china standard time": "Asia/Shanghai",
    "tokyo standard time": "Asia/Tokyo", "aus eastern standard time": "Australia/Sydney",
    "utc": "UTC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """One event or to-do. `day` or `at` (with its zone; naive where the file names none) is when it
    begins, or of a to-do is due. Its alarms ring so many minutes before that (`minutes_before`) or
    at an instant (`rings_at`). `problem` is a stable code of why it cannot be taken over."""

    line: int
    kind: str
    uid: str = ""
    title: str = ""
    notes: str = ""
    day: date | None = None
    at: datetime | None = None
    rule: str = ""
    except_on: tuple[date, ...] = ()
    is_done: bool = False
    is_important: bool = False
    minutes_before: tuple[int, ...] = ()
    rings_at: tuple[datetime, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class _Component:
    name: str
    line: int
    lines: dict[str, Line] = field(default_factory=dict)
    left_out: list[Line] = field(default_factory=list)
    alarms: list[_Component] = field(default_factory=list)


def is_calendar(data: bytes) -> bool:
    return b"BEGIN:VCALENDAR" in data[:4096].replace(b"\x00", b"").upper()


def read_calendar(data: bytes) -> Iterator[ReadEntry]:
    """The events and to-dos of a file, good or refused, in their order."""
    stack: list[_Component] = []
    for number, line in plain_lines(data):
        value = line.value.strip().upper()
        if line.name == "BEGIN":
            stack.append(_Component(value, number))
        elif line.name == "END":
            if not stack:
                continue
            ended = stack.pop()
            if ended.name == "VALARM" and stack:
                stack[-1].alarms.append(ended)
            elif ended.name in ("VEVENT", "VTODO"):
                yield _entry(ended)
        elif stack:
            if line.name == "EXDATE":
                stack[-1].left_out.append(line)
            # Of what else comes more than once the first counts.
            stack[-1].lines.setdefault(line.name, line)
    for broken in stack:
        if broken.name in ("VEVENT", "VTODO"):
            yield ReadEntry(broken.line, _kind(broken), problem="not_ended")


def _entry(part: _Component) -> ReadEntry:
    kind = _kind(part)
    when = part.lines.get("DUE" if kind == "todo" else "DTSTART") or part.lines.get("DTSTART")
    day, at, problem = _when(when)
    title = " ".join(_text(part, "SUMMARY").split())
    if not title:
        problem = problem or "no_title"
    if kind == "event" and when is None:
        problem = problem or "no_day"
    if "RECURRENCE-ID" in part.lines:
        # One day of a series that was changed by itself.
        problem = problem or "one_of_a_series"
    status = _text(part, "STATUS").upper()
    if status == "CANCELLED":
        problem = problem or "cancelled"
    rule = part.lines.get("RRULE")
    if "RDATE" in part.lines:
        problem = problem or "days_beside_rule"
    priority = _text(part, "PRIORITY")
    return ReadEntry(
        part.line, kind, _text(part, "UID")[:255], title, _text(part, "DESCRIPTION"), day, at,
        rule.value.strip() if rule else "", _left_out(part, at),
        status == "COMPLETED" or "COMPLETED" in part.lines,
        priority.isdigit() and 1 <= int(priority[:2]) <= 4, *_alarms(part), problem,
    )  # fmt: skip


def _kind(part: _Component) -> str:
    return "todo" if part.name == "VTODO" else "event"


def _text(part: _Component, name: str) -> str:
    line = part.lines.get(name)
    if line is None:
        return ""
    return ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], line.value).strip()


def _when(line: Line | None) -> tuple[date | None, datetime | None, str]:
    if line is None:
        return None, None, ""
    value = line.value.strip()
    try:
        if found := DAY.fullmatch(value):
            return date(*map(int, found.groups())), None, ""
        if found := INSTANT.fullmatch(value):
            year, month, day, hour, minute, second = map(int, found.groups()[:6])
            naive = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001
            if found[7]:
                return None, naive.replace(tzinfo=UTC), ""
            zone = _zone(next(iter(line.all_of("TZID")), ""))
            return None, naive.replace(tzinfo=zone) if zone else naive, ""
    except ValueError:
        pass
    return None, None, "bad_day"


def _zone(name: str) -> ZoneInfo | None:
    """None for a zone that nobody knows: the time is then taken as one of the ledger's zone."""
    name = WINDOWS.get(name.lower(), name.removeprefix("/freeassociation.sourceforge.net/"))
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _left_out(part: _Component, start: datetime | None) -> tuple[date, ...]:
    """The days that a rule leaves out, in the zone in which the series starts."""
    found: set[date] = set()
    for line in part.left_out:
        for value in line.value.split(","):
            day, at, _problem = _when(replace(line, value=value))
            if at is not None and at.tzinfo and start is not None and start.tzinfo:
                at = at.astimezone(start.tzinfo)
            if day is not None:
                found.add(day)
            elif at is not None:
                found.add(at.date())
    return tuple(sorted(found))


def _alarms(part: _Component) -> tuple[tuple[int, ...], tuple[datetime, ...]]:
    """How many minutes ahead, and at which instants, the first of its alarms ring."""
    minutes: list[int] = []
    instants: list[datetime] = []
    for alarm in part.alarms[:MOST_ALARMS]:
        trigger = alarm.lines.get("TRIGGER")
        if trigger is None:
            continue
        at = _when(trigger)[1]
        before = _minutes(trigger)
        if at is not None and at.tzinfo:
            instants.append(at)
        elif before is not None:
            minutes.append(before)
    return tuple(dict.fromkeys(minutes)), tuple(dict.fromkeys(instants))


def _minutes(trigger: Line) -> int | None:
    """How long before its beginning an alarm rings; None for one that is counted from its end, or
    rings after it."""
    if "END" in (related.upper() for related in trigger.all_of("RELATED")):
        return None
    found = re.fullmatch(
        r"-P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:\d{1,6}S)?)?",
        trigger.value.strip(),
    )
    if found is None:
        return 0 if re.fullmatch(r"-?PT?0[WDHMS]", trigger.value.strip()) else None
    weeks, days, hours, minutes = (int(each or 0) for each in found.groups())
    return ((weeks * 7 + days) * 24 + hours) * 60 + minutes
