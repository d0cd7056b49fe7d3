"""Who speaks for an account, and who was only paid from it."""

from __future__ import annotations

import pytest

from extraction.reading import Candidate, Event, Field
from extraction.senders import institution_of, is_issuer
from finance.money import Money
from mail_ingest.models import Email
from tenancy.ids import new_id


def email(name: str, address: str) -> Email:
    return Email(tenant_id=new_id(), from_name=name, from_address=address)


BANK = email("Nordbank Alerts", "alerts@mail.nordbank.example")
SHOP = email("Corner Books", "orders@corner.example")
BALANCE = Field(Money(100_00, "EUR"))


def purchase(merchant: str = "") -> Candidate:
    return Candidate(Event.PURCHASE, merchant=Field(merchant) if merchant else None)


def test_a_bank_is_named_by_its_domain() -> None:
    assert institution_of(BANK) == "Nordbank"
    stranger = email("Nordbank Alerts", "alerts@nordbank.evil.example")
    assert institution_of(stranger) != "Nordbank"


def test_a_bank_tells_of_a_purchase_elsewhere() -> None:
    assert is_issuer(BANK, purchase("Corner Books"))


@pytest.mark.parametrize("merchant", ["", "Corner Books", "corner books"])
def test_a_shops_own_receipt_does_not_speak_for_the_card(merchant: str) -> None:
    assert not is_issuer(SHOP, purchase(merchant))


def test_who_states_a_balance_or_moves_money_keeps_the_account() -> None:
    assert is_issuer(BANK, Candidate(Event.PURCHASE, balance=BALANCE))
    assert is_issuer(BANK, Candidate(Event.TRANSFER_IN))
