"""Calendar files of other programs: looked at, taken over once, bad ones named in clear words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from organizer.models import CalendarImport, Reminder, Task
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
OUTCOMES = ["task", "task", "task", "reminder", "reminder", "past", "refused", "refused", "refused",
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
        "repeats", "bad_day", "no_title", "cancelled",
    ]  # fmt: skip
    assert not Task.objects.exists()
    done = api.post(f"{API}/{row['id']}/apply").json()
    assert done["result"] == {"task": 3, "reminder": 2, "past": 1, "refused": 4, "known": 1}
    steuer = Task.objects.get(title="Steuer, 2026")
    assert (steuer.notes, steuer.priority, f"{steuer.due_on:%Y%m%d}") == ("a\nb", "high", SOON)
    assert Task.objects.get(title="Done").state == "done"
    assert Task.objects.get(title="Rent").rule
    fair = Reminder.objects.get(title="Fair")
    assert fair.at is not None
    assert fair.at.strftime("%Y%m%dT%H") in (f"{SOON}T08", f"{SOON}T09")
    again = upload(api, WHOLE).json()
    outcomes = {line["outcome"] for line in api.get(f"{API}/{again['id']}/lines").json()["data"]}
    assert outcomes == {"known", "past", "refused"}
    assert api.post(f"{API}/{row['id']}/apply").json()["code"] == "applied"


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
    assert (Task.objects.count(), Reminder.objects.count()) == (3, 2)
    assert "taken over" in browser.get(where).content.decode()
