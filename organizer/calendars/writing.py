"""A calendar as text (RFC 5545, 7986). Pure: no Django, no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from organizer.address_book.writing import ESCAPES, fold
from organizer.calendars.zones import zone_lines

PRODUCT: Final = "-//Inledger//Calendar 1//EN"
DAY: Final = "%Y%m%d"
LOCAL: Final = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Item:
    """What is due: on a day, or at an instant in a zone. `uid` stays the same for ever."""

    uid: str
    summary: str
    day: date
    at: datetime | None = None
    zone: str = ""
    description: str = ""
    url: str = ""
    category: str = ""
    is_important: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """An item as a feed has told it: `sequence` counts its changes, `modified` is the last one's
    instant. Of one that is gone, only when it was is left."""

    item: Item
    sequence: int
    modified: datetime
    is_gone: bool = False


def write_calendar(name: str, entries: Iterable[Published]) -> str:
    """The same text for the same entries."""
    rows = list(entries)
    return "".join(f"{fold(line)}\r\n" for line in _lines(name, rows))


def _lines(name: str, rows: list[Published]) -> Iterator[str]:
    yield from (
        "BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH", f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
    )  # fmt: skip
    spans: dict[str, list[datetime]] = {}
    for row in rows:
        if row.item.at is not None:
            spans.setdefault(row.item.zone, []).append(row.item.at)
    for zone in sorted(spans.keys() - {"UTC"}):
        yield from zone_lines(zone, min(spans[zone]).year - 1, max(spans[zone]).year + 1)
    for row in rows:
        yield from _event(row)
    yield "END:VCALENDAR"


def _event(row: Published) -> Iterator[str]:
    item = row.item
    stamp = row.modified.astimezone(UTC).strftime(f"{LOCAL}Z")
    yield "BEGIN:VEVENT"
    yield f"UID:{item.uid}"
    # Not the time of asking: the same entries are the same text, and need not be sent again.
    yield f"DTSTAMP:{stamp}"
    yield f"LAST-MODIFIED:{stamp}"
    yield f"SEQUENCE:{row.sequence}"
    yield from _times(item)
    yield f"SUMMARY:{_text(item.summary)}"
    if item.description:
        yield f"DESCRIPTION:{_text(item.description)}"
    if item.url:
        yield f"URL:{item.url}"
    if item.category:
        yield f"CATEGORIES:{_text(item.category)}"
    if item.is_important:
        yield "PRIORITY:1"
    yield f"STATUS:{'CANCELLED' if row.is_gone else 'CONFIRMED'}"
    # What is due keeps nobody from being busy.
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _times(item: Item) -> Iterator[str]:
    if item.at is None:
        yield f"DTSTART;VALUE=DATE:{item.day.strftime(DAY)}"
        yield f"DTEND;VALUE=DATE:{(item.day + timedelta(1)).strftime(DAY)}"
    elif item.zone == "UTC":
        yield f"DTSTART:{item.at.strftime(LOCAL)}Z"
    else:
        yield f"DTSTART;TZID={item.zone}:{item.at.strftime(LOCAL)}"


def _text(value: str) -> str:
    return "".join(c for c in value if c >= " " or c == "\n").translate(ESCAPES)
