"""What an app shows of a payment without a verb, and what is only called a balance."""

from __future__ import annotations

import pytest

from extraction.reading import Direction, Reason, Verdict, would_book
from tests.extraction.reading_help import only_candidate, read


@pytest.mark.parametrize(
    ("text", "subject", "direction", "name"),
    [
        ("$6.75", "Blue Kettle Coffee", Direction.DEBIT, "Blue Kettle Coffee"),
        ("Blue Kettle Coffee\n$6.75", None, Direction.DEBIT, "Blue Kettle Coffee"),
        ("REWA: -23,45 €", None, Direction.DEBIT, "REWA"),
        ("Ann Hill\n+£20.00", None, Direction.CREDIT, "Ann Hill"),
    ],
)
def test_a_name_and_an_amount_are_asked_about(
    text: str, subject: str | None, direction: Direction, name: str
) -> None:
    reading = read(text, subject=subject)
    (candidate,) = reading.candidates
    assert reading.verdict is Verdict.TRANSACTION
    assert candidate.direction is direction
    assert candidate.merchant is not None and candidate.merchant.value == name
    assert Reason.WEAK_EVENT in candidate.reasons and not would_book(candidate)


@pytest.mark.parametrize(
    "text",
    ["Big sale = $6.75", "Only today? $6.75", "Save 20% on shoes\n$6.75", "price list\n$6.75"],
)
def test_more_than_a_name_is_no_notice(text: str) -> None:
    assert not read(text).candidates


def test_what_the_sentence_calls_a_balance_is_no_payment() -> None:
    reading = read("Available Bal in Examplebank A/c XX7781 as on yesterday:04-MAY-26 is INR 20.91")
    assert not reading.candidates


def test_an_account_behind_from_is_the_readers_own() -> None:
    candidate = only_candidate(
        "Outgoing transfer\nAmount: SAR 1,000.00\nTo: ANN HILL\nIBAN: SA**2210\nFrom: **3310"
    )
    assert candidate.account_hint is not None and candidate.account_hint.value == "3310"


def test_where_a_shop_is_belongs_to_the_raw_name_alone() -> None:
    candidate = only_candidate("Purchase of AED 152.75 with card 4411 at BIG MARKET, DUBAI.")
    assert candidate.merchant is not None and candidate.merchant.value == "BIG MARKET"
    assert candidate.merchant_raw is not None
    assert candidate.merchant_raw.value == "BIG MARKET, DUBAI"
