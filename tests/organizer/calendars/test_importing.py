"""Calendar files of other programs: looked at, taken over once, bad ones named in clear words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from finance.querysets import today
from organizer.models import CalendarImport, Reminder, Task
from organizer.todo import complete_task
from tenancy.models import Tenant
from tests.make import make_member
from tests.organizer.test_contacts import client
from tests.pages import signed_in

API = "/api/v1/calendar-imports"
SOON = f"{datetime.now(UTC) + timedelta(30):%Y%m%d}"


def calendar(*parts: str) -> bytes:
    body = "\r\n".join(
        ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *parts, "END:VCALENDAR", "")
    )
    return body.encode()


def event(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT"))


def todo(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VTODO", *lines, "END:VTODO"))


WHOLE = calendar(
    "BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000"
    "\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE",
    todo("UID:1", "SUMMARY:Steuer\\, 2026", f"DUE;VALUE=DATE:{SOON}", "PRIORITY:1",
         "DESCRIPTION:a\\nb"),
    todo("UID:2", "SUMMARY:Done", "STATUS:COMPLETED"),
    todo("UID:3", "SUMMARY:Rent", f"DUE;VALUE=DATE:{SOON}", "RRULE:FREQ=MONTHLY"),
    event("UID:4", "SUMMARY:Fair", f"DTSTART;TZID=W. Europe Standard Time:{SOON}T100000",
          "BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nSUMMARY:not this\r\nEND:VALARM"),
    event("UID:5", "SUMMARY:Whole day", f"DTSTART;VALUE=DATE:{SOON}"),
    event("UID:6", "SUMMARY:Long ago", "DTSTART:20200101T100000Z"),
    event("UID:7", "SUMMARY:Weekly", f"DTSTART:{SOON}T100000Z", "RRULE:FREQ=WEEKLY"),
    event("UID:8", "SUMMARY:Bad day", "DTSTART:20260231T100000Z"),
    event("UID:9", f"DTSTART:{SOON}T100000Z"),
    event("UID:10", "SUMMARY:Off", f"DTSTART:{SOON}T100000Z", "STATUS:CANCELLED"),
    event("UID:1", "SUMMARY:Twice", f"DTSTART:{SOON}T100000Z"),
)  # fmt: skip
OUTCOMES = ["task", "task", "task", "reminder", "reminder", "past", "task", "refused", "refused",
            "refused", "known"]  # fmt: skip


@pytest.fixture
def api(in_tenant: Tenant) -> APIClient:
    return client(in_tenant)


def upload(api: APIClient, data: bytes) -> Any:
    return api.post(API, {"file": SimpleUploadedFile("a.ics", data)}, format="multipart")


def test_to_dos_become_tasks_and_events_reminders(api: APIClient) -> None:
    row = upload(api, WHOLE).json()
    lines = api.get(f"{API}/{row['id']}/lines").json()["data"]
    assert [line["outcome"] for line in lines] == OUTCOMES
    assert [line["problem"] for line in lines if line["outcome"] == "refused"] == [
        "bad_day", "no_title", "cancelled",
    ]  # fmt: skip
    assert not Task.objects.exists()
    done = api.post(f"{API}/{row['id']}/apply").json()
    assert done["result"] == {"task": 4, "reminder": 2, "past": 1, "refused": 3, "known": 1}
    steuer = Task.objects.get(title="Steuer, 2026")
    assert (steuer.notes, steuer.priority, f"{steuer.due_on:%Y%m%d}") == ("a\nb", "high", SOON)
    assert Task.objects.get(title="Done").state == "done"
    assert Task.objects.get(title="Rent").rule
    fair = Reminder.objects.get(title="Fair")
    assert fair.at is not None
    # Its alarm rings a quarter of an hour before.
    assert fair.at.strftime("%Y%m%dT%H%M") in (f"{SOON}T0745", f"{SOON}T0845")
    again = upload(api, WHOLE).json()
    outcomes = {line["outcome"] for line in api.get(f"{API}/{again['id']}/lines").json()["data"]}
    assert outcomes == {"known", "past", "refused"}
    assert api.post(f"{API}/{row['id']}/apply").json()["code"] == "applied"


def applied(api: APIClient, *parts: str) -> dict[str, int]:
    row = upload(api, calendar(*parts)).json()
    result: dict[str, int] = api.post(f"{API}/{row['id']}/apply").json()["result"]
    return result


def test_an_event_that_repeats_becomes_a_series_in_its_own_zone(api: APIClient) -> None:
    # Mondays in New York, since long ago; the next one is left out.
    monday = today() + timedelta(7 - today().weekday())
    assert applied(
        api,
        event("UID:1", "SUMMARY:Choir", "DTSTART;TZID=America/New_York:20240101T233000",
              "RRULE:FREQ=WEEKLY;BYDAY=MO", f"EXDATE;TZID=America/New_York:{monday:%Y%m%d}T233000",
              "BEGIN:VALARM\r\nTRIGGER:-PT1H\r\nEND:VALARM"),
        event("UID:2", "SUMMARY:Over", "DTSTART:20200101T100000Z", "RRULE:FREQ=DAILY;COUNT=3"),
        event("UID:3", "SUMMARY:Odd", "DTSTART:20200101", "RRULE:FREQ=WEEKLY", "RDATE:20200103"),
        event("UID:4", "SUMMARY:Fine", "DTSTART:20200229", "RRULE:FREQ=YEARLY;COUNT=900"),
        event("UID:5", "SUMMARY:Never", f"DTSTART:{SOON}",
              "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
        event("UID:6", "SUMMARY:Often", f"DTSTART:{SOON}", "RRULE:FREQ=HOURLY"),
    ) == {"task": 3, "past": 2, "refused": 2}  # fmt: skip
    choir = Task.objects.get(title="Choir")
    assert (choir.due_on, choir.due_time, choir.time_zone) == (
        monday if monday < today() else monday + timedelta(7), time(23, 30), "America/New_York",
    )  # fmt: skip
    assert (choir.repeat_from, choir.except_on) == (date(2024, 1, 1), [monday.isoformat()])
    leap = Task.objects.get(title="Fine").due_on
    assert leap is not None
    assert (leap.month, leap.day) == (2, 29)
    ring = Reminder.objects.get(task=choir)
    assert choir.due_at is not None
    assert ring.next_at == choir.due_at - timedelta(hours=1)
    # The next of the series is told of as well.
    complete_task(choir.pk)
    following = Task.objects.get(follows=choir)
    assert following.due_at is not None
    assert Reminder.objects.get(task=following).next_at == following.due_at - timedelta(hours=1)


def test_alarms_become_reminders_unless_they_have_rung(api: APIClient) -> None:
    def alarm(*lines: str) -> str:
        return "\r\n".join(("BEGIN:VALARM", *lines, "END:VALARM"))

    assert applied(
        api,
        todo("UID:1", "SUMMARY:Tax", f"DUE:{SOON}T100000Z", alarm("TRIGGER:-P1D"),
             alarm("TRIGGER;RELATED=END:-PT5M"), alarm("TRIGGER:-P90D"), alarm("TRIGGER:PT5M"),
             alarm(f"TRIGGER;VALUE=DATE-TIME:{SOON}T060000Z"), alarm("TRIGGER:nonsense")),
        todo("UID:2", "SUMMARY:No day", alarm("TRIGGER:-P1D")),
        todo("UID:3", "SUMMARY:Done", f"DUE:{SOON}T100000Z", "STATUS:COMPLETED",
             alarm("TRIGGER:-P1D")),
        event("UID:4", "SUMMARY:Fair", f"DTSTART:{SOON}T100000Z", alarm("TRIGGER:-PT30M"),
              alarm("TRIGGER:-PT1H")),
        event("UID:5", "SUMMARY:Far", f"DTSTART:{SOON}T100000Z", alarm("TRIGGER:-P60D")),
    ) == {"task": 3, "reminder": 2}  # fmt: skip
    rings = sorted((row.title, f"{row.next_at:%d %H%M}") for row in Reminder.objects.all())
    day, before = SOON[6:], f"{datetime.now(UTC) + timedelta(29):%d}"
    assert rings == sorted(
        [("Tax", f"{before} 1000"), ("Tax", f"{day} 0600"), ("Tax", f"{day} 0955"),
         ("Tax", f"{day} 1005"), ("Fair", f"{day} 0900"),
         ("Fair", f"{day} 0930"), ("Far", f"{day} 1000")]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"Hello", "unreadable"), (b"  ", "empty"), (calendar(), "empty"),
        (calendar(*[event("SUMMARY:x", "DTSTART:20300101")] * 2_001), "too_many"),
    ],
)  # fmt: skip
def test_what_is_no_calendar_is_refused_in_clear_words(
    api: APIClient, data: bytes, code: str
) -> None:
    answer = upload(api, data)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not CalendarImport.objects.exists()


def test_a_file_that_breaks_off_and_one_with_a_bad_rule(api: APIClient) -> None:
    data = calendar(
        todo("SUMMARY:Fine"), todo("SUMMARY:Rule", "DUE:20300101", "RRULE:FREQ=SECONDLY")
    )
    row = upload(api, data.replace(b"END:VCALENDAR\r\n", b"BEGIN:VTODO\r\nSUMMARY:Cut\r\n")).json()
    assert api.post(f"{API}/{row['id']}/apply").json()["result"] == {"task": 1, "refused": 2}
    assert [task.title for task in Task.objects.all()] == ["Fine"]


def test_a_calendar_is_looked_at_on_its_page(in_tenant: Tenant) -> None:
    browser: Client = signed_in(make_member(in_tenant, email="ann@example.org"))
    bad = browser.post("/calendar-import/", {"file": SimpleUploadedFile("a.txt", b"Hello")})
    assert bad.status_code == 422
    assert "no calendar file" in bad.content.decode()
    where = browser.post("/calendar-import/", {"file": SimpleUploadedFile("a.ics", WHOLE)})[
        "Location"
    ]
    html = browser.get(where).content.decode()
    assert "Steuer, 2026" in html
    assert "It has no title." in html
    browser.post(where, {"verb": "apply"})
    assert (Task.objects.count(), Reminder.objects.count()) == (4, 2)
    assert "taken over" in browser.get(where).content.decode()
