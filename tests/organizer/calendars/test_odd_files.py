"""What other programs write beside the plain: changed days, days beside a rule, alarms from the
end, zones of their own. It is taken over, or said in words that it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from finance.querysets import home
from organizer.calendars.file_zones import known
from organizer.models import Reminder, Task
from organizer.todo import complete_task
from tenancy.models import Tenant
from tests.make import make_member
from tests.organizer.calendars.test_importing import API, calendar, event, todo, upload
from tests.organizer.test_contacts import client
from tests.pages import signed_in

MONDAY = datetime.now(UTC).date() + timedelta(14 - datetime.now(UTC).weekday())
# As Exchange writes it: a name of its own, and the clocks of New York.
CUSTOM = "\r\n".join(
    (
        "BEGIN:VTIMEZONE", "TZID:Customized Time Zone", "BEGIN:STANDARD",
        "DTSTART:16010101T020000", "TZOFFSETFROM:-0400", "TZOFFSETTO:-0500",
        "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11", "END:STANDARD", "BEGIN:DAYLIGHT",
        "DTSTART:16010101T020000", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0400",
        "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE",
    )
)  # fmt: skip


@pytest.fixture
def api(in_tenant: Tenant) -> APIClient:
    return client(in_tenant)


def day(days: int = 0) -> str:
    return f"{MONDAY + timedelta(days):%Y%m%d}"


def alarm(trigger: str) -> str:
    return f"BEGIN:VALARM\r\n{trigger}\r\nEND:VALARM"


def taken(api: APIClient, *parts: str) -> list[dict[str, Any]]:
    """What its lines say before the file is taken over."""
    row = upload(api, calendar(*parts)).json()
    lines: list[dict[str, Any]] = api.get(f"{API}/{row['id']}/lines").json()["data"]
    assert api.post(f"{API}/{row['id']}/apply").status_code == 200
    return lines


def rings() -> list[str]:
    found = Reminder.objects.order_by("next_at").values_list("next_at", flat=True)
    return [f"{at:%Y%m%dT%H%M}" for at in found if at]


def test_a_day_of_a_series_that_was_changed_by_itself(api: APIClient) -> None:
    series = event("UID:1", "SUMMARY:Choir", f"DTSTART:{day()}T180000Z", "RRULE:FREQ=WEEKLY")
    moved = event("UID:1", f"RECURRENCE-ID:{day(7)}T180000Z", "SUMMARY:Choir at the hall",
                  f"DTSTART:{day(8)}T190000Z")  # fmt: skip
    off = event("UID:1", f"RECURRENCE-ID:{day(14)}T180000Z", "STATUS:CANCELLED",
                f"DTSTART:{day(14)}T180000Z")  # fmt: skip
    onward = event("UID:1", f"RECURRENCE-ID;RANGE=THISANDFUTURE:{day(70)}T180000Z",
                   "SUMMARY:Later", f"DTSTART:{day(70)}T200000Z")  # fmt: skip
    lines = taken(api, moved, series, off, onward)
    assert [(line["outcome"], line["problem"]) for line in lines] == [
        ("reminder", ""), ("task", ""), ("refused", "cancelled"),
        ("refused", "series_changed_onward"),
    ]  # fmt: skip
    assert "by hand" in lines[3]["reason"]
    hall = Reminder.objects.get(title="Choir at the hall")
    assert hall.at == datetime.fromisoformat(f"{day(8)}T190000+00:00")
    first = Task.objects.get(title="Choir")
    assert f"{first.due_on:%Y%m%d}" == day()
    complete_task(first.pk)
    assert f"{Task.objects.get(follows=first).due_on:%Y%m%d}" == day(21)
    assert {line["outcome"] for line in taken(api, series, moved)} == {"known"}


def test_days_beside_those_of_a_rule(api: APIClient) -> None:
    lines = taken(
        api,
        event("UID:1", "SUMMARY:Market", f"DTSTART;VALUE=DATE:{day()}", "RRULE:FREQ=WEEKLY",
              f"RDATE;VALUE=DATE:{day(3)},{day(4)},20260231", f"EXDATE;VALUE=DATE:{day(4)}"),
        event("UID:2", "SUMMARY:Course", f"DTSTART:{day()}T080000Z",
              f"RDATE;VALUE=PERIOD:{day(1)}T080000Z/PT1H,{day(2)}T080000Z/{day(2)}T100000Z"),
    )  # fmt: skip
    assert [(line["title"], line["outcome"]) for line in lines] == [
        ("Market", "task"), ("Market", "reminder"),
        ("Course", "reminder"), ("Course", "reminder"), ("Course", "reminder"),
    ]  # fmt: skip
    assert lines[1]["day"] == (MONDAY + timedelta(3)).isoformat()
    assert "not in the calendar" in lines[0]["remarks"][0]
    course = Reminder.objects.filter(title="Course").order_by("at")
    assert [f"{row.at:%Y%m%d}" for row in course] == [day(), day(1), day(2)]


def test_alarms_are_counted_from_where_the_file_says(api: APIClient) -> None:
    """From the end; of a to-do from its start; of a whole day from midnight."""
    taken(
        api,
        event("UID:1", "SUMMARY:Fair", f"DTSTART:{day()}T100000Z", f"DTEND:{day()}T120000Z",
              alarm("TRIGGER;RELATED=END:-PT3H"), alarm("TRIGGER;RELATED=END:-PT30M"),
              alarm("TRIGGER:PT15M")),
        todo("UID:2", "SUMMARY:Tax", f"DTSTART:{day(1)}T080000Z", f"DUE:{day(3)}T080000Z",
             alarm("TRIGGER:-PT1H"), alarm("TRIGGER;RELATED=END:-PT2H")),
        event("UID:3", "SUMMARY:Walk", f"DTSTART:{day(5)}T100000Z", "DURATION:PT90M",
              alarm("TRIGGER;RELATED=END:-PT1H30M")),
    )  # fmt: skip
    assert rings() == [
        f"{day()}T0900", f"{day()}T1015", f"{day()}T1130",
        f"{day(1)}T0700", f"{day(3)}T0600", f"{day(5)}T1000",
    ]  # fmt: skip


def test_an_alarm_of_a_whole_day_is_counted_from_midnight(api: APIClient) -> None:
    """As an iPhone writes it: at nine on the day before, or at nine of the day itself."""
    taken(
        api,
        event("UID:1", "SUMMARY:Birthday", f"DTSTART;VALUE=DATE:{day()}", alarm("TRIGGER:-PT15H")),
        event("UID:2", "SUMMARY:Party", f"DTSTART;VALUE=DATE:{day(2)}", alarm("TRIGGER:PT9H")),
    )
    zone = ZoneInfo(home().time_zone)
    found = Reminder.objects.order_by("next_at").values_list("next_at", flat=True)
    assert [f"{at.astimezone(zone):%Y%m%dT%H%M}" for at in found if at] == [
        f"{day(-1)}T0900", f"{day(2)}T0900",
    ]  # fmt: skip


def test_alarms_that_will_not_ring_are_told(api: APIClient, in_tenant: Tenant) -> None:
    parts = (
        event("UID:1", "SUMMARY:Choir", f"DTSTART:{day()}T180000Z", f"DTEND:{day()}T200000Z",
              "RRULE:FREQ=WEEKLY", alarm("TRIGGER;RELATED=END:-PT5M"), alarm("TRIGGER:nonsense")),
        todo("UID:2", "SUMMARY:Some day", alarm("TRIGGER:-P1D")),
        event("UID:3", "SUMMARY:Far", f"DTSTART:{day()}T180000Z", alarm("TRIGGER:-P500D")),
        event("UID:4", "SUMMARY:Loud", f"DTSTART:{day()}T180000Z", *[alarm("TRIGGER:-PT5M")] * 6),
    )  # fmt: skip
    browser = signed_in(make_member(in_tenant, email="ann@example.org"))
    where = browser.post(
        "/calendar-import/", {"file": SimpleUploadedFile("a.ics", calendar(*parts))}
    )["Location"]
    assert "for it repeats" in browser.get(where).content.decode()
    told = {line["title"]: " ".join(line["remarks"]) for line in taken(api, *parts)}
    for title, words in {
        "Choir": ("for it repeats", "cannot be read"), "Some day": ("no day",),
        "Far": ("more than a year",), "Loud": ("more than five",),
    }.items():  # fmt: skip
        assert all(word in told[title] for word in words), told[title]


def test_a_zone_of_its_own_is_told_by_its_clocks_and_one_that_nobody_knows_is_said(
    api: APIClient,
) -> None:
    lines = taken(
        api, CUSTOM,
        event("UID:1", "SUMMARY:Call", f"DTSTART;TZID=Customized Time Zone:{day()}T090000"),
        event("UID:2", "SUMMARY:Launch", f"DTSTART;TZID=Mars/Olympus:{day()}T090000"),
    )  # fmt: skip
    assert "America/New_York" in lines[0]["remarks"][0]
    assert "Mars/Olympus" in lines[1]["remarks"][0]
    for title, zone in (("Call", "America/New_York"), ("Launch", home().time_zone)):
        at = Reminder.objects.get(title=title).at
        assert at is not None
        assert f"{at.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M}" == f"{day()}T0900"


def test_names_of_zones() -> None:
    for said, name in (
        ("Europe/Berlin", "Europe/Berlin"), ("W. Europe Standard Time", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/America/New_York", "America/New_York"),
        ("/citadel.org/20250101_1/America/Argentina/Salta", "America/Argentina/Salta"),
    ):  # fmt: skip
        assert str(known(said)) == name
    for unknown in ("", "/", "../../etc/passwd", "Nowhere/Land", "Europe/"):
        assert known(unknown) is None, unknown


def test_a_to_do_whose_rule_no_task_can_have_is_said_before(api: APIClient) -> None:
    (line,) = taken(
        api, todo("UID:1", "SUMMARY:Often", f"DUE:{day()}", "RRULE:FREQ=DAILY;COUNT=1000000")
    )
    assert (line["outcome"], line["problem"]) == ("refused", "too_many_occurrences")
    assert line["reason"]
