"""A time zone as a calendar carries it: each change of its clocks within some years (RFC 5545,
3.6.5). Pure: no Django."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

STEP: Final = timedelta(hours=12)
SECOND: Final = timedelta(seconds=1)
LOCAL: Final = "%Y%m%dT%H%M%S"


@lru_cache(maxsize=256)
def zone_lines(name: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """The VTIMEZONE of a zone of the IANA database, right from the first year to the last."""
    zone = ZoneInfo(name)
    start = datetime(first_year, 1, 1, tzinfo=UTC)
    end = datetime(last_year + 1, 1, 1, tzinfo=UTC)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    before = start.astimezone(zone)
    offset = _offset(before)
    lines += _observance(before, offset, before.replace(tzinfo=None))
    for instant in _changes(zone, start, end):
        after = instant.astimezone(zone)
        # The change is told by the clocks that it ends.
        begins = (instant + offset).replace(tzinfo=None)
        lines += _observance(after, offset, begins)
        offset = _offset(after)
    return (*lines, "END:VTIMEZONE")


def _observance(local: datetime, before: timedelta, begins: datetime) -> Iterator[str]:
    kind = "DAYLIGHT" if local.dst() else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{begins.strftime(LOCAL)}"
    yield f"TZOFFSETFROM:{_signed(before)}"
    yield f"TZOFFSETTO:{_signed(_offset(local))}"
    yield f"TZNAME:{local.tzname()}"
    yield f"END:{kind}"


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The first instant of each new observance, in UTC."""
    at = start
    while at < end:
        following = min(at + STEP, end)
        if _told(zone, at) != _told(zone, following):
            yield _between(zone, at, following)
        at = following


def _between(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _told(zone, middle) == _told(zone, low):
            low = middle
        else:
            high = middle
    return high


def _told(zone: ZoneInfo, at: datetime) -> tuple[timedelta | None, timedelta | None]:
    local = at.astimezone(zone)
    return local.utcoffset(), local.dst()


def _offset(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None
    return offset


def _signed(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, odd = divmod(rest, 60)
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{hours:02}{minutes:02}" + (f"{odd:02}" if odd else "")
