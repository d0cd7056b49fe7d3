"""Reminders: told when their time has come, once or until they are done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from jobs.models import Job
from notifications.models import Notification
from organizer.models import Reminder, Task
from organizer.reminders import enqueue_due_reminders, tell_due
from organizer.todo import add_task, change_task, complete_task
from tenancy.models import Tenant
from tests.make import make_member
from tests.organizer.test_contacts import client
from tests.pages import signed_in

API = "/api/v1/reminders"
NO_TASK = "0190f0f0-0000-7000-8000-000000000000"
NOW = datetime(2030, 5, 1, 10, tzinfo=UTC)


@pytest.fixture
def api(in_tenant: Tenant, time_machine: Any) -> APIClient:
    time_machine.move_to(NOW, tick=False)
    return client(in_tenant)


def added(api: APIClient, **body: Any) -> dict[str, Any]:
    answer = api.post(API, body, format="json")
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def told() -> list[str]:
    """What has been told and not taken back, oldest first."""
    rows = Notification.objects.filter(kind="reminder", cancelled_at=None).order_by("id")
    return [row.facts["title"] for row in rows]


def test_one_is_told_once_at_its_time(api: APIClient) -> None:
    added(api, title="Call mum", note="0151 …", at="2030-05-01T11:00:00Z")
    assert tell_due(NOW) == (0, 0)
    assert tell_due(NOW + timedelta(hours=2)) == (1, 1)
    assert tell_due(NOW + timedelta(hours=2)) == (0, 0)
    assert told() == ["Call mum"]
    row = Reminder.objects.get()
    assert (row.next_at, row.told_at) == (None, NOW + timedelta(hours=2))


def test_one_that_repeats_goes_on_until_it_is_done_without_a_flood(api: APIClient) -> None:
    body = added(api, title="Water", at="2030-05-01T11:00:00Z", repeat_minutes=60)
    tell_due(NOW + timedelta(hours=1))
    # Three days of downtime.
    tell_due(NOW + timedelta(days=3, minutes=30))
    assert told() == ["Water", "Water"]
    row = Reminder.objects.get()
    assert row.next_at == NOW + timedelta(days=3, hours=1)
    done = api.post(f"{API}/{body['id']}/done").json()
    assert (done["done_at"] is None, done["next_at"]) == (False, None)
    tell_due(NOW + timedelta(days=9))
    assert told() == []
    assert api.post(f"{API}/{body['id']}/done").json() == done


def test_snoozed_it_comes_later(api: APIClient) -> None:
    body = added(api, title="Call", at="2030-05-01T11:00:00Z")
    tell_due(NOW + timedelta(hours=1))
    later = {"until": "2030-05-02T08:00:00Z"}
    assert api.post(f"{API}/{body['id']}/snooze", later, format="json").status_code == 200
    assert told() == []
    tell_due(NOW + timedelta(days=1))
    assert told() == ["Call"]
    gone = api.post(f"{API}/{body['id']}/snooze", {"until": "2029-01-01T00:00:00Z"}, format="json")
    assert gone.json()["code"] == "not_ahead"


def test_one_follows_its_task(api: APIClient) -> None:
    task = add_task("Pay rent", due_on=NOW.date() + timedelta(5))
    body = added(api, task=str(task.pk), minutes_before=24 * 60)
    assert (body["title"], body["next_at"]) == ("Pay rent", "2030-05-05T08:00:00Z")
    change_task(task.pk, {"due_on": NOW.date() + timedelta(2)})
    tell_due(NOW)
    assert Reminder.objects.get().next_at == datetime(2030, 5, 2, 8, tzinfo=UTC)
    change_task(task.pk, {"due_on": NOW.date() + timedelta(10)})
    tell_due(NOW + timedelta(days=2))
    assert told() == []
    tell_due(NOW + timedelta(days=9))
    assert told() == ["Pay rent"]
    change_task(task.pk, {"due_on": NOW.date() + timedelta(20)})
    tell_due(NOW + timedelta(days=19))
    assert told() == ["Pay rent", "Pay rent"]
    complete_task(task.pk)
    tell_due(NOW + timedelta(days=19))
    assert told() == []
    assert Reminder.objects.get().done_at is not None


def test_a_task_with_a_time_and_one_that_lost_its_day(api: APIClient) -> None:
    day = NOW.date() + timedelta(1)
    task = add_task("Train", due_on=day, due_time=datetime(2030, 1, 1, 15, 30).time())  # noqa: DTZ001
    body = added(api, task=str(task.pk), minutes_before=15)
    assert body["next_at"] == "2030-05-02T15:15:00Z"
    change_task(task.pk, {"due_on": None, "due_time": None})
    tell_due(NOW + timedelta(days=3))
    assert told() == []
    Task.objects.all().delete()
    assert not Reminder.objects.exists()


def test_due_reminders_ask_for_one_job(api: APIClient) -> None:
    added(api, title="Call", at="2030-05-01T10:00:30Z")
    Reminder.objects.update(next_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert enqueue_due_reminders() == enqueue_due_reminders()
    assert Job.objects.filter(kind="organizer.remind").count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"title": "x"}, "when"), ({"title": "x", "at": "2020-01-01T00:00:00Z"}, "not_ahead"),
        ({"at": "2030-05-02T00:00:00Z"}, "blank"),
        ({"title": "x", "minutes_before": 5}, "task_without_day"),
        ({"title": "x", "at": "2030-05-02T00:00:00Z", "repeat_minutes": 1}, "min_value"),
        ({"title": "x", "task": NO_TASK, "minutes_before": 5}, "unknown_task"),
    ],
)  # fmt: skip
def test_what_is_no_reminder_is_refused(api: APIClient, body: dict[str, Any], code: str) -> None:
    answer = api.post(API, body, format="json")
    assert answer.status_code == 400
    assert code in answer.content.decode()


def test_a_reminder_is_its_makers_alone(in_tenant: Tenant, api: APIClient) -> None:
    body = added(api, title="Secret", at="2030-05-02T00:00:00Z")
    other = client(in_tenant, email="other@example.org")
    assert other.get(API).json()["data"] == []
    assert other.delete(f"{API}/{body['id']}").status_code == 404
    assert api.patch(f"{API}/{body['id']}", {"note": "n"}, format="json").json()["note"] == "n"
    assert api.delete(f"{API}/{body['id']}").status_code == 204


def test_reminders_on_their_page(in_tenant: Tenant, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    browser: Client = signed_in(make_member(in_tenant, email="ann@example.org"))
    assert "No reminders" in browser.get("/reminders/").content.decode()
    assert browser.post("/reminders/add/", {"title": ""}).status_code == 422
    browser.post(
        "/reminders/add/", {"title": "Call", "at": "2030-05-03T09:30", "repeat_minutes": "60"}
    )
    task = add_task("Pay", due_on=NOW.date() + timedelta(5))
    browser.post(
        "/reminders/add/", {"task": str(task.pk), "minutes_before": "60", "repeat_minutes": ""}
    )
    html = browser.get("/reminders/").content.decode()
    assert "Call" in html
    assert "09:30" in html
    row, other = Reminder.objects.order_by("next_at")
    assert (row.repeat_minutes, other.next_at) == (60, datetime(2030, 5, 6, 7, tzinfo=UTC))
    browser.post(f"/reminders/{row.pk}/", {"verb": "tomorrow"})
    row.refresh_from_db()
    assert row.next_at == datetime(2030, 5, 2, 8, tzinfo=UTC)
    browser.post(f"/reminders/{row.pk}/", {"verb": "done"})
    browser.post(f"/reminders/{other.pk}/", {"verb": "remove"})
    assert [each.title for each in Reminder.objects.exclude(done_at=None)] == ["Call"]
    assert Reminder.objects.count() == 1
