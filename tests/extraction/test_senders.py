"""Who speaks for an account, and who was only paid from it."""

from __future__ import annotations

import pytest

from extraction.reading import Candidate, Event, Field
from extraction.senders import Author, institution_of, is_issuer
from finance.money import Money

BANK = Author("alerts@mail.nordbank.example", "Nordbank Alerts")
SHOP = Author("orders@corner.example", "Corner Books")
BALANCE = Field(Money(100_00, "EUR"))


def purchase(merchant: str = "") -> Candidate:
    return Candidate(Event.PURCHASE, merchant=Field(merchant) if merchant else None)


def test_a_bank_is_named_by_its_domain() -> None:
    assert institution_of(BANK) == "Nordbank"
    stranger = Author("alerts@nordbank.evil.example", "Nordbank Alerts")
    assert institution_of(stranger) != "Nordbank"


def test_a_bank_tells_of_a_purchase_elsewhere() -> None:
    assert is_issuer(BANK, purchase("Corner Books"))


@pytest.mark.parametrize("merchant", ["", "Corner Books", "corner books"])
def test_a_shops_own_receipt_does_not_speak_for_the_card(merchant: str) -> None:
    assert not is_issuer(SHOP, purchase(merchant))


def test_who_states_a_balance_or_moves_money_keeps_the_account() -> None:
    assert is_issuer(BANK, Candidate(Event.PURCHASE, balance=BALANCE))
    assert is_issuer(BANK, Candidate(Event.TRANSFER_IN))
