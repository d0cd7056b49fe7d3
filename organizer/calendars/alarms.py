"""When the alarms of an event or a to-do ring (RFC 5545, 3.6.6). Pure: no Django."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final, TypeVar

from organizer.address_book.lines import Line
from organizer.calendars.components import Component, Moment, read_length, read_moment

MOST_ALARMS: Final = 5
MOST_MINUTES: Final = 366 * 24 * 60
MINUTE: Final = timedelta(minutes=1)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Frame:
    """What alarms are counted from. `base` is what an entry is taken over by: when an event begins,
    when a to-do is due. `repeats`: what rings after that cannot be told of each time."""

    base: Moment | None
    start: Moment | None
    end: Moment | None
    repeats: bool
    morning: time
    """When a whole day is told of."""


@dataclass(slots=True)
class Rings:
    """So many minutes before the base (negative: after it), and at instants. `remarks` are stable
    codes of what does not ring."""

    minutes_before: list[int] = field(default_factory=list)
    instants: list[datetime] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def rings_of(alarms: Iterable[Component], frame: Frame) -> Rings:
    found = Rings()
    for number, alarm in enumerate(alarms):
        trigger = alarm.lines.get("TRIGGER")
        if number >= MOST_ALARMS:
            found.remarks.append("more_alarms")
            break
        if trigger is None:
            found.remarks.append("bad_alarm")
        else:
            _take(found, trigger, frame)
    return Rings(_once(found.minutes_before), _once(found.instants), _once(found.remarks))


def _once(values: list[Value]) -> list[Value]:
    return list(dict.fromkeys(values))


def _take(found: Rings, trigger: Line, frame: Frame) -> None:
    at = _instant(trigger.value)
    if at is not None:
        found.instants.append(at)
        return
    length = read_length(trigger.value)
    if length is None:
        found.remarks.append("bad_alarm")
        return
    before = _minutes_before(length, _counted_from(trigger, frame), frame)
    if before is None:
        found.remarks.append("bad_alarm" if frame.base is not None else "alarm_without_day")
    elif before < 0 and frame.repeats:
        found.remarks.append("late_alarm")
    elif abs(before) > MOST_MINUTES:
        found.remarks.append("far_alarm")
    else:
        found.minutes_before.append(before)


def _counted_from(trigger: Line, frame: Frame) -> Moment | None:
    is_end = "END" in (related.upper() for related in trigger.all_of("RELATED"))
    return frame.end if is_end else frame.start


def _minutes_before(length: timedelta, since: Moment | None, frame: Frame) -> int | None:
    if frame.base is None or since is None:
        return None
    rings, base = _clock(since) + length, _clock(frame.base)
    if not isinstance(frame.base, datetime):
        base = datetime.combine(frame.base, frame.morning)
    if (rings.tzinfo is None) != (base.tzinfo is None):
        return None
    return -((rings - base) // MINUTE)


def _clock(moment: Moment) -> datetime:
    """A day begins at midnight, whatever the zone."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(0))
    # What is counted are minutes that pass, not what clocks show.
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _instant(value: str) -> datetime | None:
    try:
        at = read_moment(value)
    except ValueError:
        return None
    return at if isinstance(at, datetime) and at.tzinfo else None
