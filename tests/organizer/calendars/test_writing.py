"""Calendars as text: strict, and their zones right by another program's reading."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from organizer.calendars.writing import Item, Published, write_calendar
from organizer.calendars.zones import zone_lines
from tests.organizer.calendars import strict

NOW = datetime(2026, 5, 1, 10, tzinfo=UTC)
ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata",
    "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Europe/Dublin",
    "America/St_Johns", "Asia/Tehran",
)  # fmt: skip


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_is_read_the_same_by_dateutil(name: str) -> None:
    """Every three hours of four years, and each minute around each change."""
    lines = zone_lines(name, 2024, 2027)
    text = "\r\n".join(("BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""))
    read, ours = tzical(io.StringIO(text)).get(name), ZoneInfo(name)
    at, before = datetime(2024, 1, 2, tzinfo=UTC), None
    while at < datetime(2027, 12, 30, tzinfo=UTC):
        local = at.astimezone(ours)
        if local.utcoffset() == before:
            # dateutil does not know the second of two equal wall times.
            assert local.replace(fold=0).replace(tzinfo=read).utcoffset() == local.utcoffset(), at
        before, at = local.utcoffset(), at + timedelta(hours=3)


def test_a_calendar_is_strictly_right() -> None:
    at = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    nasty = 'Pay; "Ärger", \\ Söhne\nsecond 日本語' * 9
    rows = [
        Published(Item("a@inledger", nasty, date(2026, 5, 2), description="x" * 400), 0, NOW),
        Published(
            Item("b@inledger", "Call", at.date(), at, "Europe/Berlin", is_important=True), 3, NOW
        ),
        Published(
            Item("c@inledger", "UTC", NOW.date(), NOW, "UTC", url="https://a.example/?b=1;c,2"),
            0,
            NOW,
        ),
        Published(Item("d@inledger", "–", date(2026, 5, 3)), 2, NOW, is_gone=True),
        Published(Item("e@inledger", "bad\x00\x07\r sign", date(2026, 5, 3)), 2, NOW),
    ]
    text = write_calendar("Haus; & Hof", rows)
    assert text == write_calendar("Haus; & Hof", rows)
    whole = strict.read(text)
    events = {event.values["UID"]: event for event in whole.all("VEVENT")}
    assert events["b@inledger"].values["DTSTART"] == "20261025T013000"
    assert (events["d@inledger"].values["STATUS"], events["d@inledger"].values["SEQUENCE"]) == (
        "CANCELLED",
        "2",
    )
    assert events["a@inledger"].values["DTEND"] == "20260503"
    assert len(whole.all("VTIMEZONE")) == 1
    assert strict.read(write_calendar("empty", [])).parts == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("\r\n", "\n", "does not end"), ("UID:a\r\n", "", "lacks"),
        ("END:VEVENT\r\n", "", "ended by"),
        ("SUMMARY:A", "SUMMARY:A;b", "escaped"),
        ("DTSTART;VALUE=DATE", "DTSTART;TZID=X", "20260502"),
        ("SUMMARY:A", "SUMMARY:" + "A" * 80, "too long"), ("UID:a", "UID:a\r\nUID:b", "twice"),
    ],
)  # fmt: skip
def test_the_strict_reader_is_strict(old: str, new: str, fault: str) -> None:
    text = write_calendar("A", [Published(Item("a", "A", date(2026, 5, 2)), 0, NOW)])
    assert old in text
    with pytest.raises(AssertionError, match=fault):
        strict.read(text.replace(old, new))
