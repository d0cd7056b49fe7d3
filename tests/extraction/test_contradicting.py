"""A way that the message itself contradicts is asked about, whatever the known phrase says."""

from __future__ import annotations

import pytest

from extraction.reading import Direction, Reason, would_book
from tests.extraction.reading_help import read

# Verbs that no list has: what is known of these messages is the transfer alone.
CONTRADICTED = (
    "Fund transfer of EUR 750.00 was frobbed to your account ending 6601 on 10 May 2026.",
    "Outward transfer, EUR 750.00, zorped to your Everyday account ending 6601 on 10 May 2026.",
)
SOUND = (
    "Transfer of EUR 750.00 from your account ending 6601 to your account ending 7702 done.",
    "Transfer of EUR 750.00 from your account ending 6601 to ACME LTD on 10 May 2026.",
    "EUR 750.00 was charged to your card ending 6601 at ACME LTD on 10 May 2026.",
    "You received a transfer of EUR 750.00 from ANN to your account ending 6601.",
)


@pytest.mark.parametrize("text", CONTRADICTED)
def test_a_transfer_to_ones_own_account_is_no_money_out(text: str) -> None:
    (candidate,) = read(text).candidates
    assert candidate.direction is not Direction.DEBIT or (
        Reason.DIRECTION_UNCLEAR in candidate.reasons and not would_book(candidate)
    )


def test_the_known_phrase_alone_would_have_booked_it() -> None:
    text = CONTRADICTED[0].replace("to your account", "account")
    (candidate,) = read(text).candidates
    assert candidate.direction is Direction.DEBIT and would_book(candidate)


@pytest.mark.parametrize("text", SOUND)
def test_what_is_said_both_ways_or_of_a_card_is_not_asked_about(text: str) -> None:
    (candidate,) = read(text).candidates
    assert Reason.DIRECTION_UNCLEAR not in candidate.reasons


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Wire transfer: EUR 750.00 to A/c XX7781 on 10 May 2026. Avl Bal EUR 900.00", "credit"),
        ("EUR 750.00 zorped from A/c XX7781 on 10 May 2026. Avl Bal EUR 900.00", "debit"),
        ("EUR 750.00 zorped to A/c XX7781 on 10 May 2026. Avl Bal EUR 900.00", "credit"),
    ],
)
def test_where_the_only_account_stands_says_which_way(text: str, direction: str) -> None:
    (candidate,) = read(text).candidates
    assert candidate.direction is not None and candidate.direction.value == direction
    assert not would_book(candidate)


def test_what_went_to_an_account_and_nobody_is_asked_about() -> None:
    (candidate,) = read("EUR 750.00 transferred to A/c XX7781 on 10 May 2026.").candidates
    assert not would_book(candidate)
    (candidate,) = read("EUR 750.00 transferred to A/c XX7781 ANN HILL on 10 May 2026.").candidates
    assert would_book(candidate)


def test_what_is_paid_to_a_card_by_its_name_is_no_purchase_without_a_question() -> None:
    (candidate,) = read(
        "We processed your $300.00 payment to Example Freedom ending in 4431."
    ).candidates
    assert not would_book(candidate)


@pytest.mark.parametrize(
    "text",
    [
        "Überweisung von 20,00 EUR durch ANNA MEIER auf Ihr Konto 7781 wurde ausgeführt. Ref 99120",
        "Wykonano przelew 20,00 PLN na Twoje konto 7781, zleceniodawca ANNA NOWAK. Ref 991202",
        "ALİ CAN adına havale yapılmıştır, 500,00 TL hesabınıza 7781. Ref 123456",
    ],
)
def test_ones_own_account_named_as_where_it_went_is_asked_about(text: str) -> None:
    (candidate,) = read(text).candidates
    assert candidate.direction is Direction.CREDIT or not would_book(candidate)


def test_an_account_that_money_left_is_no_such_question() -> None:
    text = "Wykonano przelew 20,00 PLN z Twojego konta 7781 do ANNA NOWAK. Ref 991202"
    (candidate,) = read(text).candidates
    assert candidate.direction is Direction.DEBIT and would_book(candidate)


def test_what_is_paid_to_an_account_by_its_kind_is_asked_about() -> None:
    (candidate,) = read("EUR 75.00 paid to Smart a/c..7710 @ Eft. Ref.RENT 88. 10 May").candidates
    assert not would_book(candidate)
    (candidate,) = read("EUR 75.00 paid to ANN HILL from a/c..7710. Ref.RENT 88. 10 May").candidates
    assert would_book(candidate)
