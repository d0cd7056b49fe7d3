"""The page that corrects the day, the account and the amount of a transaction."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from finance import ledger
from finance.models import FinancialAccount, Split, Transaction
from finance.money import Money
from finance.querysets import balances
from tenancy.scope import Actor, tenant_scope
from tests.finance.make import email_source, make_account, make_posted
from tests.make import make_member
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def giro(in_tenant: object, ledger: object) -> FinancialAccount:
    return make_account()


@pytest.fixture
def bought(giro: FinancialAccount) -> Transaction:
    return make_posted(giro, "-25.00", source=email_source())


@pytest.fixture
def browser(giro: FinancialAccount) -> Client:
    return signed_in(make_member(giro.tenant, "user"))


def address(row: Transaction) -> str:
    return f"/transactions/{row.pk}/correct/"


def fields(row: Transaction, **changed: Any) -> dict[str, Any]:
    return {
        "booked_on": "2026-05-20", "account": str(row.account_id),
        "direction": "out", "amount": "25.00",
    } | changed  # fmt: skip


def test_what_was_wrong_is_corrected_and_locked(browser: Client, bought: Transaction) -> None:
    page = browser.get(address(bought)).content.decode()
    assert 'value="25.00"' in page and 'value="2026-05-20"' in page
    answer = browser.post(address(bought), fields(bought, amount="26.50", booked_on="2026-05-19"))
    assert answer["Location"] == f"/transactions/{bought.pk}/"
    bought.refresh_from_db()
    assert (str(bought.booked_on), bought.amount) == ("2026-05-19", Money(-2650, "EUR"))
    assert bought.locked == ["amount", "booked_on"]
    assert Split.objects.get().amount_minor == -2650
    assert balances()[0].balance == Money(-2650, "EUR")


def test_it_moves_to_another_account(browser: Client, bought: Transaction) -> None:
    other = make_account("Card")
    browser.post(address(bought), fields(bought, account=str(other.pk), direction="in"))
    bought.refresh_from_db()
    assert (bought.account_id, bought.amount_minor) == (other.pk, 2500)


def test_without_a_change_nothing_is_locked(browser: Client, bought: Transaction) -> None:
    browser.post(address(bought), fields(bought))
    bought.refresh_from_db()
    assert (bought.locked, bought.version) == ([], 1)


def test_what_cannot_be_is_said_and_kept(browser: Client, bought: Transaction) -> None:
    yen = make_account("Yen", "JPY")
    refused = [
        ({"amount": "much"}, "Enter a number"),
        ({"amount": "0"}, "greater than or equal"),
        ({"amount": "1.005"}, "decimal"),
        ({"booked_on": "1001-01-01"}, "must lie between"),
        ({"account": str(yen.pk), "amount": "12.50"}, "decimal"),
    ]
    for changed, problem in refused:
        answer = browser.post(address(bought), fields(bought, **changed))
        page = answer.content.decode()
        assert answer.status_code == 422 and problem in page, changed
        if "amount" in changed:
            assert f'value="{changed["amount"]}"' in page
    bought.refresh_from_db()
    assert bought.amount_minor == -2500


def test_a_stale_form_and_a_transfer_are_told(browser: Client, bought: Transaction) -> None:
    shown = {f"initial-{name}": value for name, value in fields(bought).items()}
    ledger.edit(bought.pk, {"amount": Money(-2700, "EUR")})
    stale = browser.post(address(bought), shown | fields(bought, amount="26"))
    assert "changed this to “27.00” meanwhile" in stale.content.decode()
    other = make_posted(make_account("Savings"), "27.00")
    ledger.transfer(bought.pk, other.pk)
    bought.refresh_from_db()
    page = browser.post(address(bought), fields(bought, amount="26")).content.decode()
    assert "one leg of a transfer" in page


def test_who_may_only_read_corrects_nothing(bought: Transaction) -> None:
    Role.objects.create(key="narrow", name="Narrow", permissions=["transactions:read"])
    viewer = signed_in(make_member(bought.tenant, "narrow"))
    assert viewer.get(address(bought)).status_code == 403
    assert viewer.post(address(bought), fields(bought, amount="1")).status_code == 403


def test_the_history_says_what_a_job_was_doing(browser: Client, giro: FinancialAccount) -> None:
    with tenant_scope(giro.tenant_id, actor=Actor("job", label="extraction.extract_emails")):
        row = make_posted(giro, "-25.00")
    page = browser.get(f"/transactions/{row.pk}/").content.decode()
    assert "Read messages" in page and "extract_emails" not in page
