"""Tasks, at the API and on their page."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance.bills.managing import add_bill
from finance.money import Money
from finance.querysets import today
from organizer.contacts.keeping import add_contact
from organizer.following import follow
from organizer.linking import Link
from organizer.models import Task
from organizer.querysets import LISTED, dressed, shown
from organizer.serializers import TaskSerializer
from organizer.todo import add_task, complete_task
from tenancy.models import Tenant
from tests.make import make_member

API = "/api/v1/tasks"
DAY = "2026-05-27"
FEBRUARY_30 = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"


@pytest.fixture
def api(in_tenant: Tenant) -> APIClient:
    access = start_session(make_member(in_tenant, email="bob@example.org")).access
    return APIClient(headers={"Authorization": f"Bearer {access}"})


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["data"]]


def test_a_task_is_added_changed_done_opened_and_removed(api: APIClient) -> None:
    made = api.post(API, {"title": " Call  mum ", "tags": ["family"]}, format="json")
    assert (made.status_code, made.json()["title"]) == (201, "Call mum")
    url = f"{API}/{made.json()['id']}"
    day = str(today())
    changed = api.patch(url, {"due_on": day, "priority": "high"}, format="json").json()
    assert (changed["due_on"], changed["priority"], changed["tags"]) == (day, "high", ["family"])
    done = api.post(f"{url}/complete").json()
    assert (done["state"], done["done_at"] is None) == ("done", False)
    opened = api.post(f"{url}/reopen").json()
    assert (opened["state"], opened["done_at"]) == ("open", None)
    assert api.delete(url).status_code == 204
    assert api.post(f"{url}/complete").status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"title": "x", "rule": "FREQ=MONTHLY"}, "rule_without_day"),
        ({"title": "x", "due_time": "09:00"}, "time_without_day"),
        ({"title": "x", "due_on": DAY, "due_time": "09:00", "time_zone": "Mars/Base"}, "time_zone"),
        ({"title": "x", "due_on": DAY, "due_time": "09:00", "time_zone": "../x"}, "time_zone"),
        ({"title": "x", "assignee": str(uuid.uuid4())}, "not_a_member"),
        ({"title": "x", "links": [{"kind": "bill", "id": str(uuid.uuid4())}]}, "unknown_reference"),
        ({"title": "x", "checklist": [{"text": "a"}] * 101}, "checklist"),
        ({"title": "x", "due_on": DAY, "rule": "every day"}, "rule_syntax"),
        ({"title": "x", "due_on": DAY, "rule": "FREQ=SECONDLY"}, "rule_too_often"),
        ({"title": "x", "due_on": DAY, "rule": "FREQ=DAILY;BYHOUR=1"}, "rule_too_often"),
        ({"title": "x", "due_on": DAY, "rule": "FREQ=WEEKLY;BYMONTHDAY=1"}, "rule_part"),
        ({"title": "x", "due_on": DAY, "rule": "FREQ=DAILY;COUNT=2;UNTIL=20300101"}, "rule_part"),
        ({"title": "x", "due_on": DAY, "rule": "FREQ=DAILY;COUNT=1000000"}, "too_many_occurrences"),
        ({"title": "x", "due_on": DAY, "rule": FEBRUARY_30}, "impossible_rule"),
        ({"title": "x", "due_on": "2300-01-01"}, "date_out_of_range"),
        ({"title": "x", "tags": ["t"] * 21}, "max_length"),
        ({"title": "x", "repeat_by": "eon"}, "invalid_choice"),
        ({"title": "x", "state": "done"}, "unknown_field"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    api: APIClient, body: dict[str, Any], code: str
) -> None:
    answer = api.post(API, body, format="json")
    assert answer.status_code == 400
    assert code in answer.content.decode()
    assert not Task.objects.exists()


def test_one_that_repeats_is_followed_once_and_keeps_its_31st(api: APIClient) -> None:
    row = add_task("Close books", due_on=date(2096, 1, 31), rule="FREQ=MONTHLY;BYMONTHDAY=-1")
    days = []
    for _ in range(3):
        assert api.post(f"{API}/{row.pk}/complete").status_code == 200
        assert api.post(f"{API}/{row.pk}/complete").status_code == 200
        row = Task.objects.get(state="open")
        days.append(row.due_on)
    assert days == [date(2096, 2, 29), date(2096, 3, 31), date(2096, 4, 30)]


def test_what_was_long_overdue_does_not_come_back_as_a_flood(in_tenant: Tenant) -> None:
    late = add_task("Water", due_on=today() - timedelta(400), rule="FREQ=DAILY")
    complete_task(late.pk)
    assert [row.due_on for row in Task.objects.filter(state="open")] == [today()]


def test_quick_add_makes_what_was_typed(api: APIClient) -> None:
    made = api.post(f"{API}/quick-add", {"text": "pay rent every 1st #home !high"}, format="json")
    assert made.status_code == 201
    said = made.json()
    assert (said["title"], said["tags"], said["priority"]) == ("pay rent", ["home"], "high")
    assert said["rule"] == "FREQ=MONTHLY;BYMONTHDAY=1"
    assert date.fromisoformat(said["due_on"]).day == 1
    assert date.fromisoformat(said["due_on"]) >= today()
    empty = api.post(f"{API}/quick-add", {"text": "#home tomorrow"}, format="json")
    assert (empty.status_code, Task.objects.count()) == (400, 1)


def test_views(api: APIClient) -> None:
    for title, days in (("late", -1), ("now", 0), ("later", 1)):
        add_task(title, due_on=today() + timedelta(days))
    complete_task(add_task("ready").pk)
    add_task("some day")
    assert titles(api.get(API, {"view": "today"})) == ["late", "now"]
    assert titles(api.get(API, {"view": "upcoming"})) == ["later"]
    assert titles(api.get(API, {"view": "overdue"})) == ["late"]
    assert titles(api.get(API, {"view": "done"})) == ["ready"]
    assert titles(api.get(API, {"view": "open"})) == ["late", "now", "later", "some day"]
    assert api.get(API, {"view": "x"}).status_code == 400


def test_what_is_given_is_what_the_fields_say(api: APIClient) -> None:
    """The serializer writes rows itself, for speed: as its declared fields would."""
    contact = add_contact(name="Doctor Lem")
    links = (Link("contact", contact.pk),)
    done = add_task("Done", due_on=today(), rule="FREQ=DAILY", except_on=[today()], links=links)
    complete_task(done.pk)
    add_task(
        "Call", due_on=today(), due_time=time(9, 30), time_zone="Asia/Kolkata", tags=["a"],
        checklist=[{"text": "x", "is_done": True}], links=links,
    )  # fmt: skip
    add_bill("Stadtwerke", Money.parse("84.20", "EUR"), today(), reference="R-17")
    follow(today())
    add_task("Plain", tags=["b"], notes="Nothing beside its own columns.")
    rows = list(shown(Task.objects.all()))
    assert len(rows) == 5
    listed = dressed(list(LISTED.all()))
    assert sum(isinstance(row, dict) for row in listed) == 1
    by_id = {given["id"]: given for given in TaskSerializer(listed, many=True).data}
    assert by_id == {str(row.pk): TaskSerializer(row).data for row in rows}
    for row in rows:
        given = TaskSerializer(row).data
        declared = serializers.ModelSerializer.to_representation(TaskSerializer(), row)
        assert JSONRenderer().render(given | {}) == JSONRenderer().render(
            {name: declared[name] for name in given}
        )
        assert given.keys() == declared.keys()
