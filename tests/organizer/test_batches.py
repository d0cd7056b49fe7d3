"""Many tasks at once, undone at once, and narrowed by what they are about; at the API."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import start_session
from finance.bills.managing import add_bill
from finance.money import Money
from organizer.models import Task
from organizer.todo import add_task, change_task
from tenancy.models import Tenant
from tests.make import make_member

API = "/api/v1/tasks"


@pytest.fixture
def bob(in_tenant: Tenant) -> User:
    return make_member(in_tenant, email="bob@example.org", name="Bob Stone")


@pytest.fixture
def api(bob: User) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {start_session(bob).access}"})


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["data"]]


def state() -> list[tuple[Any, ...]]:
    return [
        (t.title, t.due_on, t.state, t.priority, t.tags, t.assignee_id)
        for t in Task.objects.order_by("title", "due_on")
    ]


def test_many_are_changed_and_undone_at_once(api: APIClient, bob: User) -> None:
    one = add_task("one", due_on=date(2095, 1, 31), tags=["home"])
    two = add_task("two", due_on=date(2095, 6, 1), rule="FREQ=MONTHLY")
    three = add_task("three", priority="low")
    before = state()
    body = {
        "ids": [str(one.pk), str(two.pk), str(three.pk), str(uuid.uuid4())],
        "is_done": True, "move_days": 1, "assignee": str(bob.pk), "priority": "high",
        "add_tags": ["#Tax"], "remove_tags": ["home"],
    }  # fmt: skip
    done = api.post(f"{API}/bulk", body, format="json").json()
    assert done["changed"] == 3
    assert state() == [
        ("one", date(2095, 2, 1), "done", "high", ["tax"], bob.pk),
        ("three", None, "done", "high", ["tax"], bob.pk),
        ("two", date(2095, 6, 2), "done", "high", ["tax"], bob.pk),
        ("two", date(2095, 7, 1), "open", "high", ["tax"], bob.pk),
    ]
    undo = f"/api/v1/task-batches/{done['batch_id']}/undo"
    assert api.post(undo).json() == {"restored": 3, "changed_since": 0}
    assert state() == before
    assert api.post(undo).json() == {"restored": 0, "changed_since": 0}


def test_what_changed_since_stays(api: APIClient) -> None:
    one, two = add_task("one"), add_task("two")
    body = {"ids": [str(one.pk), str(two.pk)], "priority": "high"}
    batch = api.post(f"{API}/bulk", body, format="json").json()["batch_id"]
    change_task(two.pk, {"title": "too"})
    answer = api.post(f"/api/v1/task-batches/{batch}/undo").json()
    assert answer == {"restored": 1, "changed_since": 1}
    assert [t.priority for t in Task.objects.order_by("title")] == ["normal", "high"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "no_change"),
        ({"assignee": str(uuid.uuid4())}, "not_a_member"),
        ({"move_days": 100_000}, "max_value"),
        ({"due_on": "2300-01-01"}, "date_out_of_range"),
        ({"add_tags": ["x" * 41]}, "tags"),
        ({"title": "x"}, "unknown_field"),
    ],
)
def test_bad_bulk_edits_change_nothing(api: APIClient, change: dict[str, Any], code: str) -> None:
    rows = [add_task("one"), add_task("two")]
    before = state()
    answer = api.post(f"{API}/bulk", {"ids": [str(r.pk) for r in rows]} | change, format="json")
    assert (answer.status_code, code in answer.content.decode()) == (400, True), answer.content
    assert state() == before


def test_filters(api: APIClient, bob: User) -> None:
    bill = add_bill("Stadtwerke", Money.parse("10.00", "EUR"), date(2095, 1, 1))
    made = api.post(
        API,
        {"title": "mine", "assignee": str(bob.pk), "tags": ["grün"],
         "links": [{"kind": "bill", "id": str(bill.pk)}]},
        format="json",
    ).json()  # fmt: skip
    assert made["links"] == [{"kind": "bill", "id": str(bill.pk)}]
    add_task("free", tags=["grünkohl"], due_on=date(2095, 1, 1), rule="FREQ=DAILY")
    assert titles(api.get(API, {"assignee": "me"})) == ["mine"]
    assert titles(api.get(API, {"assignee": str(bob.pk)})) == ["mine"]
    assert titles(api.get(API, {"assignee": "nobody"})) == ["free"]
    assert titles(api.get(API, {"tag": "Grün"})) == ["mine"]
    assert titles(api.get(API, {"repeats": "true"})) == ["free"]
    assert titles(api.get(API, {"bill": str(bill.pk)})) == ["mine"]
    assert titles(api.get(API, {"from_ledger": "true"})) == []
    assert api.get(API, {"assignee": "x"}).status_code == 400
    cleared = api.patch(f"{API}/{made['id']}", {"links": []}, format="json").json()
    assert cleared["links"] == []


def test_pages_follow_each_other_without_gaps(api: APIClient) -> None:
    for n in range(7):
        add_task(f"{n}", due_on=None if n % 3 == 0 else date(2095, 1, 1 + n % 2))
    found, url = [], f"{API}?limit=2"
    while url:
        page = api.get(url).json()
        found += [row["title"] for row in page["data"]]
        url = page["next"]
    assert found == ["2", "4", "1", "5", "0", "3", "6"]


def test_a_line_is_shown_before_it_is_added(api: APIClient, bob: User) -> None:
    body = {"text": "pay rent every 1st at 9:00 #home !high @bob"}
    said = api.post(f"{API}/quick-add/preview", body, format="json").json()
    assert said["title"] == "pay rent"
    assert (said["rule"], said["due_time"]) == ("FREQ=MONTHLY;BYMONTHDAY=1", "09:00:00")
    assert (said["assignee"], said["tags"], said["priority"]) == (str(bob.pk), ["home"], "high")
    assert not Task.objects.exists()
    made = api.post(f"{API}/quick-add", body, format="json").json()
    assert {name: made[name] for name in said} == said
    other = api.post(f"{API}/quick-add", {"text": "ask @nobody-here"}, format="json").json()
    assert (other["title"], other["assignee"]) == ("ask @nobody-here", None)
