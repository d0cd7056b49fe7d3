"""Recurring transactions: templates, the daily work on them, and the API."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from finance import ledger
from finance.accounts import change_account
from finance.daily import DoDailyWork, enqueue_daily_work
from finance.errors import LedgerError, WrongState
from finance.models import (
    DailyWork,
    FinancialAccount,
    LedgerChange,
    Recurring,
    RecurringSlot,
    ReviewItem,
    Transaction,
)
from finance.money import Money
from finance.querysets import today
from finance.recurring import serializers as shapes
from finance.recurring.booking import run_due
from finance.recurring.reading import happenings, next_dates
from finance.recurring.templates import (
    Template,
    add_recurring,
    change_recurring,
    end_recurring,
    record_now,
    skip,
)
from finance.recurring.watching import remind, watch
from jobs.models import Job
from jobs.runner import JobRunner
from notifications.models import Notification
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.finance.make import category, make_account, make_posted
from tests.make import make_member

RECURRING = "/api/v1/recurring"


def make_recurring(account: FinancialAccount, amount: str = "-900.00", **fields: Any) -> Recurring:
    """Monthly on the 31st, and the due dates of 2026 are still to be dealt with."""
    values: dict[str, Any] = {
        "name": "Rent", "anchor_on": date(2026, 1, 31), "mode": "book",
    } | fields  # fmt: skip
    row = add_recurring(Template(account_id=account.pk, amount=money(amount), **values))
    Recurring.objects.filter(pk=row.pk).update(next_on=values["anchor_on"])
    row.refresh_from_db()
    return row


def money(text: str) -> Money:
    return Money.parse(text, "EUR")


def states(row: Recurring) -> list[tuple[str, str]]:
    slots = RecurringSlot.objects.filter(recurring=row).order_by("due_on")
    return [(str(slot.due_on), slot.state) for slot in slots]


def notices(kind: str) -> list[dict[str, Any]]:
    rows = Notification.objects.filter(kind=kind, cancelled_at=None).order_by("key")
    return [row.facts for row in rows]


# --- Templates ------------------------------------------------------------------------------------


def test_a_new_template_is_due_from_today_and_on_the_audit_trail(giro: FinancialAccount) -> None:
    row = add_recurring(Template("Rent", giro.pk, money("-900.00"), today() - timedelta(3650)))
    assert row.next_on is not None and row.next_on >= today()
    change_recurring(row.pk, {"name": "The rent"})
    changes = LedgerChange.objects.filter(subject_id=row.pk).order_by("version")
    assert [c.verb for c in changes] == ["add", "change"]
    assert (changes[1].before, changes[1].after) == ({"name": "Rent"}, {"name": "The rent"})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": " "}, "blank"),
        ({"every": 0}, "step_out_of_range"),
        ({"until": date(2026, 1, 30)}, "ends_before"),
        ({"amount_to": Money(5, "EUR"), "mode": "ask"}, "not_a_range"),
        ({"amount_to": Money(-100, "EUR"), "mode": "ask"}, "not_a_range"),
        ({"amount_to": Money(-99_999, "EUR"), "mode": "book"}, "range_needs_asking"),
        ({"remind_days": 61}, "too_far_ahead"),
        ({"category_id": uuid.uuid4()}, "does_not_exist"),
    ],
)
def test_what_could_not_be_recorded_is_refused(
    giro: FinancialAccount, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises(LedgerError) as refused:
        make_recurring(giro, **fields)
    assert refused.value.code == code
    row = make_recurring(giro)
    if "amount_to" in fields:
        fields = {"mode": "book"} | fields
    with pytest.raises(LedgerError) as refused:
        change_recurring(row.pk, fields)
    assert refused.value.code == code


def test_a_pause_is_not_made_up_for(giro: FinancialAccount) -> None:
    row = make_recurring(giro, unit="day", anchor_on=today() - timedelta(10))
    change_recurring(row.pk, {"state": "paused"})
    assert run_due(today()) == 0
    row = change_recurring(row.pk, {"state": "active"})
    assert row.next_on == today()


# --- Due dates ------------------------------------------------------------------------------------


def test_months_of_downtime_are_caught_up_once_and_told_once(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    row = make_recurring(giro, category_id=category("groceries").pk)
    assert run_due(date(2026, 4, 15)) == 3
    assert run_due(date(2026, 4, 15)) == 0
    assert states(row) == [
        ("2026-01-31", "booked"), ("2026-02-28", "booked"), ("2026-03-31", "booked"),
    ]  # fmt: skip
    booked = Transaction.objects.order_by("booked_on")
    assert [(str(t.booked_on), t.amount_minor, t.merchant, t.state) for t in booked] == [
        ("2026-01-31", -90000, "Rent", "posted"), ("2026-02-28", -90000, "Rent", "posted"),
        ("2026-03-31", -90000, "Rent", "posted"),
    ]  # fmt: skip
    assert {s.category for t in booked for s in t.splits.all()} == {category("groceries")}
    assert notices("recurring_posted") == [{"count": 3, "names": "Rent"}]
    row.refresh_from_db()
    assert row.next_on == date(2026, 4, 30)


def test_what_was_recorded_and_voided_is_told_no_more(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    make_recurring(giro, category_id=category("groceries").pk)
    run_due(date(2026, 1, 31))
    watch(date(2026, 2, 1))
    assert notices("recurring_posted") == [{"count": 1, "names": "Rent"}]
    ledger.void(Transaction.objects.get().pk)
    watch(date(2026, 2, 1))
    assert notices("recurring_posted") == []


def test_a_long_downtime_comes_in_batches(giro: FinancialAccount) -> None:
    daily = make_recurring(giro, unit="day", anchor_on=date(2026, 1, 1))
    make_recurring(giro, name="Gym", unit="week", anchor_on=date(2026, 1, 2))
    batches = []
    while not batches or batches[-1] == 10:
        batches.append(run_due(date(2026, 1, 31), limit=10))
    assert batches == [10, 10, 10, 6]
    assert [day for day, _ in states(daily)] == [f"2026-01-{n:02}" for n in range(1, 32)]
    assert Transaction.objects.count() == 36


def test_asked_ones_are_proposals_and_watched_ones_book_nothing(giro: FinancialAccount) -> None:
    asked = make_recurring(giro, "-40.00", amount_to=money("-60.00"), mode="ask", name="Power")
    watched = make_recurring(giro, "-9.99", mode="watch", name="Films")
    run_due(date(2026, 1, 31))
    assert states(asked) == [("2026-01-31", "asked")]
    assert states(watched) == [("2026-01-31", "waiting")]
    item = ReviewItem.objects.get()
    assert item.reasons == ["recurring"]
    assert (item.transaction.state, item.transaction.amount_minor) == ("proposed", -5000)


def test_what_a_message_has_booked_already_is_not_booked_again(giro: FinancialAccount) -> None:
    row = make_recurring(giro)
    found = make_posted(giro, "-900.00", merchant="RENT", booked_on=date(2026, 1, 30))
    # Another merchant, another amount, too far away: none of them is the rent.
    make_posted(giro, "-900.00", merchant="Dealer", booked_on=date(2026, 2, 28))
    make_posted(giro, "-899.00", merchant="Rent", booked_on=date(2026, 2, 28))
    make_posted(giro, "-900.00", merchant="Rent", booked_on=date(2026, 3, 27))
    run_due(date(2026, 3, 31))
    assert states(row) == [
        ("2026-01-31", "met"), ("2026-02-28", "booked"), ("2026-03-31", "booked"),
    ]  # fmt: skip
    assert RecurringSlot.objects.get(state="met").transaction == found
    assert Transaction.objects.count() == 6


def test_one_transaction_is_one_due_date_only(giro: FinancialAccount) -> None:
    first = make_recurring(giro, "-5.00", name="Paper")
    second = make_recurring(giro, "-5.00", name="Second", merchant="Paper")
    make_posted(giro, "-5.00", merchant="Paper", booked_on=date(2026, 1, 31))
    run_due(date(2026, 1, 31))
    assert sorted(state for row in (first, second) for _, state in states(row)) == [
        "booked", "met",
    ]  # fmt: skip


def test_a_closed_account_holds_its_own_up_and_no_other(giro: FinancialAccount) -> None:
    other = make_account("Other")
    stuck, sound = make_recurring(other), make_recurring(giro, name="Gym")
    change_account(other.pk, {"is_archived": True})
    assert run_due(date(2026, 2, 28)) == 2
    stuck.refresh_from_db()
    assert stuck.problem == "The account “Other” is closed."
    assert (states(stuck), len(states(sound))) == ([], 2)
    change_account(other.pk, {"is_archived": False})
    assert run_due(date(2026, 2, 28)) == 2
    stuck.refresh_from_db()
    assert (stuck.problem, len(states(stuck))) == ("", 2)


def test_the_work_is_set_wise(giro: FinancialAccount) -> None:
    def queries(count: int, day: date) -> int:
        for number in range(count):
            make_recurring(giro, name=f"{day} {number}", unit="year", anchor_on=day)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert run_due(day) == count
        return len(seen)

    few, many = queries(2, date(2026, 3, 1)), queries(12, date(2026, 3, 2))
    assert few == many
    assert few <= 30


# --- Skipping and recording -----------------------------------------------------------------------


def test_a_due_date_is_skipped_or_recorded_once(giro: FinancialAccount) -> None:
    row = make_recurring(giro)
    assert skip(row.pk, date(2026, 1, 31)) == skip(row.pk, date(2026, 1, 31))
    made = record_now(row.pk, date(2026, 2, 28), money("-950.00"))
    assert (made.booked_on, made.amount_minor) == (today(), -95000)
    assert record_now(row.pk, date(2026, 2, 28)) == made
    with pytest.raises(WrongState, match="has been dealt with"):
        record_now(row.pk, date(2026, 1, 31))
    with pytest.raises(WrongState, match="its next due date is 2026-03-31"):
        skip(row.pk, date(2026, 4, 30))
    run_due(date(2026, 3, 31))
    assert states(row) == [
        ("2026-01-31", "skipped"), ("2026-02-28", "booked"), ("2026-03-31", "booked"),
    ]  # fmt: skip


def test_a_varying_amount_must_be_said(giro: FinancialAccount) -> None:
    row = make_recurring(giro, "-40.00", amount_to=money("-60.00"), mode="ask")
    with pytest.raises(LedgerError, match="say how much"):
        record_now(row.pk, date(2026, 1, 31))
    assert record_now(row.pk, date(2026, 1, 31), money("-44.10")).amount_minor == -4410


# --- Telling --------------------------------------------------------------------------------------


def test_what_is_due_soon_is_told_once_and_taken_back(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    row = make_recurring(giro, remind_days=3)
    assert remind(date(2026, 1, 27)) == 0
    assert (remind(date(2026, 1, 28)), remind(date(2026, 1, 29))) == (1, 0)
    assert notices("recurring_due") == [
        {"name": "Rent", "date": {"date": "2026-01-31"},
         "amount": {"amount": "900.00", "currency": "EUR"}}
    ]  # fmt: skip
    end_recurring(row.pk)
    assert notices("recurring_due") == []


def test_a_charge_that_did_not_come_is_told_until_it_comes(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    row = make_recurring(giro, "-9.99", mode="watch", name="Films")
    run_due(date(2026, 1, 31))
    assert watch(date(2026, 2, 5)) == 0
    assert (watch(date(2026, 2, 6)), watch(date(2026, 2, 7))) == (1, 0)
    assert states(row) == [("2026-01-31", "missed")]
    assert len(notices("recurring_missed")) == 1
    late = make_posted(giro, "-9.99", merchant="Films", booked_on=date(2026, 2, 3))
    watch(date(2026, 2, 8))
    assert states(row) == [("2026-01-31", "met")]
    assert notices("recurring_missed") == []
    ledger.void(late.pk)
    watch(date(2026, 2, 9))
    assert states(row) == [("2026-01-31", "missed")]
    assert len(notices("recurring_missed")) == 1


# --- The daily job --------------------------------------------------------------------------------


@pytest.fixture
def run_jobs(tenant: Tenant, transactional_db: None) -> Callable[[], list[Job]]:
    def run() -> list[Job]:
        with all_tenants("test"):
            waiting = list(Job.objects.filter(kind=DoDailyWork.kind, state="ready"))
            for job in waiting:
                Job.objects.filter(pk=job.pk).update(state="queued")
        for job in waiting:
            JobRunner.run(job.pk)
        with all_tenants("test"):
            return list(Job.objects.filter(pk__in=[job.pk for job in waiting]))

    return run


def test_the_day_starts_at_six_where_the_tenant_lives(
    tenant: Tenant, stranger: Tenant, run_jobs: Any
) -> None:
    for owner, zone in ((tenant, "America/New_York"), (stranger, "Asia/Tokyo")):
        Tenant.objects.filter(pk=owner.pk).update(time_zone=zone)
        with tenant_scope(owner.id):
            make_account()
            DailyWork.objects.create(done_on=date(2026, 1, 31))

    def enqueued(now: datetime) -> set[uuid.UUID]:
        enqueue_daily_work(now)
        with all_tenants("test"):
            found = {job.tenant_id for job in Job.objects.filter(kind=DoDailyWork.kind)}
            Job.objects.all().delete()
        return found

    # Six in Tokyo is 21:00 UTC the day before, in New York 11:00.
    assert enqueued(datetime(2026, 1, 31, 20, 59, tzinfo=UTC)) == set()
    assert enqueued(datetime(2026, 1, 31, 21, 0, tzinfo=UTC)) == {stranger.id}
    assert enqueued(datetime(2026, 2, 1, 10, 59, tzinfo=UTC)) == {stranger.id}
    assert enqueued(datetime(2026, 2, 1, 11, 0, tzinfo=UTC)) == {tenant.id, stranger.id}


def test_the_job_does_the_day_once(tenant: Tenant, run_jobs: Any) -> None:
    with tenant_scope(tenant.id):
        account = make_account()
        row = make_recurring(account, unit="day", anchor_on=today() - timedelta(450))
    # Two workers ask at once: one job.
    assert (enqueue_daily_work(), enqueue_daily_work()) == (1, 0)
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    with tenant_scope(tenant.id):
        row.refresh_from_db()
        days = (row.next_on - row.anchor_on).days
        assert job.result["due"] == days == Transaction.objects.count()
        assert DailyWork.objects.get().done_on == row.next_on - timedelta(1)
    # What was booked is looked at; the day is not done again.
    assert enqueue_daily_work() == 1
    assert run_jobs() == []


# --- API ------------------------------------------------------------------------------------------


@pytest.fixture
def api(ledger: Tenant) -> APIClient:
    client = APIClient()
    client.force_login(make_member(ledger))
    return client


def test_a_template_over_the_api(api: APIClient, giro: FinancialAccount) -> None:
    body = {
        "name": "Rent", "account": str(giro.pk), "amount": "-900.00", "anchor_on": "2026-01-31",
        "unit": "month", "mode": "book", "remind_days": 2,
    }  # fmt: skip
    made = api.post(RECURRING, body)
    assert made.status_code == 201, made.content
    assert set(made.json()) == set(shapes.RecurringDetailShape().fields)
    address = f"{RECURRING}/{made.json()['id']}"
    due = made.json()["next_dates"][0]
    assert len(made.json()["next_dates"]) == 6
    skipped = api.post(f"{address}/skip", {"due_on": due}).json()
    assert skipped["slots"] == [{"due_on": due, "state": "skipped", "transaction": None}]
    following = skipped["next_dates"][0]
    recorded = api.post(f"{address}/record", {"due_on": following, "amount": "-901.00"})
    assert recorded.json()["amount"] == "-901.00"
    month = api.get(f"{RECURRING}/calendar", {"month": following[:7]}).json()
    assert month["data"][-1] == {
        "recurring": made.json()["id"], "name": "Rent", "due_on": following, "state": "booked",
        "amount": "-901.00", "currency": "EUR", "transaction": recorded.json()["id"],
    }  # fmt: skip
    assert api.patch(address, {"state": "paused"}).json()["next_dates"] == []
    assert api.delete(address).status_code == 204
    assert api.get(RECURRING, {"state": "ended"}).json()["data"][0]["state"] == "ended"


def test_the_api_says_what_is_wrong(api: APIClient, giro: FinancialAccount) -> None:
    body = {"name": "Rent", "account": str(giro.pk), "amount": "-9.001", "anchor_on": "2026-01-31"}
    answer = api.post(RECURRING, body)
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
        ("amount", "invalid_amount")
    ]
    answer = api.post(RECURRING, body | {"amount": "-9.00", "state": "paused"})
    assert answer.json()["errors"][0]["code"] == "unknown_field"
    assert api.get(f"{RECURRING}/calendar", {"month": "2026-13"}).status_code == 400


def test_the_calendar_asks_twice_however_much_repeats(giro: FinancialAccount) -> None:
    for number in range(5):
        make_recurring(giro, name=f"Number {number}", unit="week", anchor_on=date(2026, 1, 5))
    run_due(date(2026, 1, 12))
    with CaptureQueriesContext(connection) as seen:
        found = happenings(date(2026, 1, 1), date(2026, 1, 31))
    assert len(seen) == 2
    assert [h.state for h in found] == ["booked"] * 10 + [""] * 10


def test_next_dates_end_with_the_rule(giro: FinancialAccount) -> None:
    row = make_recurring(giro, until=date(2026, 3, 31))
    assert [str(d) for d in next_dates(row)] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert run_due(date(2026, 12, 31)) == 3
    row.refresh_from_db()
    assert (row.next_on, next_dates(row)) == (None, [])
