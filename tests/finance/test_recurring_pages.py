"""The page of what repeats."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from finance.categories import seed_default_categories
from finance.models import FinancialAccount, Recurring, RecurringSlot
from finance.querysets import today
from tenancy.models import Tenant
from tests.finance.make import make_account
from tests.finance.test_recurring import make_recurring
from tests.pages import member, part

PAGE = "/recurring/"


@pytest.fixture
def account(in_tenant: Tenant) -> FinancialAccount:
    seed_default_categories()
    return make_account()


@pytest.fixture
def browser(tenant: Tenant) -> Client:
    return member(tenant)


def form(account: FinancialAccount, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Rent", "account": str(account.pk), "direction": "out", "amount": "900",
        "mode": "book", "anchor_on": today().isoformat(), "every": "1", "unit": "month",
        "day": "same_day",
    } | fields  # fmt: skip


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_one_is_added_shown_changed_and_ended(browser: Client, account: FinancialAccount) -> None:
    assert "Nothing repeats yet" in text(browser.get(PAGE))
    added = browser.post(f"{PAGE}new/", form(account, anchor_on="2026-01-31", day="last_day"))
    assert added.status_code == 302, text(added)
    row = Recurring.objects.get()
    shown = text(browser.get(PAGE))
    assert "Every month, on the last day of the month" in shown
    assert "−€900.00" in shown
    address = f"{PAGE}{row.pk}/"
    assert 'value="900.00"' in text(part(browser, address))
    browser.post(address, form(account, state="ended", every="3"))
    row.refresh_from_db()
    assert (row.state, row.every, row.next_on) == ("ended", 3, None)
    assert "1 has ended" in text(browser.get(PAGE))


def test_what_is_wrong_is_said_at_its_field(browser: Client, account: FinancialAccount) -> None:
    refused = browser.post(f"{PAGE}new/", form(account, amount_to="1000"))
    assert refused.status_code == 422
    assert "cannot be recorded unseen" in text(refused)
    refused = browser.post(f"{PAGE}new/", form(account, amount="9.001"))
    assert "EUR has 2 decimals" in text(refused)
    assert not Recurring.objects.exists()


def test_the_next_is_skipped_and_recorded(browser: Client, account: FinancialAccount) -> None:
    row = make_recurring(account, anchor_on=date(2026, 1, 31))
    browser.post(f"{PAGE}{row.pk}/skip/", {"due_on": "2026-01-31"})
    told = browser.post(f"{PAGE}{row.pk}/record/", {"due_on": "2026-04-30"}, follow=True)
    assert "its next due date is 2026-02-28" in text(told)
    browser.post(f"{PAGE}{row.pk}/record/", {"due_on": "2026-02-28"})
    assert {s.state for s in RecurringSlot.objects.all()} == {"skipped", "booked"}
    assert browser.post(f"{PAGE}{row.pk}/skip/", {"due_on": "soon"}).status_code == 400


def test_the_month_shows_what_was_and_what_comes(
    browser: Client, account: FinancialAccount
) -> None:
    make_recurring(account, anchor_on=today(), unit="week", name="Market", mode="ask")
    ahead = today() + timedelta(70)
    shown = text(browser.get(PAGE, {"month": f"{ahead:%Y-%m}"}))
    assert shown.count('<li class="to-come">') in (4, 5)
    assert shown.count('<span class="clip">Market</span>') in (4, 5)
    for wrong in ("2026", "2026-13", "0001-01", "x"):
        assert browser.get(PAGE, {"month": wrong}).status_code == 400
