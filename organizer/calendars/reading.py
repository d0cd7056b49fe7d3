"""A calendar file of another program (RFC 5545) as entries. Pure: no Django, no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from organizer.address_book.lines import Line
from organizer.calendars.alarms import Frame, rings_of
from organizer.calendars.components import (
    Component,
    Moment,
    components,
    read_length,
    read_moment,
)
from organizer.calendars.file_zones import Zones

MOST_EXTRA: Final = 366
MORNING: Final = time(8)


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """One event or to-do. `day` or `at` (with its zone; naive where the file names none) is when it
    begins, or of a to-do is due. Its alarms ring so many minutes before that (`minutes_before`;
    negative after it; of a whole day before its morning) or at an instant (`rings_at`). `problem`
    is a stable code of why it cannot be taken over, `remarks` are codes of what is taken otherwise
    than the file says, each with a word of the file."""

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
    remarks: tuple[tuple[str, str], ...] = ()

    @property
    def start(self) -> Moment | None:
        return self.day or self.at


def is_calendar(data: bytes) -> bool:
    return b"BEGIN:VCALENDAR" in data[:4096].replace(b"\x00", b"").upper()


def read_calendar(data: bytes, morning: time = MORNING) -> Iterator[ReadEntry]:
    """The events and to-dos of a file, good or refused, in their order. A day of a series that was
    changed by itself, and one beside its rule, is an entry of its own."""
    found = list(components(data))
    reader = _Reader(found, morning)
    for part in found:
        if part.name == "VTIMEZONE":
            continue
        if not part.is_ended:
            yield ReadEntry(part.line, _kind(part), problem="not_ended")
        else:
            yield from reader.entries(part)


class _Reader:
    """What of a file the single parts must know: its zones, and which days were changed."""

    def __init__(self, found: list[Component], morning: time) -> None:
        self.zones = Zones(part for part in found if part.name == "VTIMEZONE")
        self.morning = morning
        self.changed: defaultdict[str, list[Line]] = defaultdict(list)
        for part in found:
            if line := part.lines.get("RECURRENCE-ID"):
                self.changed[part.text("UID")].append(line)

    def entries(self, part: Component) -> Iterator[ReadEntry]:
        entry = self.entry(part)
        if entry.problem or "RECURRENCE-ID" in part.lines:
            yield entry
            return
        extra = [line for line in part.several if line.name == "RDATE"]
        beside = [moment for line in extra for moment in self.moments(line)]
        odd = [("bad_extra_day", "")] if None in beside else []
        odd += [("more_extra_days", "")] if len(beside) > MOST_EXTRA else []
        yield replace(entry, remarks=(*entry.remarks, *odd)) if odd else entry
        left_out = {_day_of(entry.start), *self.left_out(part, entry.at)}
        for moment in dict.fromkeys(beside[:MOST_EXTRA]):
            if moment is not None and _day_of(moment) not in left_out:
                yield self.beside(entry, moment)

    @staticmethod
    def beside(entry: ReadEntry, moment: Moment) -> ReadEntry:
        """A day beside those of the rule."""
        at = moment if isinstance(moment, datetime) else None
        uid = f"{entry.uid or entry.title}|{moment.isoformat()}"[:255]
        return replace(
            entry, uid=uid, rule="", except_on=(), remarks=(), rings_at=(),
            day=None if at else moment, at=at,
        )  # fmt: skip

    def entry(self, part: Component) -> ReadEntry:
        kind, uid = _kind(part), part.text("UID")[:255]
        named = part.lines.get("DUE" if kind == "todo" else "DTSTART") or part.lines.get("DTSTART")
        base, remark, problem = self.moment(named)
        at = base if isinstance(base, datetime) else None
        rule, changed = part.lines.get("RRULE"), part.lines.get("RECURRENCE-ID")
        if changed is not None:
            uid = f"{uid}|{changed.value.strip()}"[:255]
        status, priority = part.text("STATUS").upper(), part.text("PRIORITY")
        frame = self.frame(part, base, repeats=rule is not None)
        rings = rings_of(part.parts_named("VALARM"), frame)
        title = " ".join(part.text("SUMMARY").split())
        return ReadEntry(
            part.line, kind, uid, title, part.text("DESCRIPTION"),
            None if at is not None or base is None else base, at,
            rule.value.strip() if rule and changed is None else "", self.left_out(part, at),
            status == "COMPLETED" or "COMPLETED" in part.lines,
            priority.isdigit() and 1 <= int(priority[:2]) <= 4,
            tuple(rings.minutes_before), tuple(rings.instants),
            problem or _problem(part, title, status, has_day=named is not None),
            (*remark, *((code, "") for code in rings.remarks)),
        )  # fmt: skip

    def frame(self, part: Component, base: Moment | None, *, repeats: bool) -> Frame:
        start = self.moment(part.lines.get("DTSTART"))[0]
        end = self.moment(part.lines.get("DUE") or part.lines.get("DTEND"))[0]
        if end is None and start is not None:
            usual = timedelta(0) if isinstance(start, datetime) else timedelta(1)
            end = start + (read_length(part.text("DURATION")) or usual)
        return Frame(base, start or base, end or base, repeats, self.morning)

    def moment(self, line: Line | None) -> tuple[Moment | None, tuple[tuple[str, str], ...], str]:
        """Of one line; a remark on its zone, and a problem."""
        if line is None:
            return None, (), ""
        try:
            found = read_moment(line.value)
        except ValueError:
            found = None
        if found is None:
            return None, (), "bad_day"
        name = next(iter(line.all_of("TZID")), "")
        if not isinstance(found, datetime) or found.tzinfo or not name:
            return found, (), ""
        zone, remark = self.zones.named(name)
        said = ((remark, name if zone is None else f"{name} → {zone.key}"),) if remark else ()
        return found.replace(tzinfo=zone) if zone else found, said, ""

    def moments(self, line: Line) -> list[Moment | None]:
        """All of one line; of a period its beginning. None for what is none."""
        values = (value.partition("/")[0] for value in line.value.split(","))
        return [self.moment(replace(line, value=value))[0] for value in values]

    def left_out(self, part: Component, start: datetime | None) -> tuple[date, ...]:
        """The days that a series does not have, in the zone in which it starts."""
        lines = [line for line in part.several if line.name == "EXDATE"]
        if "RRULE" in part.lines:
            lines += self.changed.get(part.text("UID"), [])
        found: set[date] = set()
        for moment in (moment for line in lines for moment in self.moments(line)):
            at = moment
            if isinstance(at, datetime) and at.tzinfo and start is not None and start.tzinfo:
                at = at.astimezone(start.tzinfo)
            if (day := _day_of(at)) is not None:
                found.add(day)
        return tuple(sorted(found))


def _day_of(moment: Moment | None) -> date | None:
    return moment.date() if isinstance(moment, datetime) else moment


def _problem(part: Component, title: str, status: str, *, has_day: bool) -> str:
    """Why an entry whose day can be read is left out all the same."""
    changed = part.lines.get("RECURRENCE-ID")
    if not title and status != "CANCELLED":
        return "no_title"
    if part.name == "VEVENT" and not has_day:
        return "no_day"
    if status == "CANCELLED":
        return "cancelled"
    is_onward = changed is not None and "THISANDFUTURE" in (
        value.upper() for value in changed.all_of("RANGE")
    )
    return "series_changed_onward" if is_onward else ""


def _kind(part: Component) -> str:
    return "todo" if part.name == "VTODO" else "event"
