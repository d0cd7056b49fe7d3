"""Balances of any day, and whether the bank agrees with them."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from finance.accounts import change_account
from finance.balances import balances_on, daily_balances, month_end_balances
from finance.errors import LedgerError, NotInLedger, UnknownReference, WrongState
from finance.ledger import void
from finance.models import FinancialAccount, StatedBalance, StatedBy, Transaction
from finance.money import Money
from finance.months import month_end
from finance.reconciling.checking import Reconciliation, reconcile, transactions_between
from finance.reconciling.stating import Stated, keep_stated, state_balance, withdraw_stated
from tenancy.models import Tenant
from tests.finance.make import email_source, make_account, make_posted, make_proposed
from tests.make import make_member
from tests.pages import member, part

START = date(2026, 1, 31)
YEAR = (date(2025, 6, 1), date(2026, 6, 30))


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def told(account: FinancialAccount, day: date, amount: str, hour: int = 12) -> Stated:
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Stated(account.pk, day, eur(amount), at, email_source())


def book(account: FinancialAccount, day: date, *amounts: str) -> list[Transaction]:
    return [make_posted(account, amount, booked_on=day) for amount in amounts]


def check(account: FinancialAccount) -> Reconciliation:
    return reconcile(account, *YEAR)


# --- Balances of other days -----------------------------------------------------------------------


def test_balances_of_any_day_equal_a_running_sum(ledger: Tenant) -> None:
    dice = random.Random(7)
    accounts = [
        make_account("A", opening=eur("100")),
        make_account("B", opening=eur("50"), opening_on=date(2026, 2, 15)),
    ]
    booked: list[tuple[Any, date, int]] = []
    for _ in range(60):
        account = dice.choice(accounts)
        day = date(2025, 12, 1) + timedelta(dice.randrange(120))
        row = make_posted(account, f"{dice.choice((-1, 1)) * dice.randrange(1, 90)}", booked_on=day)
        if dice.random() < 0.1:
            void(row.pk, "mistake")
        else:
            booked.append((account.pk, day, row.amount_minor))
    make_proposed(accounts[0], "-999", booked_on=date(2026, 1, 5))

    def expected(account: FinancialAccount, on: date) -> int:
        counts = account.opening_on is None or account.opening_on <= on
        moved = sum(minor for pk, day, minor in booked if pk == account.pk and day <= on)
        return moved + (account.opening_minor if counts else 0)

    for offset in range(-3, 130):
        on = date(2025, 12, 1) + timedelta(offset)
        found = {entry.account.pk: entry.balance.minor for entry in balances_on(on, accounts)}
        assert found == {a.pk: expected(a, on) for a in accounts}, on
    ends = month_end_balances(accounts, date(2025, 11, 20), date(2026, 3, 17))
    assert list(ends) == [month_end(date(2025, m, 1)) for m in (11, 12)] + [
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 17),
    ]  # fmt: skip
    for on, held in ends.items():
        assert [e.balance.minor for e in held] == [expected(a, on) for a in accounts], on
    for account in accounts:
        for entry in daily_balances(account, date(2025, 12, 10), date(2026, 3, 20)):
            assert entry.balance.minor == expected(account, entry.day), entry.day


def test_reading_balances_costs_the_same_however_many_accounts(ledger: Tenant) -> None:
    accounts = [make_account(f"A{n}") for n in range(5)]
    for account in accounts:
        book(account, START, "-1", "-2")
    for day, cost in ((START, 1), (START - timedelta(1), 2)):
        with CaptureQueriesContext(connection) as queries:
            balances_on(day, accounts)
        assert len(queries) == cost
    with CaptureQueriesContext(connection) as queries:
        month_end_balances(accounts, date(2024, 1, 1), START - timedelta(1))
    assert len(queries) == 3


# --- Checking -------------------------------------------------------------------------------------


def test_a_bank_that_agrees(giro: FinancialAccount) -> None:
    change_account(giro.pk, {"opening": eur("100")})
    giro.refresh_from_db()
    book(giro, START, "-10")
    keep_stated([told(giro, START, "90.00")])
    state_balance(giro.pk, START + timedelta(9), eur("90"))
    found = check(giro)
    assert (found.agreed_on, found.first_off) == (START + timedelta(9), None)
    assert transactions_between(found) == []
    assert [c.agrees for c in found.checks] == [True, True]


def test_the_first_day_of_disagreement_and_what_lies_before_it(giro: FinancialAccount) -> None:
    """A missed message: the bank is €7 lower from the 10th on."""
    for day in range(1, 20):
        book(giro, date(2026, 3, day), "-10")
        missed = 7 if day >= 10 else 0
        keep_stated([told(giro, date(2026, 3, day), f"{-10 * day - missed}.00")])
    found = check(giro)
    assert found.agreed_on == date(2026, 3, 9)
    assert found.first_off is not None
    assert found.first_off.stated.stated_on == date(2026, 3, 10)
    assert found.first_off.difference == eur("-7")
    assert [row["booked_on"].day for row in transactions_between(found)] == [10, 9]
    later = [c for c in found.checks if not c.agrees]
    # One mistake: it is new once, and the same difference every day after.
    assert [c.is_new for c in later] == [True] + [False] * 9
    book(giro, date(2026, 3, 10), "-7")
    assert check(giro).first_off is None


def test_a_message_tells_the_balance_of_some_moment_of_its_day(giro: FinancialAccount) -> None:
    """In whatever order the messages of a day came in."""
    book(giro, START, "-10", "-5", "30")
    keep_stated([told(giro, START, "-5.00", 8), told(giro, START, "25.00", 9)])
    keep_stated([told(giro, START, "15.00", 10)])
    assert all(c.agrees for c in check(giro).checks)
    keep_stated([told(giro, START, "24.00", 11)])
    off = check(giro).first_off
    assert off is not None and off.difference == eur("9")
    # A statement tells the day's end, and nothing else.
    state_balance(giro.pk, START, eur("25"))
    assert [c.agrees for c in check(giro).checks][-1] is False


def test_a_day_with_very_many_transactions_is_checked_in_their_order(
    giro: FinancialAccount,
) -> None:
    book(giro, START, *["-1"] * 30)
    keep_stated([told(giro, START, "-7.00"), told(giro, START, "-30.00")])
    assert all(c.agrees for c in check(giro).checks)
    keep_stated([told(giro, START, "-31.00")])
    assert not check(giro).checks[-1].agrees


def test_never_agreed(giro: FinancialAccount) -> None:
    book(giro, START, "-10")
    keep_stated([told(giro, START, "500.00")])
    found = check(giro)
    assert (found.agreed_on, found.suspects) == (None, (YEAR[0], START))


def test_checking_costs_a_fixed_number_of_queries(giro: FinancialAccount) -> None:
    for n in range(40):
        book(giro, START + timedelta(n), "-1", "-2")
        keep_stated([told(giro, START + timedelta(n), "-2.00")])
    with CaptureQueriesContext(connection) as queries:
        found = check(giro)
        transactions_between(found)
    assert len(queries) <= 9


# --- Keeping --------------------------------------------------------------------------------------


def test_a_source_states_once_and_never_in_another_currency(giro: FinancialAccount) -> None:
    one = told(giro, START, "90.00")
    keep_stated([one])
    keep_stated([one, told(giro, START, "80.00")])
    foreign = Stated(giro.pk, START, Money(1, "USD"), one.told_at, email_source())
    keep_stated([foreign])
    assert StatedBalance.objects.count() == 2


def test_what_a_person_enters_is_replaced_and_withdrawn(giro: FinancialAccount) -> None:
    row = state_balance(giro.pk, START, eur("1"))
    assert state_balance(giro.pk, START, eur("2")).pk == row.pk
    withdraw_stated(row.pk)
    with pytest.raises(NotInLedger):
        withdraw_stated(row.pk)
    keep_stated([told(giro, START, "90.00")])
    with pytest.raises(WrongState):
        withdraw_stated(StatedBalance.objects.get(stated_by=StatedBy.MESSAGE).pk)
    with pytest.raises(LedgerError):
        state_balance(giro.pk, START, Money(1, "USD"))
    with pytest.raises(LedgerError):
        state_balance(giro.pk, date(1, 1, 1), eur("1"))
    with pytest.raises(UnknownReference):
        state_balance(uuid.uuid4(), START, eur("1"))


# --- Doors ----------------------------------------------------------------------------------------


def test_over_rest(ledger: Tenant, giro: FinancialAccount) -> None:
    api = APIClient()
    api.force_login(make_member(ledger))
    book(giro, START, "-10")
    account = f"/api/v1/accounts/{giro.pk}"
    body = {"account": str(giro.pk), "stated_on": "2026-01-31", "balance": "-12"}
    made = api.post("/api/v1/stated-balances", body)
    assert made.status_code == 201, made.content
    period = {"date_from": "2026-01-01", "date_to": "2026-02-15"}
    line = api.get(f"{account}/balances", period).json()
    assert line["data"] == [
        {"day": "2025-12-31", "balance": "0.00"},
        {"day": "2026-01-31", "balance": "-10.00"},
        {"day": "2026-02-15", "balance": "-10.00"},
    ]
    found = api.get(f"{account}/reconciliation", period).json()
    assert (found["state"], found["first_off"]["difference"]) == ("off", "-2.00")
    assert [row["amount"] for row in found["between"]] == ["-10.00"]
    listed = api.get("/api/v1/stated-balances", {"account": str(giro.pk)}).json()["data"]
    assert [row["balance"] for row in listed] == ["-12.00"]
    assert api.delete(f"/api/v1/stated-balances/{made.json()['id']}").status_code == 204
    assert api.get(f"{account}/reconciliation", period).json()["state"] == "nothing_stated"
    for wrong in ({"date_from": "2026-03-01", "date_to": "2026-01-01"}, {"date_to": "0001-01-01"},
                  {"until": "2026-01-01"}):  # fmt: skip
        assert api.get(f"{account}/balances", wrong).status_code == 400, wrong
    assert api.post("/api/v1/stated-balances", body | {"balance": "1.001"}).status_code == 400
    assert api.patch(account, {"group": "Household"}).json()["group"] == "Household"


def test_the_page_of_an_account(ledger: Tenant, giro: FinancialAccount) -> None:
    browser, address = member(ledger), f"/accounts/{giro.pk}/"
    today = datetime.now(UTC).date()
    book(giro, today - timedelta(40), "-10")
    html = browser.get(address).content.decode()
    assert "−€10.00" in html and "No balance was stated" in html
    assert f"/transactions/?account={giro.pk}&amp;since=" in html
    stated = {"stated_on": (today - timedelta(2)).isoformat(), "balance": "-12"}
    assert browser.post(address, stated).status_code == 302
    html = browser.get(address).content.decode()
    assert "They disagree since" in html and "Corner shop" in html
    assert browser.post(address, stated | {"balance": "1.001"}).status_code == 422
    row = StatedBalance.objects.get()
    browser.post(f"/stated-balances/{row.pk}/remove/")
    assert not StatedBalance.objects.exists()
    assert 'name="group"' in part(browser, f"{address}change/").content.decode()
