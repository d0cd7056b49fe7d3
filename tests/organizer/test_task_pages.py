"""The pages of tasks, as a browser asks for them, with and without htmx."""

from __future__ import annotations

import html
import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finance.bills.managing import add_bill
from finance.money import Money
from finance.querysets import today
from organizer.following import follow, task_policy
from organizer.models import Task
from organizer.todo import add_task, change_task
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.make import make_member
from tests.pages import member, part

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return html.unescape(answer.content.decode())


def titles(answer: Any) -> list[str]:
    return re.findall(r"data-item>([^<]*)</a>", text(answer))


def save(browser: Client, row: Task, **fields: Any) -> Any:
    values = {
        "title": row.title, "priority": "normal", "repeat_by": "due",
    } | fields  # fmt: skip
    return browser.post(f"/tasks/{row.pk}/", values, headers=HTMX)


def test_a_line_is_previewed_and_added(browser: Client) -> None:
    assert "Nothing is to be done here." in text(browser.get("/tasks/"))
    said = text(part(browser, "/tasks/preview/", text="pay rent every 1st #home !high"))
    for words in ("“pay rent”", "every month on day 1", "High priority", "#home"):
        assert words in said
    added = browser.post("/tasks/add/", {"text": "<b>bins</b> tomorrow #home"}, headers=HTMX)
    assert "tasks-changed" in added.headers["HX-Trigger-After-Settle"]
    page = browser.get("/tasks/").content.decode()
    assert "&lt;b&gt;bins&lt;/b&gt;" in page
    assert "#home" in page
    bad = browser.post("/tasks/add/", {"text": "#home"})
    assert (bad.status_code, Task.objects.count()) == (422, 1)
    assert "Say what is to be done." in bad.content.decode()
    assert browser.post("/tasks/add/", {"text": "call"}).status_code == 302


def test_views_people_tags_and_search_narrow_the_list(in_tenant: Tenant, browser: Client) -> None:
    bob = make_member(in_tenant, email="bob@example.org", name="Bob")
    add_task("late", due_on=today() - timedelta(1), assignee_id=bob.pk)
    add_task("now", due_on=today(), tags=["home"])
    add_task("later", due_on=today() + timedelta(1))
    assert titles(browser.get("/tasks/?view=overdue")) == ["late"]
    assert titles(browser.get("/tasks/?view=today")) == ["late", "now"]
    assert titles(browser.get("/tasks/?view=upcoming")) == ["later"]
    assert titles(browser.get(f"/tasks/?person={bob.pk}")) == ["late"]
    assert titles(browser.get("/tasks/?person=me")) == []
    assert titles(browser.get("/tasks/?person=nobody&view=today")) == ["now"]
    assert titles(browser.get("/tasks/?tag=home")) == ["now"]
    assert titles(browser.get("/tasks/?search=LATE")) == ["late", "later"]
    page = text(browser.get("/tasks/"))
    for heading in ("Before today", "Today", "Tomorrow"):
        assert heading in page


def test_a_task_is_changed_in_the_drawer(browser: Client) -> None:
    row = add_task("Rent")
    saved = save(
        browser, row, due_on="2095-01-31", due_time="09:30", time_zone="Europe/Berlin",
        rule="every month", tags="home, flat", notes="By transfer", priority="high",
    )  # fmt: skip
    assert "Saved." in text(saved)
    row.refresh_from_db()
    assert (row.due_on, row.rule) == (date(2095, 1, 31), "FREQ=MONTHLY;BYMONTHDAY=-1")
    assert (row.tags, row.priority, row.notes) == (["home", "flat"], "high", "By transfer")
    stale = save(browser, row, **{"title": "Mine", "initial-title": "Older"})
    assert (stale.status_code, "meanwhile" in stale.content.decode()) == (422, True)
    for field, wrong, words in (
        ("rule", "now and then", "Not understood"),
        ("rule", "FREQ=DAILY;COUNT=1000000", "at most 999 times"),
        ("rule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "No day fits this rule"),
        ("time_zone", "Mars/Base", "There is no time zone"),
    ):
        fields = {"due_on": "2095-01-31", "due_time": "09:30"} | {field: wrong}
        refused = save(browser, row, **fields)
        assert refused.status_code == 422
        assert words in refused.content.decode()


def test_every_verb_of_the_drawer_and_the_list(browser: Client) -> None:
    row = add_task("Bins", due_on=date(2095, 6, 1), rule="FREQ=WEEKLY")
    url = f"/tasks/{row.pk}/"
    assert "Skip this one" in text(part(browser, url))
    assert "8 June 2095" in text(browser.post(f"{url}skip/", headers=HTMX))
    done = browser.post(f"{url}complete/", {"from_list": "yes"}, headers=HTMX)
    assert f"{url}reopen/" in text(done)
    assert done.headers["HX-Trigger-After-Settle"] == "tasks-changed"
    assert Task.objects.filter(state="open").get().due_on == date(2095, 6, 15)
    assert "Not needed" in text(browser.post(f"{url}reopen/", headers=HTMX))
    assert browser.post(f"{url}drop/").status_code == 302
    assert "Dropped" in text(browser.get("/tasks/?view=done"))
    gone = browser.post(f"{url}remove/", headers=HTMX | {"X-Drawer": "true"})
    assert "close-drawer" in gone.headers["HX-Trigger-After-Settle"]
    assert browser.post(f"{url}complete/").status_code == 404
    assert browser.post(f"/tasks/{add_task('x').pk}/burn/").status_code == 404


def test_checklist_and_links(browser: Client) -> None:
    bill = add_bill("Stadtwerke", Money.parse("84.20", "EUR"))
    row = add_task("Move")
    url = f"/tasks/{row.pk}/"
    browser.post(f"{url}item/", {"text": "Boxes"}, headers=HTMX)
    assert "Boxes" in text(browser.post(f"{url}item/", {"at": "0"}, headers=HTMX))
    row.refresh_from_db()
    assert row.checklist == [{"text": "Boxes", "is_done": True}]
    assert "1/1" in text(browser.get("/tasks/"))
    assert browser.post(f"{url}item/", {"at": "7"}, headers=HTMX).status_code == 422
    browser.post(f"{url}item/", {"at": "0", "verb": "remove"}, headers=HTMX)
    row.refresh_from_db()
    assert row.checklist == []
    address = f"https://home.example/recurring/bills/{bill.pk}/"
    assert "Bill of Stadtwerke" in text(
        browser.post(f"{url}link/", {"address": address}, headers=HTMX)
    )
    for wrong in ("https://example.org/", f"/recurring/bills/{uuid.uuid4()}/"):
        assert browser.post(f"{url}link/", {"address": wrong}, headers=HTMX).status_code == 422
    assert "Stadtwerke" not in text(
        browser.post(f"{url}link/", {"remove": str(bill.pk)}, headers=HTMX)
    )


def test_many_are_changed_and_undone(browser: Client) -> None:
    rows = [add_task("one"), add_task("two", due_on=date(2095, 1, 1))]
    ids = [str(row.pk) for row in rows]
    done = browser.post(
        "/tasks/edit/", {"ids": ids, "move_days": "3", "add_tags": "tax"}, headers=HTMX
    )
    assert "2 tasks changed." in text(done)
    undo = re.search(r'hx-post="(/tasks/batches/[^"]*)"', done.content.decode())
    assert undo is not None
    assert Task.objects.get(title="two").due_on == date(2095, 1, 4)
    assert "2 came back." in text(browser.post(undo[1], headers=HTMX))
    assert Task.objects.get(title="two").due_on == date(2095, 1, 1)
    for body in ({"ids": ids}, {"state": "done"}, {"ids": ["x"], "state": "done"}):
        assert browser.post("/tasks/edit/", body, headers=HTMX).status_code == 422
    assert browser.post("/tasks/edit/", {"ids": ids, "state": "done"}).status_code == 302
    assert titles(browser.get("/tasks/?view=done")) != []


def test_a_task_of_a_bill_tells_where_it_came_from(browser: Client) -> None:
    add_bill("Stadtwerke", Money.parse("84.20", "EUR"), today() + timedelta(3), reference="R-17")
    follow(today())
    page = text(browser.get("/tasks/"))
    assert "84.20" in page
    shown = text(part(browser, f"/tasks/{Task.objects.get().pk}/"))
    for words in ("Bill of Stadtwerke", "R-17", "84.20"):
        assert words in shown
    assert "Promised refunds" in text(part(browser, "/tasks/policy/"))
    browser.post("/tasks/policy/", {"from_refunds": "on"})
    policy = task_policy()
    assert (policy.from_bills, policy.from_endings, policy.from_refunds) == (False, False, True)


def test_a_stranger_changes_nothing(browser: Client, stranger: Tenant) -> None:
    with tenant_scope(stranger.pk):
        row = add_task("theirs")
    for address in ("", "remove/", "complete/", "item/", "link/"):
        assert browser.post(f"/tasks/{row.pk}/{address}", {"text": "x"}).status_code == 404
    browser.post("/tasks/edit/", {"ids": [str(row.pk)], "state": "done"})
    with tenant_scope(stranger.pk):
        assert Task.objects.get().state == "open"


@pytest.mark.parametrize("view", ["open", "done"])
def test_pages_follow_each_other_without_gaps(browser: Client, view: str) -> None:
    for n in range(120):
        day = None if n % 7 == 0 else today() + timedelta(n % 5)
        row = add_task(f"Task {n}", due_on=day)
        if view == "done":
            browser.post(f"/tasks/{row.pk}/complete/")
    found, url, pages = [], f"/tasks/?view={view}", 0
    while url:
        answer = browser.get(url)
        found += titles(answer)
        following = re.search(r'class="more"\s+hx-get="([^"]*)"', answer.content.decode())
        url, pages = html.unescape(following[1]) if following else "", pages + 1
    assert (pages, len(found), len(set(found))) == (3, 120, 120)
    for wrong in ("x", "x~y~z", f"2026-01-01~-~{uuid.uuid4()}~x", f"9999~{uuid.uuid4()}"):
        assert browser.get("/tasks/", {"view": view, "after": wrong}).status_code == 400


def test_the_list_asks_the_same_for_one_and_for_many(in_tenant: Tenant, browser: Client) -> None:
    bob = make_member(in_tenant, email="bob@example.org")
    counts = []
    for number in (1, 30):
        for n in range(number):
            bill = add_bill(f"Shop {number} {n}", Money.parse("1.00", "EUR"), today())
            row = add_task(f"Task {n}", due_on=today(), assignee_id=bob.pk, rule="FREQ=DAILY")
            change_task(row.pk, {"checklist": [{"text": "a"}]})
            Task.objects.filter(pk=row.pk).update(bill=bill)
        browser.get("/tasks/")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/tasks/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20
