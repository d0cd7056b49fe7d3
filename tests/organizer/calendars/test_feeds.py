"""Feeds at their doors: secret, revocable, never more than what their member may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Membership, Role, User
from finance.bills.managing import add_bill, dismiss
from finance.ledger import Source
from finance.models import AnnouncementKind
from finance.money import Money
from finance.querysets import today
from finance.recurring.templates import Template, add_recurring
from finance.subscriptions.announcing import Said, hear
from organizer.calendar_views import BY_FEED, WRONG_BY_ADDRESS
from organizer.models import CalendarFeed, FeedEntry
from organizer.todo import add_task, change_task, complete_task
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.finance.make import make_account
from tests.make import make_member
from tests.organizer.calendars import strict
from tests.organizer.test_contacts import client
from tests.pages import signed_in

API = "/api/v1/calendar-feeds"
ALL = ["tasks", "reminders", "bills", "renewals", "recurring"]


def made(api: APIClient, **fields: Any) -> str:
    """The path of a new feed's address."""
    answer = api.post(API, {"name": "Phone", "parts": ALL, **fields}, format="json")
    assert answer.status_code == 201, answer.content
    address: str = answer.json()["address"]
    return address.removeprefix("http://localhost:8000")


def events(path: str, **headers: str) -> dict[str, dict[str, str]]:
    """What a program reads that knows nothing but the address, by kind of event."""
    answer = Client().get(path, headers=headers or None)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/calendar")
    whole = strict.read(answer.content.decode())
    return {e.values["UID"].partition("-")[0]: e.values for e in whole.all("VEVENT")}


def test_a_feed_shows_what_is_due(api: APIClient) -> None:
    day = today() + timedelta(5)
    add_task("Call; mum, now", due_on=day, priority="high")
    add_bill("Stadtwerke", Money(8400, "EUR"), day)
    hear([Said(Source("email", "1"), AnnouncementKind.TRIAL_ENDS, "Films", today(), day)])
    account = make_account()
    add_recurring(Template("Rent", account.pk, Money(-50000, "EUR"), day))
    found = events(made(api))
    assert found.keys() == {"task", "bill", "announcement", "recurring"}
    assert found["task"]["SUMMARY"] == "Call\\; mum\\, now"
    assert "84.00" in found["bill"]["SUMMARY"]
    assert found["announcement"]["SUMMARY"].startswith("Trial ends: Films")
    assert "84.00" not in str(events(made(api, shows_amounts=False)))
    assert events(made(api, parts=["bills"])).keys() == {"bill"}


def test_changes_count_and_what_is_gone_is_cancelled(api: APIClient, time_machine: Any) -> None:
    task = add_task("Call", due_on=today() + timedelta(3))
    bill = add_bill("Power", Money(100, "EUR"), today() + timedelta(3))
    path = made(api)
    first = events(path)
    assert (first["task"]["SEQUENCE"], first["task"]["STATUS"]) == ("0", "CONFIRMED")
    change_task(task.pk, {"title": "Call again"})
    second = events(path)["task"]
    assert (second["UID"], second["SEQUENCE"]) == (first["task"]["UID"], "1")
    complete_task(task.pk)
    dismiss(bill.pk)
    third = events(path)
    assert {(e["STATUS"], e["SUMMARY"]) for e in third.values()} == {("CANCELLED", "–")}
    assert third["task"]["SEQUENCE"] == "2"
    assert events(path) == third
    FeedEntry.objects.update(gone_at="2020-01-01T00:00:00Z")
    assert events(path) == {}


def test_the_same_calendar_is_not_sent_twice(api: APIClient) -> None:
    task = add_task("Call", due_on=today())
    path = made(api)
    first = Client().get(path)
    again = Client().get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    change_task(task.pk, {"title": "Write"})
    changed = Client().get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert Client().post(path).status_code == 405


def test_the_token_is_kept_as_a_hash_and_can_be_revoked(api: APIClient) -> None:
    path = made(api)
    token = path.rpartition("/")[2].removesuffix(".ics")
    row = CalendarFeed.objects.get()
    assert token not in str(row.__dict__)
    assert token.startswith(row.prefix)
    assert token not in api.get(API).content.decode()
    renewed = api.post(f"{API}/{row.pk}/renew").json()["address"]
    assert Client().get(path).status_code == 404
    new = renewed.removeprefix("http://localhost:8000")
    assert Client().get(new).status_code == 200
    assert api.delete(f"{API}/{row.pk}").status_code == 204
    assert Client().get(new).status_code == 404
    assert api.get(API).json()["data"] == []


def test_it_never_shows_more_than_its_member_may_see(in_tenant: Tenant, stranger: Tenant) -> None:
    role = Role.objects.create(
        key="clerk", name="Clerk",
        permissions=["tasks:read", "calendars:read", "calendars:write", "transactions:read"],
    )  # fmt: skip
    clerk = client(in_tenant, "clerk", "clerk@example.org")
    add_task("Call", due_on=today())
    add_bill("Power", Money(100, "EUR"), today())
    with tenant_scope(stranger.id):
        add_task("Theirs", due_on=today())
    path = made(clerk)
    assert events(path).keys() == {"task", "bill"}
    role.permissions = ["tasks:read"]
    role.save()
    found = events(path)
    assert (found["task"]["STATUS"], found["bill"]["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert "Power" not in str(found)
    # Somebody else is signed in, in another tenant: the feed is its member's all the same.
    other = signed_in(make_member(stranger, email="next@example.org"))
    assert b"Theirs" not in other.get(path).content
    user = User.objects.get(email="clerk@example.org")
    user.is_active = False
    user.save()
    assert Client().get(path).status_code == 404
    user.is_active = True
    user.save()
    Membership.objects.filter(user=user).delete()
    assert Client().get(path).status_code == 404


def test_a_feed_is_its_makers_alone(in_tenant: Tenant, api: APIClient) -> None:
    made(api)
    row = CalendarFeed.objects.get()
    other = client(in_tenant, email="other@example.org")
    assert other.get(API).json()["data"] == []
    assert other.delete(f"{API}/{row.pk}").status_code == 404
    assert other.post(f"{API}/{row.pk}/renew").status_code == 404


def test_only_ones_own_tasks(in_tenant: Tenant, api: APIClient) -> None:
    other = make_member(in_tenant, email="other@example.org")
    add_task("Theirs", due_on=today(), assignee_id=other.pk)
    assert events(made(api)).keys() == {"task"}
    assert events(made(api, only_mine=True)) == {}


def test_what_the_ledger_made_a_task_of_is_told_once(api: APIClient) -> None:
    bill = add_bill("Power", Money(100, "EUR"), today())
    task = add_task("Pay Power", due_on=today())
    type(task).objects.filter(pk=task.pk).update(bill=bill)
    assert events(made(api)).keys() == {"bill"}
    assert events(made(api, parts=["tasks"])).keys() == {"task"}


def test_asking_too_often_is_answered_with_when_to_come_back(
    api: APIClient, monkeypatch: Any
) -> None:
    path = made(api)
    for limit, address in ((BY_FEED, path), (WRONG_BY_ADDRESS, "/calendar/cal_wrong.ics")):
        for _ in range(limit.most):
            assert Client().get(address).status_code in (200, 404)
        refused = Client().get(address)
        assert refused.status_code == 429
        assert int(refused["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("body", "code"),
    [({"name": "x", "parts": []}, "parts"), ({"name": "x", "parts": ["salary"]}, "invalid_choice"),
     ({"name": " ", "parts": ["tasks"]}, "blank")],
)  # fmt: skip
def test_what_is_no_feed_is_refused(api: APIClient, body: Any, code: str) -> None:
    answer = api.post(API, body, format="json")
    assert answer.status_code == 400
    assert code in answer.content.decode()


def test_a_feed_is_made_and_revoked_on_its_page(in_tenant: Tenant) -> None:
    browser = signed_in(make_member(in_tenant, email="ann@example.org"))
    assert b"No calendars" in browser.get("/settings/calendars/").content
    answer = browser.post(
        "/settings/calendars/", {"name": "Phone", "parts": ["tasks"], "shows_amounts": "on"}
    )
    html = answer.content.decode()
    path = "/calendar/" + html.split("/calendar/")[1].split("<")[0]
    assert Client().get(path).status_code == 200
    assert "/calendar/cal_" not in browser.get("/settings/calendars/").content.decode()
    row = CalendarFeed.objects.get()
    renewed = browser.post(f"/settings/calendars/{row.pk}/", {"verb": "renew"}).content.decode()
    assert "/calendar/cal_" in renewed
    browser.post(f"/settings/calendars/{row.pk}/", {"verb": "revoke"})
    assert b"No calendars" in browser.get("/settings/calendars/").content
    assert browser.post("/settings/calendars/", {"name": ""}).status_code == 422
