"""Which account a message means."""

from __future__ import annotations

import pytest

from finance.accounts import AccountHint, change_account, resolve_account
from finance.errors import LedgerError
from finance.money import InvalidMoney
from tenancy.models import Tenant
from tests.finance.make import make_account


@pytest.mark.parametrize(
    "digits", ["1234", "XX1234", "**** 1234", "a/c *1234", "5500 0000 0000 1234", "x234"]
)
def test_the_last_digits_find_the_account(ledger: Tenant, digits: str) -> None:
    card = make_account("Card", number="1234", kind="credit_card")
    make_account("Other", number="9999")
    assert resolve_account(AccountHint(last_digits=digits)) == card


def test_a_whole_number_decides_among_equal_endings(ledger: Tenant) -> None:
    first = make_account("First", number="DE00 1111 2222 3333 4444")
    make_account("Second", number="DE99 5555 6666 7777 4444")
    assert resolve_account(AccountHint(last_digits="4444")) is None
    assert resolve_account(AccountHint(last_digits="DE00111122223333 4444")) == first


def test_institution_kind_and_currency_choose_among_equals(ledger: Tenant) -> None:
    make_account("Card", number="4444", institution="North Bank", kind="credit_card")
    giro = make_account("Giro", number="4444", institution="South Bank")
    dollars = make_account("Dollars", "USD", number="4444")
    assert resolve_account(AccountHint(last_digits="4444", institution="south bank")) == giro
    assert resolve_account(AccountHint(last_digits="4444", currency="USD")) == dollars
    assert resolve_account(AccountHint(last_digits="4444", currency="EUR", kind="checking")) == giro


def test_an_institution_decides_only_where_it_has_one_account(ledger: Tenant) -> None:
    first = make_account("Giro", institution="North Bank")
    assert resolve_account(AccountHint(institution="North Bank")) == first
    make_account("Savings", institution="North Bank")
    assert resolve_account(AccountHint(institution="North Bank")) is None
    assert resolve_account(AccountHint(name="savings")) is not None


@pytest.mark.parametrize(
    "hint",
    [
        AccountHint(),
        AccountHint(last_digits="34"),
        AccountHint(last_digits="5678"),
        AccountHint(institution="Nobody"),
        AccountHint(last_digits="1234", currency="USD"),
    ],
)
def test_what_is_not_clear_is_nobodys(ledger: Tenant, hint: AccountHint) -> None:
    make_account("Card", number="1234", institution="North Bank")
    assert resolve_account(hint) is None


def test_a_closed_account_is_not_meant(ledger: Tenant) -> None:
    card = make_account("Card", number="1234")
    change_account(card.pk, {"is_archived": True})
    assert resolve_account(AccountHint(last_digits="1234")) is None


def test_what_no_account_can_be(ledger: Tenant) -> None:
    with pytest.raises(InvalidMoney):
        make_account("Giro", "EURO")
    with pytest.raises(LedgerError):
        make_account("  ")
