"""The page of budgets and goals."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finance.budgets.status import statuses
from finance.categories import seed_default_categories
from finance.goals.saving import add_goal
from finance.models import Budget, FinancialAccount, Goal
from finance.money import Money
from tenancy.models import Tenant
from tests.finance.make import category, make_account
from tests.finance.test_budgets import make_budget, spend
from tests.pages import member, part

PAGE = "/budgets/"
MAY = {"on": "2026-05-20"}


@pytest.fixture
def account(in_tenant: Tenant) -> FinancialAccount:
    seed_default_categories()
    return make_account()


@pytest.fixture
def browser(tenant: Tenant) -> Client:
    return member(tenant)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Food", "amount": "300", "currency": "EUR", "starts_on": "2026-05-01",
        "every": "1", "unit": "month", "rollover": "none", "thresholds": "80 %, 100 %",
    } | fields  # fmt: skip


def test_a_budget_is_added_shown_and_changed(browser: Client, account: FinancialAccount) -> None:
    assert "No budgets yet" in text(browser.get(PAGE))
    groceries = str(category("groceries").pk)
    added = browser.post(f"{PAGE}new/", form(categories=[groceries]))
    assert added.status_code == 302, text(added)
    row = Budget.objects.get()
    assert row.thresholds == [80, 100]
    spend(account, "-270.00", date(2026, 5, 20), "groceries")
    shown = text(browser.get(PAGE, MAY))
    assert "€30.00</span> left" in shown
    assert "90 % spent" in shown
    assert (
        f"since=2026-05-01&amp;until=2026-05-31&amp;state=posted&amp;category={groceries}" in shown
    )
    assert "None of them" in text(browser.get(PAGE, MAY | {"show": "on_track"}))
    address = f"{PAGE}{row.pk}/"
    assert "on average" in text(part(browser, address, **MAY))
    saved = browser.post(address, form(on="2026-05-20", period_amount="200", categories=[]))
    assert saved.status_code == 302, text(saved)
    assert [str(statuses([row], date(2026, n, 1))[0].limit) for n in (5, 6)] == ["200.00", "300.00"]
    assert ">Over<" in text(browser.get(PAGE, MAY))


def test_what_is_wrong_is_said_at_its_field(browser: Client, account: FinancialAccount) -> None:
    for wrong, told in (
        ({"thresholds": "often"}, "Give whole percentages"),
        ({"thresholds": "0"}, "percentages from 1 to 500"),
        ({"amount": "1.001"}, "EUR has 2 decimals"),
        ({"starts_on": "1800-01-01"}, "must lie between"),
    ):
        refused = browser.post(f"{PAGE}new/", form(**wrong))
        assert refused.status_code == 422
        assert told in text(refused), wrong
    for day in ("x", "0001-01-01", "2199-01-01"):
        assert browser.get(PAGE, {"on": day}).status_code == 400


def test_periods_are_copied_and_filled(browser: Client, account: FinancialAccount) -> None:
    budget = make_budget("100.00", "groceries")
    spend(account, "-90.00", date(2026, 4, 20), "groceries")
    told = browser.post(f"{PAGE}fill/", MAY | {"periods": "3"}, follow=True)
    assert "1 budget filled" in text(told)
    assert str(statuses([budget], date(2026, 5, 1))[0].limit) == "30.00"
    browser.post(f"{PAGE}copy/", {"on": "2026-06-20"})
    assert str(statuses([budget], date(2026, 6, 1))[0].limit) == "30.00"
    assert browser.post(f"{PAGE}fill/", {"periods": "4"}).status_code == 400


def test_a_goal_is_added_and_saved_for(browser: Client, account: FinancialAccount) -> None:
    browser.post("/goals/new/", {"name": "Bicycle", "target": "900", "currency": "EUR"})
    goal = Goal.objects.get()
    browser.post(f"/goals/{goal.pk}/contribute/", {"amount": "90"})
    assert "€90.00</span> of" in text(browser.get(PAGE))
    for wrong in ("", "0", "0.001"):
        browser.post(f"/goals/{goal.pk}/contribute/", {"amount": wrong})
    assert goal.contributions.count() == 1
    changed = {"name": "Bike", "target": "900", "currency": "EUR", "account": str(account.pk)}
    browser.post(f"/goals/{goal.pk}/", changed)
    goal.refresh_from_db()
    assert (goal.name, goal.account) == ("Bike", account)


def test_the_page_asks_no_more_often_for_more(browser: Client, account: FinancialAccount) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get(PAGE, MAY)
        return len(seen)

    def add(count: int) -> None:
        for n in range(count):
            make_budget("100.00", "groceries", name=f"Food {n}")
            make_budget("10.00", name=f"Week {n}", unit="week")
            add_goal(f"Goal {n}", Money(100, "EUR"))

    add(1)
    few = queries()
    add(5)
    assert queries() == few
