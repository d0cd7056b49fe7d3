"""Budgets and goals: periods, what is spent in them, alerts, and the API."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from finance import ledger
from finance.budgets.alerts import check_budgets
from finance.budgets.plans import (
    Plan,
    add_budget,
    change_budget,
    copy_last,
    fill_from_averages,
    set_period_amount,
)
from finance.budgets.serializers import BudgetShape
from finance.budgets.status import Status, statuses
from finance.categories import add_category
from finance.daily import enqueue_daily_work
from finance.errors import LedgerError
from finance.goals.saving import add_goal, contribute, months_left, progress
from finance.goals.serializers import GoalDetailShape
from finance.models import Budget, CategoryKind, DailyWork, FinancialAccount, Goal, Split
from finance.money import Money
from finance.querysets import today
from jobs.clock import database_now
from jobs.models import Job
from notifications.models import Notification
from tenancy.models import Tenant
from tests.finance.make import category, make_account, make_posted, make_proposed
from tests.make import make_member

BUDGETS, GOALS = "/api/v1/budgets", "/api/v1/goals"
MAY = date(2026, 5, 20)


def make_budget(amount: str = "300.00", *names: str, **fields: Any) -> Budget:
    ids = [category(name).pk for name in names]
    values: dict[str, Any] = {"name": "Food", "starts_on": date(2026, 1, 1)} | fields
    return add_budget(Plan(amount=money(amount), category_ids=ids, **values))


def money(text: str, currency: str = "EUR") -> Money:
    return Money.parse(text, currency)


def stand(budget: Budget, day: date = MAY, **options: Any) -> Status:
    return statuses([Budget.objects.get(pk=budget.pk)], day, **options)[0]


def spend(account: FinancialAccount, amount: str, day: date = MAY, name: str = "") -> Any:
    category_id = category(name).pk if name else None
    return make_posted(account, amount, booked_on=day, category_id=category_id)


# --- What is spent --------------------------------------------------------------------------------


def test_what_counts_is_posted_in_the_period_and_below_the_category(giro: FinancialAccount) -> None:
    child = category("groceries")
    parent = child.parent or child
    budget = add_budget(Plan("Food", money("300.00"), date(2026, 1, 1), [parent.pk]))
    make_posted(giro, "-100.00", booked_on=MAY, category_id=child.pk)
    make_posted(giro, "-20.00", booked_on=MAY, category_id=parent.pk)
    # A refund lessens it; what is proposed, void, elsewhere or in another month does not count.
    make_posted(giro, "15.00", booked_on=MAY, category_id=child.pk)
    make_proposed(giro, "-50.00", booked_on=MAY, category_id=child.pk)
    ledger.void(make_posted(giro, "-50.00", booked_on=MAY, category_id=child.pk).pk)
    spend(giro, "-50.00", name="rent")
    spend(giro, "-50.00", date(2026, 4, 30), "groceries")
    status = stand(budget)
    assert (str(status.spent), str(status.left), status.percent) == ("105.00", "195.00", 35)
    assert {s.category_id: str(s.spent) for s in status.shares} == (
        {child.pk: "85.00", parent.pk: "20.00"} if child != parent else {child.pk: "105.00"}
    )


def test_without_categories_everything_that_is_spent_counts(giro: FinancialAccount) -> None:
    other = make_account("Savings")
    budget = make_budget("1000.00")
    spend(giro, "-100.00", name="rent")
    spend(giro, "-7.00")
    # Income and transfers are not spending.
    spend(giro, "55.00")
    spend(giro, "2000.00", name="salary")
    ledger.transfer_to(spend(giro, "-300.00").pk, other.pk)
    for starts_on in (date(2026, 1, 1), date(2026, 1, 15)):
        change_budget(budget.pk, {"starts_on": starts_on})
        assert str(stand(budget).spent) == "107.00", starts_on


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        ({}, "2026-05-01", "2026-05-31"),
        ({"starts_on": date(2026, 1, 25)}, "2026-04-25", "2026-05-24"),
        ({"starts_on": date(2027, 1, 31)}, "2026-04-30", "2026-05-30"),
        ({"unit": "week", "starts_on": date(2026, 6, 1)}, "2026-05-18", "2026-05-24"),
        ({"unit": "week", "every": 2, "starts_on": date(2026, 5, 4)}, "2026-05-18", "2026-05-31"),
        ({"every": 3}, "2026-04-01", "2026-06-30"),
        ({"unit": "year"}, "2026-01-01", "2026-12-31"),
    ],
)
def test_periods_start_where_they_are_wanted(
    giro: FinancialAccount, fields: dict[str, Any], first: str, last: str
) -> None:
    budget = make_budget("300.00", "groceries", **fields)
    edges = [date.fromisoformat(first), date.fromisoformat(last)]
    for day in (*edges, edges[0] - timedelta(1), edges[1] + timedelta(1)):
        spend(giro, "-1.00", day, "groceries")
    status = stand(budget)
    assert (str(status.period.first), str(status.period.last)) == (first, last)
    assert str(status.spent) == "2.00"


def test_totals_and_splits_agree(giro: FinancialAccount) -> None:
    """A month is read from the totals, and summed day by day when it is one of a longer rule."""
    monthly = make_budget("300.00", "groceries")
    for n in range(60):
        spend(giro, f"-{n + 1}.11", date(2026, 3, 15) + timedelta(n), "groceries")
        spend(giro, "-2.00", date(2026, 3, 15) + timedelta(n))
    everything = make_budget("300.00", name="All")
    for budget in (monthly, everything):
        months = [stand(budget, date(2026, n, 1)).spent.minor for n in (3, 4, 5)]
        rows = Split.objects.filter(transaction__state="posted").select_related("transaction")
        by_hand = [
            -sum(
                s.amount_minor
                for s in rows
                if s.transaction.booked_on.month == n and (s.category_id or budget == everything)
            )
            for n in (3, 4, 5)
        ]
        assert months == by_hand


def test_another_currency_is_told_and_not_counted(giro: FinancialAccount) -> None:
    budget = make_budget("300.00", "groceries")
    spend(make_account("Dollars", "USD"), "-12.00", name="groceries")
    status = stand(budget)
    assert status.spent.minor == 0
    assert status.others == (money("12.00", "USD"),)


def test_what_is_left_is_shared_among_the_days_that_are_left(giro: FinancialAccount) -> None:
    budget = make_budget("310.00", "groceries", starts_on=today(), unit="week")
    status = stand(budget, today())
    assert (status.days_left, str(status.per_day)) == (7, "44.28")
    spend(giro, "-400.00", today(), "groceries")
    status = stand(budget, today())
    assert (status.per_day, status.state, status.percent) == (None, "over", 129)
    assert stand(budget, today() + timedelta(7)).days_left == 0


# --- Rollover, copying, averages ------------------------------------------------------------------


@pytest.mark.parametrize(("rollover", "carried"), [("none", 0), ("left", 7000), ("all", 2000)])
def test_what_goes_over_into_the_next_period(
    giro: FinancialAccount, rollover: str, carried: int
) -> None:
    budget = make_budget("100.00", "groceries", rollover=rollover)
    Budget.objects.filter(pk=budget.pk).update(
        rollover_since=date(2026, 3, 20) if rollover != "none" else None
    )
    # February is before it was switched on. March: 50 too much, April: 70 left.
    for day, amount in (("02-10", "-500.00"), ("03-10", "-150.00"), ("04-10", "-30.00")):
        spend(giro, amount, date.fromisoformat(f"2026-{day}"), "groceries")
    status = stand(budget, history=0)
    assert (status.carried.minor, status.available.minor) == (carried, 10000 + carried)


def test_a_period_may_have_its_own_amount_and_be_copied(giro: FinancialAccount) -> None:
    budget = make_budget("100.00", "groceries")
    set_period_amount(budget.pk, date(2026, 4, 9), money("120.00"))
    assert [stand(budget, d).limit.minor for d in (date(2026, 4, 30), MAY)] == [12000, 10000]
    assert copy_last(MAY) == 1
    assert stand(budget).limit.minor == 12000
    set_period_amount(budget.pk, MAY, None)
    assert stand(budget).limit.minor == 10000


def test_averages_fill_the_period(giro: FinancialAccount) -> None:
    food, idle = make_budget("1.00", "groceries"), make_budget("5.00", "rent", name="Rent")
    for month in range(5, 13):
        spend(giro, f"-{month}0.00", date(2025, month, 3), "groceries")
    for month in range(1, 5):
        spend(giro, f"-{month}.00", date(2026, month, 3), "groceries")
    assert fill_from_averages(MAY, 3) == 1
    assert stand(food).limit.minor == 300
    fill_from_averages(MAY, 12)
    assert stand(food).limit.minor == round(69000 / 12)
    assert stand(idle).limit.minor == 500
    status = stand(food)
    assert (status.average, status.median) == (money("40.00"), money("3.00"))


def test_many_budgets_are_read_as_quickly_as_one(giro: FinancialAccount) -> None:
    def queries(count: int) -> int:
        for n in range(count):
            unit = {"unit": "week"} if n % 2 else {"rollover": "all"}
            make_budget("100.00", "groceries", name=f"Food {n}", **unit)
        budgets = list(Budget.objects.all())
        with CaptureQueriesContext(connection) as seen:
            assert len(statuses(budgets, MAY)) == len(budgets)
        return len(seen)

    assert queries(2) == queries(8) == 7


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": " "}, "blank"),
        ({"every": 13}, "step_out_of_range"),
        ({"thresholds": (0,)}, "bad_thresholds"),
        ({"thresholds": (1, 2, 3, 4, 5, 6)}, "bad_thresholds"),
        ({"amount": Money(-1, "EUR")}, "amount_out_of_range"),
        ({"category_ids": [uuid.uuid4()]}, "does_not_exist"),
        ({"starts_on": date(1800, 1, 1)}, "date_out_of_range"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    giro: FinancialAccount, fields: dict[str, Any], code: str
) -> None:
    values: dict[str, Any] = {
        "name": "Food", "amount": money("1.00"), "starts_on": date(2026, 1, 1),
    }  # fmt: skip
    with pytest.raises(LedgerError) as refused:
        add_budget(Plan(**values | fields))
    assert refused.value.code == code
    with pytest.raises(LedgerError) as refused:
        change_budget(make_budget().pk, fields)
    assert refused.value.code == code


def test_only_expenses_are_budgeted(giro: FinancialAccount) -> None:
    income = add_category("Prizes", kind=CategoryKind.INCOME)
    with pytest.raises(LedgerError, match="is no expense"):
        add_budget(Plan("Prizes", money("1.00"), date(2026, 1, 1), [income.pk]))


# --- Alerts ---------------------------------------------------------------------------------------


def notices() -> list[Notification]:
    rows = Notification.objects.filter(kind="budget_threshold")
    return list(rows.order_by("created_at", "id"))


def alerts() -> list[dict[str, Any]]:
    return [row.facts for row in notices()]


def test_each_threshold_is_told_once_a_period(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    make_budget("100.00", "groceries", starts_on=today().replace(day=1))
    make_budget("100.00", "rent", name="Rent")
    spend(giro, "-79.99", today(), "groceries")
    assert check_budgets() == 0
    spend(giro, "-0.01", today(), "groceries")
    assert (check_budgets(), check_budgets()) == (1, 0)
    big = spend(giro, "-20.00", today(), "groceries")
    assert check_budgets() == 1
    # Less again: taken back. Once more over it: told again, as it is now.
    ledger.void(big.pk)
    assert check_budgets() == 0
    assert [notice.cancelled_at is None for notice in notices()] == [True, False]
    spend(giro, "-50.00", today(), "groceries")
    assert (check_budgets(), check_budgets()) == (1, 0)
    assert [(a["budget"], a["percent"], a["spent"]["amount"]) for a in alerts()] == [
        ("Food", 80, "80.00"), ("Food", 130, "130.00"),
    ]  # fmt: skip


def test_two_thresholds_at_once_are_one_notice(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    make_budget("100.00", "groceries")
    spend(giro, "-150.00", today(), "groceries")
    assert check_budgets() == 1
    assert [a["percent"] for a in alerts()] == [150]


def test_a_check_is_asked_for_when_something_was_booked(giro: FinancialAccount) -> None:
    make_budget("100.00", "groceries")
    now = database_now()
    DailyWork.objects.create(done_on=today() + timedelta(1), checked_at=now + timedelta(hours=1))
    assert enqueue_daily_work() == 0
    DailyWork.objects.update(checked_at=now - timedelta(hours=1))
    assert enqueue_daily_work() == 1
    assert Job.objects.get().kind == "finance.after_booking"


# --- Goals ----------------------------------------------------------------------------------------


def test_months_are_counted_with_both_ends() -> None:
    day = date(2026, 5, 31)
    assert [months_left(day, until) for until in (
        date(2026, 5, 30), day, date(2026, 6, 1), date(2027, 5, 1),
    )] == [0, 1, 2, 13]  # fmt: skip


def test_a_goal_says_what_it_takes_each_month(giro: FinancialAccount) -> None:
    goal = add_goal("Bicycle", money("1000.00"), target_on=date(2026, 7, 15))
    contribute(goal.pk, money("150.00"))
    contribute(goal.pk, money("-50.00"))
    (found,) = progress([goal], MAY)
    assert (str(found.saved), str(found.missing), found.percent) == ("100.00", "900.00", 10)
    assert (found.months_left, str(found.per_month)) == (3, "300.00")
    (late,) = progress([goal], date(2026, 8, 1))
    assert (late.is_late, late.months_left, str(late.per_month)) == (True, 0, "900.00")
    contribute(goal.pk, money("900.01"))
    (done,) = progress([goal], MAY)
    assert (done.is_reached, done.percent, done.per_month) == (True, 100, None)


def test_a_goal_on_an_account_follows_its_balance(giro: FinancialAccount) -> None:
    goal = add_goal("Roof", money("200.00"), account_id=giro.pk)
    make_posted(giro, "50.00")
    assert progress([goal])[0].saved == money("50.00")
    with pytest.raises(LedgerError, match="saved on an account"):
        contribute(goal.pk, money("1.00"))
    with pytest.raises(LedgerError) as refused:
        add_goal("Trip", money("1.00", "USD"), account_id=giro.pk)
    assert refused.value.code == "currency_mismatch"


def test_goals_are_read_in_four_queries(giro: FinancialAccount) -> None:
    for n in range(4):
        goal = add_goal(f"Goal {n}", money("10.00"), **({"account_id": giro.pk} if n % 2 else {}))
        if not n % 2:
            contribute(goal.pk, money("1.00"))
    goals = list(Goal.objects.all())
    with CaptureQueriesContext(connection) as seen:
        progress(goals)
    assert len(seen) == 4


# --- API ------------------------------------------------------------------------------------------


@pytest.fixture
def api(ledger: Tenant) -> APIClient:
    client = APIClient()
    client.force_login(make_member(ledger))
    return client


def test_a_budget_over_the_api(api: APIClient, giro: FinancialAccount) -> None:
    groceries = str(category("groceries").pk)
    made = api.post(BUDGETS, {
        "name": "Food", "amount": "300.00", "currency": "EUR", "starts_on": "2026-01-01",
        "categories": [groceries], "rollover": "left", "thresholds": [100, 50],
    })  # fmt: skip
    assert made.status_code == 201, made.content
    assert set(made.json()) == set(BudgetShape().fields)
    assert (made.json()["categories"], made.json()["thresholds"]) == ([groceries], [50, 100])
    address = f"{BUDGETS}/{made.json()['id']}"
    spend(giro, "-40.00", name="groceries")
    may = api.get(BUDGETS, {"on": "2026-05-20"}).json()["data"][0]
    assert (may["first"], may["spent"], may["left"]) == ("2026-05-01", "40.00", "260.00")
    assert may["shares"][0]["category"] == groceries
    own = api.post(f"{address}/period", {"on": "2026-05-01", "amount": "50.00"}).json()
    assert (own["limit"], own["percent"], own["state"]) == ("50.00", 80, "near")
    assert api.post(f"{BUDGETS}/copy-last", {"on": "2026-06-01"}).json() == {"changed": 1}
    filled = api.post(f"{BUDGETS}/fill-from-averages", {"on": "2026-07-01", "periods": 6})
    assert filled.json() == {"changed": 1}
    assert api.patch(address, {"amount": "9.001"}).status_code == 400
    assert api.patch(address, {"categories": []}).json()["categories"] == []
    assert api.delete(address).status_code == 204
    assert api.get(BUDGETS, {"is_archived": "false"}).json()["data"] == []
    assert api.get(BUDGETS, {"on": "May"}).status_code == 400


def test_a_goal_over_the_api(api: APIClient, giro: FinancialAccount) -> None:
    made = api.post(GOALS, {"name": "Bicycle", "target": "900.00", "currency": "EUR"})
    assert made.status_code == 201, made.content
    assert set(made.json()) == set(GoalDetailShape().fields)
    address = f"{GOALS}/{made.json()['id']}"
    given = api.post(f"{address}/contributions", {"amount": "90.00", "note": "Birthday"})
    assert (given.status_code, given.json()["percent"]) == (201, 10)
    assert given.json()["contributions"][0]["note"] == "Birthday"
    linked = api.patch(address, {"account": str(giro.pk)}).json()
    assert linked["saved"] == "0.00"
    assert api.delete(address).status_code == 204
    assert api.get(GOALS, {"is_archived": "false"}).json()["data"] == []
