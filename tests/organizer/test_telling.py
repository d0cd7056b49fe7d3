"""Of a task that is due those are told whom it concerns, once, and not when it is done before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from finance.querysets import today
from notifications.models import Notification
from organizer.models import Task
from organizer.telling import tell_due_tasks
from organizer.todo import add_task, change_task, complete_task, reopen_task
from tenancy.models import Tenant
from tests.make import make_member


@pytest.fixture
def alice(in_tenant: Tenant) -> User:
    return make_member(in_tenant, email="alice@example.org")


@pytest.fixture
def bob(in_tenant: Tenant) -> User:
    return make_member(in_tenant, email="bob@example.org")


def task(days: int, **fields: Any) -> Task:
    return add_task("Call the bank", due_on=today() + timedelta(days), **fields)


def told() -> list[tuple[str, date]]:
    rows = Notification.objects.filter(kind="task_due", cancelled_at=None)
    return sorted(
        (row.user.email, date.fromisoformat(row.facts["date"]["date"]))
        for row in rows.select_related("user")
    )


def test_a_task_is_told_once_to_whom_it_is_given(alice: User, bob: User) -> None:
    task(2, assignee_id=bob.id)
    task(20)
    assert (tell_due_tasks(today()), tell_due_tasks(today())) == (1, 0)
    assert told() == [("bob@example.org", today() + timedelta(2))]
    notice = Notification.objects.get()
    assert notice.due_at.date() in (today() + timedelta(1), today() + timedelta(2))
    assert notice.due_at.minute == 0


def test_a_task_of_nobody_is_told_to_all(alice: User, bob: User) -> None:
    task(0)
    tell_due_tasks(today())
    assert [email for email, _ in told()] == ["alice@example.org", "bob@example.org"]


def test_what_is_renamed_before_its_morning_is_told_by_its_new_name(alice: User) -> None:
    row = task(3)
    tell_due_tasks(today())
    change_task(row.pk, {"title": "Call the tax office"})
    assert (tell_due_tasks(today()), tell_due_tasks(today())) == (1, 0)
    assert Notification.objects.get().facts["title"] == "Call the tax office"


def test_what_is_done_or_moved_before_is_taken_back(alice: User) -> None:
    done, moved = task(1), task(2)
    tell_due_tasks(today())
    complete_task(done.pk)
    change_task(moved.pk, {"due_on": today() + timedelta(5)})
    assert tell_due_tasks(today()) == 1
    assert told() == [("alice@example.org", today() + timedelta(5))]
    reopen_task(done.pk)
    assert tell_due_tasks(today()) == 1
    assert len(told()) == 2


def test_what_is_overdue_stays_told_and_is_not_told_again(alice: User) -> None:
    task(1)
    tell_due_tasks(today())
    assert tell_due_tasks(today() + timedelta(30)) == 0
    assert len(told()) == 1
