"""The parts of a calendar file, and the values of their lines (RFC 5545). Pure: no Django."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from organizer.address_book.lines import Line, plain_lines

DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
INSTANT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)")
LENGTH: Final = re.compile(
    r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"
)
ESCAPED: Final = re.compile(r"\\([;,:\\nN])")
# What comes more than once in a part, and counts each time.
SEVERAL: Final = frozenset({"EXDATE", "RDATE"})
Moment = date | datetime


@dataclass(slots=True)
class Component:
    """BEGIN to END. Of what comes more than once the first counts, but for `SEVERAL`."""

    name: str
    line: int
    lines: dict[str, Line] = field(default_factory=dict)
    several: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)
    is_ended: bool = False

    def text(self, name: str) -> str:
        line = self.lines.get(name)
        if line is None:
            return ""
        return ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], line.value).strip()

    def parts_named(self, *names: str) -> list[Component]:
        return [part for part in self.parts if part.name in names]


def components(data: bytes) -> Iterator[Component]:
    """The events, to-dos and zones of a file in their order; last what has no end."""
    stack: list[Component] = []
    for number, line in plain_lines(data):
        if line.name == "BEGIN":
            stack.append(Component(line.value.strip().upper(), number))
        elif line.name == "END":
            if not stack:
                continue
            ended = stack.pop()
            ended.is_ended = True
            if ended.name in ("VEVENT", "VTODO", "VTIMEZONE"):
                yield ended
            elif stack:
                stack[-1].parts.append(ended)
        elif stack:
            if line.name in SEVERAL:
                stack[-1].several.append(line)
            stack[-1].lines.setdefault(line.name, line)
    yield from (part for part in stack if part.name in ("VEVENT", "VTODO"))


def read_moment(value: str) -> Moment | None:
    """A day or a time, naive unless it is in UTC; None for what is neither. Raises ValueError for
    a day that is not in the calendar."""
    value = value.strip()
    if found := DAY.fullmatch(value):
        return date(*map(int, found.groups()))
    if found := INSTANT.fullmatch(value):
        year, month, day, hour, minute, second = map(int, found.groups()[:6])
        naive = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001
        return naive.replace(tzinfo=UTC) if found[7] else naive
    return None


def read_length(text: str) -> timedelta | None:
    """A DURATION; None for what is none."""
    found = LENGTH.fullmatch(text.strip().upper())
    if found is None or not any(found.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups()[1:])
    length = timedelta(days=weeks * 7 + days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length
