"""Feeds as three libraries of others read them: icalendar (strict), ical and vobject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from django.test import Client
from ical.calendar_stream import IcsCalendarStream

from finance.bills.managing import add_bill, dismiss
from finance.money import Money
from finance.querysets import today
from organizer.calendars.writing import Item, Published, write_calendar
from organizer.todo import add_task, change_task
from tenancy.models import Tenant
from tests.organizer.calendars.test_feeds import made

NOW = datetime(2026, 5, 1, 10, tzinfo=UTC)
HOSTILE = 'Pay; "Ärger", \\ Söhne\nsecond 日本語' * 9


@dataclass(frozen=True, slots=True)
class Event:
    summary: str
    starts: datetime | date
    sequence: int
    status: str


def by_icalendar(text: str) -> dict[str, Event]:
    (whole,) = icalendar.Calendar.from_ical(text, multiple=True)
    for part in whole.walk():
        assert part.errors == [], part.errors
    return {
        str(event["UID"]): Event(
            str(event["SUMMARY"]), event.decoded("DTSTART"), int(event["SEQUENCE"]),
            str(event["STATUS"]),
        )
        for event in whole.walk("VEVENT")
    }  # fmt: skip


def by_ical(text: str) -> dict[str, Event]:
    whole = IcsCalendarStream.calendar_from_ics(text)
    return {
        event.uid: Event(
            event.summary or "", event.dtstart, event.sequence or 0, (event.status or "").upper()
        )
        for event in whole.events
    }


def by_vobject(text: str) -> dict[str, Event]:
    whole: Any = vobject.readOne(text, validate=True)
    whole.validate(raiseException=True)
    return {
        event.uid.value: Event(
            event.summary.value, event.dtstart.value, int(event.sequence.value), event.status.value
        )
        for event in whole.contents.get("vevent", [])
    }


READERS: tuple[Callable[[str], dict[str, Event]], ...] = (by_icalendar, by_ical, by_vobject)


@pytest.mark.parametrize("read", READERS)
def test_times_are_the_same_instants_across_clock_changes(
    read: Callable[[str], dict[str, Event]],
) -> None:
    """Around both changes of a year, in zones of both halves of the earth."""
    moments = {}
    for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"):
        at = datetime(2026, 1, 1, 9, 30, tzinfo=ZoneInfo(name))
        for week in range(52):
            local = at + timedelta(weeks=week)
            moments[f"{name.replace('/', '-')}-{week}@inledger"] = (name, local)
    rows = [
        Published(Item(uid, uid, at.date(), at, name), 0, NOW)
        for uid, (name, at) in moments.items()
    ]
    found = read(write_calendar("Zones", rows))
    assert found.keys() == moments.keys()
    for uid, (_, at) in moments.items():
        starts = found[uid].starts
        assert isinstance(starts, datetime)
        assert starts.astimezone(UTC) == at.astimezone(UTC), uid


@pytest.mark.parametrize("read", READERS)
def test_texts_and_states_come_through(read: Callable[[str], dict[str, Event]]) -> None:
    rows = [
        Published(Item("a@inledger", HOSTILE, date(2026, 5, 2), description="x" * 400), 0, NOW),
        Published(Item("b@inledger", "UTC", NOW.date(), NOW, "UTC", url="https://a.example/?b=1;c"),
                  4, NOW),
        Published(Item("c@inledger", "–", date(2026, 5, 3)), 2, NOW, is_gone=True),
    ]  # fmt: skip
    found = read(write_calendar("Haus; & Hof", rows))
    assert found["a@inledger"] == Event(HOSTILE, date(2026, 5, 2), 0, "CONFIRMED")
    assert (found["b@inledger"].starts, found["b@inledger"].sequence) == (NOW, 4)
    assert (found["c@inledger"].sequence, found["c@inledger"].status) == (2, "CANCELLED")
    assert read(write_calendar("empty", [])) == {}


@pytest.mark.parametrize("read", READERS)
def test_a_real_feed_keeps_its_names_and_counts_its_changes(
    read: Callable[[str], dict[str, Event]],
    api: Any,
    in_tenant: Tenant,
) -> None:
    task = add_task("Call", due_on=today() + timedelta(3))
    bill = add_bill("Power", Money(100, "EUR"), today() + timedelta(3))
    path = made(api)

    def ask() -> dict[str, Event]:
        return read(Client().get(path).content.decode())

    first = ask()
    change_task(task.pk, {"title": "Call again"})
    dismiss(bill.pk)
    second = ask()
    assert first.keys() == second.keys()
    assert {event.sequence for event in first.values()} == {0}
    assert {event.sequence for event in second.values()} == {1}
    assert sorted(event.status for event in second.values()) == ["CANCELLED", "CONFIRMED"]
