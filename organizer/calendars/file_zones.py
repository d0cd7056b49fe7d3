"""Which zone of the IANA database a calendar file means. Pure: no Django."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from organizer.calendars.components import Component

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
# Where clocks agree, the first of these is meant.
USUAL: Final = (
    "Europe/Berlin", "Europe/London", "Europe/Helsinki", "Europe/Moscow", "Europe/Istanbul",
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Halifax",
    "America/St_Johns", "America/Sao_Paulo", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo",
    "Australia/Adelaide", "Australia/Brisbane", "Australia/Sydney", "Pacific/Auckland", "UTC",
)  # fmt: skip
OFFSET: Final = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?")
BY_MONTH: Final = re.compile(r"BYMONTH=(\d{1,2})")
# A year whose clocks are as they are now.
YEAR: Final = 2026
FIRST_HALF: Final = range(2, 7)


class Zones:
    """The zones of one file. `remarks` of a name: how it was taken, where it is not certain."""

    def __init__(self, definitions: Iterable[Component]) -> None:
        self._defined = {part.text("TZID"): part for part in definitions}
        self._found: dict[str, tuple[ZoneInfo | None, str]] = {}

    def named(self, name: str) -> tuple[ZoneInfo | None, str]:
        """The zone, and a remark: "" , "zone_guessed" (by its clocks) or "unknown_zone" (None: the
        time is then taken as one of the ledger's zone)."""
        if not name:
            return None, ""
        if name not in self._found:
            self._found[name] = self._look_for(name)
        return self._found[name]

    def _look_for(self, name: str) -> tuple[ZoneInfo | None, str]:
        part = self._defined.get(name)
        for said in (name, part.text("X-LIC-LOCATION") if part else ""):
            if zone := known(said):
                return zone, ""
        if part is not None and (zone := _by_clocks(part)):
            return zone, "zone_guessed"
        return None, "unknown_zone"


def known(name: str) -> ZoneInfo | None:
    """By its own name, or Outlook's; programs put their own in front of it."""
    name = WINDOWS.get(name.strip().lower(), name.strip())
    parts = name.strip("/").split("/")
    for tail in ("/".join(parts[-n:]) for n in (len(parts), 3, 2)):
        try:
            if tail and (tail == name or "/" in tail):
                return ZoneInfo(tail)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def _by_clocks(part: Component) -> ZoneInfo | None:
    winter, summer = _clocks(part)
    found = (name for name in USUAL if winter is not None and _year_of(name) == (winter, summer))
    name = next(found, None)
    return ZoneInfo(name) if name else None


def _clocks(part: Component) -> tuple[timedelta | None, timedelta | None]:
    """Its offsets in January and in July."""
    standard = [_offset(each) for each in part.parts_named("STANDARD")]
    daylight = part.parts_named("DAYLIGHT")
    if not standard or standard[-1] is None:
        return None, None
    if not daylight:
        return standard[-1], standard[-1]
    moved = _offset(daylight[-1])
    by_month = BY_MONTH.search(daylight[-1].text("RRULE").upper())
    begins = by_month[1] if by_month else daylight[-1].text("DTSTART")[4:6]
    is_northern = begins.isdecimal() and int(begins) in FIRST_HALF
    return (standard[-1], moved) if is_northern else (moved, standard[-1])


def _offset(part: Component) -> timedelta | None:
    found = OFFSET.fullmatch(part.text("TZOFFSETTO"))
    if found is None:
        return None
    length = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -length if found[1] == "-" else length


@lru_cache(maxsize=64)
def _year_of(name: str) -> tuple[timedelta | None, timedelta | None]:
    zone = ZoneInfo(name)
    january, july = (datetime(YEAR, month, 15, 12, tzinfo=zone).utcoffset() for month in (1, 7))
    return january, july
