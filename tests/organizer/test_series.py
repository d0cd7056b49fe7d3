"""Tasks that repeat: what comes next, at the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance.querysets import today
from organizer.models import Task
from organizer.todo import add_task, change_task, complete_task
from tenancy.models import Tenant
from tests.make import make_member

API = "/api/v1/tasks"


@pytest.fixture
def api(in_tenant: Tenant) -> APIClient:
    access = start_session(make_member(in_tenant, email="bob@example.org")).access
    return APIClient(headers={"Authorization": f"Bearer {access}"})


def following() -> Task:
    found: Task = Task.objects.get(state="open")
    return found


def test_every_year_keeps_the_leap_day(in_tenant: Tenant) -> None:
    row = add_task("Leap", due_on=date(2096, 2, 29), rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1")
    days = []
    for _ in range(8):
        complete_task(row.pk)
        row = following()
        days.append(row.due_on)
    # 2100 is none.
    assert [d.day for d in days if d] == [28, 28, 28, 28, 28, 28, 28, 29]


def test_a_rule_of_the_rfc_leaves_out_what_a_month_lacks(in_tenant: Tenant) -> None:
    complete_task(add_task("x", due_on=date(2095, 1, 31), rule="FREQ=MONTHLY").pk)
    assert following().due_on == date(2095, 3, 31)


def test_by_completion_counts_from_the_day_it_is_done(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    row = add_task(
        "Descale", due_on=date(2026, 1, 10), rule="FREQ=MONTHLY;COUNT=3", repeat_by="completion"
    )
    complete_task(row.pk)
    assert (following().due_on, following().rule) == (date(2026, 2, 28), "FREQ=MONTHLY;COUNT=2")
    complete_task(following().pk)
    complete_task(following().pk)
    assert not Task.objects.filter(state="open").exists()


def test_a_count_ends_and_left_out_days_count(in_tenant: Tenant) -> None:
    row = add_task(
        "x", due_on=date(2095, 5, 1), rule="FREQ=DAILY;COUNT=3", except_on=[date(2095, 5, 2)]
    )
    complete_task(row.pk)
    assert following().due_on == date(2095, 5, 3)
    complete_task(following().pk)
    assert not Task.objects.filter(state="open").exists()


def test_moving_one_does_not_move_the_series(in_tenant: Tenant) -> None:
    row = add_task("Rent", due_on=date(2095, 6, 1), rule="FREQ=MONTHLY")
    change_task(row.pk, {"due_on": date(2095, 5, 30)})
    complete_task(row.pk)
    assert following().due_on == date(2095, 7, 1)
    change_task(following().pk, {"due_on": date(2095, 7, 3)})
    complete_task(following().pk)
    assert following().due_on == date(2095, 8, 1)


def test_another_rule_starts_anew(in_tenant: Tenant) -> None:
    row = add_task("x", due_on=date(2095, 6, 1), rule="FREQ=MONTHLY")
    change_task(row.pk, {"due_on": date(2095, 6, 3), "rule": "FREQ=WEEKLY"})
    complete_task(row.pk)
    assert following().due_on == date(2095, 6, 10)


def test_reopening_withdraws_the_one_that_followed(api: APIClient) -> None:
    row = add_task("Rent", due_on=date(2095, 6, 1), rule="FREQ=MONTHLY", tags=["home"])
    api.post(f"{API}/{row.pk}/complete")
    assert (following().follows_id, following().tags) == (row.pk, ["home"])
    answer = api.post(f"{API}/{row.pk}/reopen").json()
    assert (answer["state"], answer["rule"]) == ("open", "FREQ=MONTHLY")
    assert [task.pk for task in Task.objects.all()] == [row.pk]
    api.post(f"{API}/{row.pk}/complete")
    assert following().due_on == date(2095, 7, 1)


def test_what_a_person_has_changed_is_not_withdrawn(api: APIClient) -> None:
    row = add_task("Rent", due_on=date(2095, 6, 1), rule="FREQ=MONTHLY")
    api.post(f"{API}/{row.pk}/complete")
    change_task(following().pk, {"notes": "New account number"})
    assert api.post(f"{API}/{row.pk}/reopen").json()["rule"] == ""
    api.post(f"{API}/{row.pk}/complete")
    assert Task.objects.count() == 2


def test_skipping_leaves_one_day_out(api: APIClient) -> None:
    row = add_task("Bins", due_on=date(2095, 6, 1), rule="FREQ=DAILY;COUNT=2")
    skipped: Any = api.post(f"{API}/{row.pk}/skip").json()
    assert (skipped["due_on"], skipped["except_on"]) == ("2095-06-02", ["2095-06-01"])
    refused = api.post(f"{API}/{row.pk}/skip")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_next_day")
    single = add_task("Once")
    assert api.post(f"{API}/{single.pk}/skip").json()["code"] == "no_series"


def test_dropping_ends_the_series(api: APIClient) -> None:
    row = add_task("Bins", due_on=date(2095, 6, 1), rule="FREQ=DAILY")
    assert api.post(f"{API}/{row.pk}/drop").json()["state"] == "dropped"
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("day", "at", "instant"),
    [
        # Berlin's clocks skip 02:30 on this day, and repeat it on the other.
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 7, 1), time(9), datetime(2026, 7, 1, 7, tzinfo=UTC)),
    ],
)
def test_a_time_is_an_instant_of_its_zone(
    in_tenant: Tenant, day: date, at: time, instant: datetime
) -> None:
    row = add_task("x", due_on=day, due_time=at, time_zone="Europe/Berlin")
    assert row.due_at == instant


def test_until_in_utc_ends_by_the_tasks_own_clock(in_tenant: Tenant) -> None:
    """Midnight in UTC is 9 in Tokyo: a task at 10 is too late for that day, one at 8 is not."""
    for at, last in ((time(8), date(2095, 6, 3)), (time(10), date(2095, 6, 2))):
        row = add_task(
            "x", due_on=date(2095, 6, 2), due_time=at, time_zone="Asia/Tokyo",
            rule="FREQ=DAILY;UNTIL=20950603T000000Z",
        )  # fmt: skip
        assert row.rule == f"FREQ=DAILY;UNTIL={last:%Y%m%d}"


def test_overdue_looks_at_the_instant(api: APIClient) -> None:
    """A day that has begun elsewhere may not be over here."""
    now = timezone.now()
    soon, past = now + timedelta(minutes=5), now - timedelta(minutes=5)
    add_task("soon", due_on=soon.date(), due_time=soon.time(), time_zone="UTC")
    add_task("past", due_on=past.date(), due_time=past.time(), time_zone="UTC")
    add_task("today", due_on=today())
    found = api.get(API, {"view": "overdue"}).json()["data"]
    assert [row["title"] for row in found] == ["past"]
