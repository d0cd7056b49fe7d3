"""Subscriptions: found in history, decided by a person, followed by the ledger."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Role
from finance import ledger
from finance.daily import DoDailyWork, enqueue_daily_work
from finance.errors import WrongState
from finance.models import (
    FinancialAccount,
    LedgerChange,
    Recurring,
    RecurringSlot,
    Subscription,
    SubscriptionCharge,
)
from finance.querysets import today
from finance.recurrence import Rule, Unit
from finance.recurring.booking import run_due
from finance.recurring.templates import Template, add_recurring
from finance.recurring.watching import watch
from finance.subscriptions.deciding import accept, cancel, reject
from finance.subscriptions.detecting import Charge, Finding, find
from finance.subscriptions.finding import find_subscriptions, follow_subscriptions
from jobs.models import Job
from jobs.runner import JobRunner
from notifications.models import Notification
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.finance.test_recurring import money, notices
from tests.make import make_member

SUBSCRIPTIONS = "/api/v1/subscriptions"
START = date(2025, 1, 31)
END = date(2026, 2, 10)


def charges(*of: tuple[date, int]) -> list[Charge]:
    return [Charge(uuid.uuid4(), day, minor) for day, minor in of]


def monthly(count: int, minor: int = 999, start: date = START, **rule: Any) -> list[Charge]:
    made = Rule(start, **({"unit": Unit.MONTH} | rule))
    days = [made.slot(n) for n in range(count)]
    return charges(*((day, minor) for day in days if day))


def found(of: Iterable[Charge], day: date = END) -> list[tuple[str, int, int]]:
    return [(f.rule.unit.value, f.rule.every, len(f.charges)) for f in find(list(of), day)]


# --- Detection: what is one -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "every", "count"),
    [
        (Unit.WEEK, 1, 12), (Unit.WEEK, 2, 9), (Unit.WEEK, 4, 9), (Unit.MONTH, 1, 13),
        (Unit.MONTH, 2, 7), (Unit.MONTH, 3, 5), (Unit.MONTH, 6, 3), (Unit.YEAR, 1, 2),
    ],
)  # fmt: skip
def test_every_cadence_is_told_from_the_others(unit: Unit, every: int, count: int) -> None:
    made = monthly(count, unit=unit, every=every)
    day = made[-1].day + timedelta(3)
    assert found(made, day) == [(unit.value, every, count)]
    finding = find(made, day)[0]
    assert (finding.days_off, finding.left_out, finding.varies) == (0, 0, False)
    assert finding.next_on == Rule(START, unit, every).after(made[-1].day)


def test_a_charge_on_the_31st_is_expected_on_the_last_day() -> None:
    assert find(monthly(13), END)[0].next_on == date(2026, 2, 28)
    assert find(monthly(14), date(2026, 3, 1))[0].next_on == date(2026, 3, 31)


def test_weekends_and_a_month_left_out_do_not_hide_it() -> None:
    made = [Charge(c.id, c.day + timedelta(n % 3), c.minor) for n, c in enumerate(monthly(13))]
    del made[5]
    finding = find(made, END)[0]
    assert (len(finding.charges), finding.left_out) == (12, 1)
    assert 1 <= finding.days_off <= 2


def test_a_new_price_is_the_same_subscription() -> None:
    made = monthly(13)
    dearer = [Charge(c.id, c.day, 1299 if n >= 9 else 999) for n, c in enumerate(made)]
    assert found(dearer) == [("month", 1, 13)]
    # Also the first charge at the new price, beside purchases at the same merchant.
    newest = [Charge(c.id, c.day, 1299 if n == 12 else 999) for n, c in enumerate(made)]
    shopping = charges((date(2025, 3, 9), 4550), (date(2025, 8, 22), 12_90), (END, 7777))
    assert [f.latest.minor for f in find([*newest, *shopping], END)] == [1299]


def test_two_at_one_merchant_are_two() -> None:
    storage, music = monthly(13, 99), monthly(12, 1099, date(2025, 2, 14))
    assert sorted(found([*storage, *music])) == [("month", 1, 12), ("month", 1, 13)]


def test_an_electricity_bill_varies() -> None:
    made = [Charge(c.id, c.day, 5000 + 137 * n % 900) for n, c in enumerate(monthly(13))]
    assert [f.varies for f in find(made, END)] == [True]


# --- Detection: what is none ----------------------------------------------------------------------


def test_two_charges_are_none_unless_equal_and_a_year_apart() -> None:
    assert found(monthly(2, start=date(2025, 12, 31))) == []
    assert found(charges((date(2025, 2, 1), 5999), (date(2026, 2, 1), 6999))) == []


def test_what_has_ceased_is_none() -> None:
    assert found(monthly(13)[:10]) == []


def test_habits_are_none() -> None:
    """Saturdays at the market, coffee on most days, a taxi now and then: 300 merchants of
    purchases by chance, and at none of them anything is suggested."""
    chance = random.Random(7)
    for _ in range(100):
        saturdays = [START + timedelta(7 * n) for n in range(50)]
        market = charges(*((day, chance.randrange(1500, 9000)) for day in saturdays))
        coffee = charges(
            *((START + timedelta(n), 320) for n in range(370) if chance.random() < 0.6)
        )
        taxi = charges(
            *((START + timedelta(chance.randrange(370)), chance.randrange(800, 4000))
              for _ in range(chance.randrange(2, 30)))
        )  # fmt: skip
        assert [found(kind) for kind in (market, coffee, taxi)] == [[], [], []]


def test_planted_ones_are_found_among_purchases() -> None:
    """200 merchants with a monthly subscription, days off by up to two, among up to five
    purchases: nine in ten are found, with all their charges and none of the purchases."""
    chance, right = random.Random(11), 0
    for _ in range(200):
        price = chance.randrange(300, 5000)
        planted = [
            Charge(c.id, c.day + timedelta(chance.randrange(3)), price)
            for c in monthly(chance.randrange(4, 13), start=date(2025, 3, chance.randrange(1, 28)))
        ]
        day = planted[-1].day + timedelta(5)
        bought = charges(
            *((START + timedelta(chance.randrange(330)), chance.randrange(300, 20_000))
              for _ in range(chance.randrange(6)))
        )  # fmt: skip
        results = find([*planted, *bought], day)
        right += [set(f.charges) for f in results] == [set(planted)]
    assert right >= 180


# --- The ledger -----------------------------------------------------------------------------------


def charge(
    account: FinancialAccount, days: Iterable[date], amount: str = "-9.99", **fields: Any
) -> None:
    for day in days:
        make_posted(account, amount, booked_on=day, **({"merchant": "Filmbox"} | fields))


def last_months(count: int = 5) -> list[date]:
    """Every month, the last of them a week ago."""
    rule = Rule(today() - timedelta(7), Unit.MONTH)
    return [day for n in range(1 - count, 1) if (day := rule.slot(n))]


def suggested(giro: FinancialAccount) -> Subscription:
    charge(giro, last_months())
    assert find_subscriptions(today()) == 1
    row: Subscription = Subscription.objects.get()
    return row


def test_history_suggests_once_and_explains(giro: FinancialAccount) -> None:
    row = suggested(giro)
    assert (row.name, row.amount_minor, row.state) == ("Filmbox", 999, "suggested")
    assert SubscriptionCharge.objects.filter(subscription=row).count() == 5
    assert find_subscriptions(today()) == 0
    assert not Recurring.objects.exists()


def test_transfers_income_and_what_a_person_keeps_are_not_suggested(giro: FinancialAccount) -> None:
    savings, days = make_account("Savings"), last_months()
    charge(giro, days, "2000.00", merchant="Employer")
    for day in days:
        out = make_posted(giro, "-100.00", booked_on=day, merchant="Own savings")
        into = make_posted(savings, "100.00", booked_on=day)
        ledger.transfer(out.pk, into.pk)
    charge(giro, days, "-800.00", merchant="Landlord")
    add_recurring(Template("Rent", giro.pk, money("-800.00"), days[0], merchant="LANDLORD"))
    assert find_subscriptions(today()) == 0


def test_a_rejected_one_is_remembered_whatever_comes(giro: FinancialAccount) -> None:
    row = reject(suggested(giro).pk)
    charge(giro, [today()], "-9.99")
    assert find_subscriptions(today()) == 0
    row.refresh_from_db()
    assert row.state == "rejected"
    assert Subscription.objects.count() == 1
    verbs = LedgerChange.objects.filter(subject_id=row.pk).order_by("version")
    assert list(verbs.values_list("verb", flat=True)) == ["suggest", "reject"]


def test_an_accepted_one_is_watched_and_its_absence_told(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    row = accept(suggested(giro).pk)
    assert row.recurring is not None
    assert (row.recurring.mode, row.recurring.next_on) == ("watch", row.next_on)
    assert accept(row.pk).recurring == row.recurring
    run_due(row.next_on)
    assert watch(row.next_on + timedelta(6)) == 1
    assert [facts["name"] for facts in notices("recurring_missed")] == ["Filmbox"]


def test_a_risen_price_is_told_and_is_not_missed(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    row = accept(suggested(giro).pk)
    due = row.next_on
    run_due(due)
    charge(giro, [due], "-11.99")
    assert follow_subscriptions(due) == 1
    assert follow_subscriptions(due) == 1
    assert watch(due + timedelta(6)) == 0
    assert RecurringSlot.objects.get().state == "met"
    told = notices("price_rise")
    assert [(f["old"]["amount"], f["new"]["amount"]) for f in told] == [("9.99", "11.99")]
    row.refresh_from_db()
    assert row.amount_minor == 1199


def test_a_price_is_told_no_more_when_its_charge_is_voided(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    due = accept(suggested(giro).pk).next_on
    charge(giro, [due], "-11.99")
    follow_subscriptions(due)
    assert len(notices("price_rise")) == 1
    link = SubscriptionCharge.objects.get(transaction__amount_minor=-1199)
    ledger.void(link.transaction_id)
    follow_subscriptions(due)
    assert notices("price_rise") == []
    charge(giro, [due], "-11.99")
    follow_subscriptions(due)
    assert len(notices("price_rise")) == 1


def test_a_cancelled_one_expects_nothing_and_can_be_taken_up(giro: FinancialAccount) -> None:
    row = suggested(giro)
    with pytest.raises(WrongState):
        cancel(row.pk)
    accept(row.pk)
    row = cancel(row.pk)
    assert (row.state, row.cancelled_on) == ("cancelled", today())
    assert row.recurring is not None
    assert Recurring.objects.get().state == "ended"
    assert accept(row.pk).cancelled_on is None
    assert Recurring.objects.filter(state="active").count() == 1


def test_a_voided_charge_counts_no_more(giro: FinancialAccount) -> None:
    row = suggested(giro)
    link = SubscriptionCharge.objects.filter(subscription=row).latest("transaction__booked_on")
    ledger.void(link.transaction_id)
    find_subscriptions(today())
    row.refresh_from_db()
    assert row.next_on == link.transaction.booked_on


def test_the_daily_work_looks_for_them(giro: FinancialAccount) -> None:
    charge(giro, last_months())
    enqueue_daily_work()
    job = Job.objects.get(kind=DoDailyWork.kind)
    JobRunner.run(job.pk)
    job.refresh_from_db()
    assert job.result["subscriptions_found"] == 1
    assert not Notification.objects.exists()


def test_many_merchants_cost_as_many_queries_as_one(giro: FinancialAccount) -> None:
    charge(giro, last_months())
    with CaptureQueriesContext(connection) as one:
        find_subscriptions(today())
    for number in range(6):
        charge(giro, last_months(), merchant=f"Paper {number}")
    with CaptureQueriesContext(connection) as many:
        assert find_subscriptions(today()) == 6
    # PostgreSQL's clock is asked once for each kind of rows that are many.
    assert len(many) <= len(one) + 2


# --- API ------------------------------------------------------------------------------------------


@pytest.fixture
def api(ledger: Tenant) -> APIClient:
    client = APIClient()
    client.force_login(make_member(ledger))
    return client


def test_api_finds_explains_and_decides(api: APIClient, giro: FinancialAccount) -> None:
    charge(giro, last_months()[:3], "-8.99")
    charge(giro, last_months()[3:], "-9.99")
    assert api.post(f"{SUBSCRIPTIONS}/find").json() == {"found": 1}
    row = api.get(SUBSCRIPTIONS, {"state": "suggested"}).json()["data"][0]
    assert (row["amount"], row["per_month"], row["per_year"]) == ("9.99", "9.99", "119.88")
    assert row["evidence"] | {"since": None} == {
        "charges": 5, "since": None, "days_off": 0, "left_out": 0, "varies": False,
    }  # fmt: skip
    assert [(p["amount"], p["percent"]) for p in row["prices"]] == [("8.99", None), ("9.99", 11)]
    address = f"{SUBSCRIPTIONS}/{row['id']}"
    assert len(api.get(address).json()["charges"]) == 5
    refused = api.post(f"{address}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_accepted")
    assert api.post(f"{address}/accept").json()["state"] == "accepted"
    assert api.post(f"{address}/cancel").json()["cancelled_on"] == today().isoformat()


def test_a_reader_cannot_decide(giro: FinancialAccount) -> None:
    row = suggested(giro)
    reader = APIClient()
    Role.objects.create(key="reader", name="Reader", permissions=["transactions:read"])
    reader.force_login(make_member(giro.tenant, role="reader"))
    assert reader.get(f"{SUBSCRIPTIONS}/{row.pk}").status_code == 200
    assert reader.post(f"{SUBSCRIPTIONS}/{row.pk}/accept").status_code == 403
    assert reader.post(f"{SUBSCRIPTIONS}/find").status_code == 403


def test_a_finding_is_what_it_says() -> None:
    finding = find(monthly(13), END)[0]
    assert isinstance(finding, Finding)
    assert finding.latest == finding.charges[-1]
