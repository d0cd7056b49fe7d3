"""Info strings of payment rails, summaries with a row for each event, two currencies."""

from __future__ import annotations

import pytest

from extraction.extractors.rails import find_info_strings
from extraction.reading import Direction, Event, Reason, Verdict, would_book
from tests.extraction.reading_help import only_candidate, read

INFO_STRINGS = {
    "UPI/P2M/612500999001/CHAI ADDA/chaiadda@okx": ("CHAI ADDA", "612500999001"),
    "UPI/612500999001/chaiadda@okx": ("chaiadda", "612500999001"),
    "NEFT/MEERA JOSHI/N125260077812": ("MEERA JOSHI", "N125260077812"),
    "NEFT-N125260077812-MEERA JOSHI": ("MEERA JOSHI", "N125260077812"),
    "ACH*BANYAN FUND": ("BANYAN FUND", None),
    "IMPS-612500999001": (None, "612500999001"),
}


@pytest.mark.parametrize("text", INFO_STRINGS)
def test_an_info_string_names_payee_and_reference(text: str) -> None:
    (info,) = find_info_strings(f"Rs 99.00 debited. Info: {text}. Avl Bal Rs 10.00")
    assert (info.payee, info.reference) == INFO_STRINGS[text]


def test_hostile_slashes_end_quickly() -> None:
    assert len(list(find_info_strings("UPI/" * 5000))) < 5000


def test_each_row_of_a_summary_is_an_event() -> None:
    reading = read(
        "What moved on your account ending 1234:\n"
        "Card purchase at CORNER SHOP\t-£31.26\n"
        "Transfer received from ANN HALE\t+£120.00\n"
        "Balance: £702.18",
        subject="Daily summary",
    )
    first, second = reading.candidates
    assert reading.verdict is Verdict.TRANSACTION
    assert (first.event, first.direction) == (Event.PURCHASE, Direction.DEBIT)
    assert (second.event, second.direction) == (Event.TRANSFER_IN, Direction.CREDIT)
    assert first.merchant is not None
    assert first.merchant.value == "CORNER SHOP"
    for candidate in reading.candidates:
        assert Reason.SEVERAL_EVENTS in candidate.reasons
        assert not would_book(candidate)


def test_a_weekly_review_stays_a_statement() -> None:
    reading = read(
        "Card purchase at CORNER SHOP\t-£31.26\nCard purchase at CAFE\t-£3.40",
        subject="Your weekly summary",
    )
    assert reading.event is Event.STATEMENT
    assert reading.candidates == ()


def test_which_of_two_currencies_was_booked_is_a_question() -> None:
    unclear = "Your card ending 1234 was charged USD 20.00 (THB 690.00) at CLOUD DESK."
    candidate = only_candidate(unclear)
    assert Reason.TWO_AMOUNTS in candidate.reasons
    assert not would_book(candidate)
    known = only_candidate(unclear, home_currency="THB")
    assert known.amount is not None
    assert known.amount.value.currency == "THB"
    assert Reason.TWO_AMOUNTS not in known.reasons


def test_a_reference_is_no_forint() -> None:
    candidate = only_candidate("KES 50.00 paid to SHOP. Ref: FT26125ABX9. Account ending 1234")
    assert candidate.reference is not None
    assert candidate.reference.value == "FT26125ABX9"


def test_a_reference_is_no_rand() -> None:
    candidate = only_candidate(
        "Ihre Überweisung wurde ausgeführt.\n\nEmpfänger: Dr. Sommer\nBetrag: 126,80 EUR\n"
        "Verwendungszweck: R-2026-0883\nGirokonto: **4417"
    )
    assert candidate.amount is not None and candidate.amount.value.currency == "EUR"
    assert candidate.original_amount is None
    minus = only_candidate("R-120.50 paid from cheque account ending 4417 to SHOP")
    assert minus.amount is not None and minus.amount.value.currency == "ZAR"


def test_the_own_bank_is_no_merchant() -> None:
    candidate = only_candidate("Greetings from Oak Bank. $5.00 was charged to your Oak Bank card.")
    assert candidate.merchant is None


NOT_YET = [
    "Your statement credit of $200.00 will be posted in 8 weeks to card ending 1234.",
    "E-transfer from Ann for $50.00 is waiting. Deposit it before May 9.",
    "Your direct deposit of $2,000.00 is on its way to your account ending 1234.",
]


@pytest.mark.parametrize("text", NOT_YET)
def test_what_is_still_to_come_is_not_booked(text: str) -> None:
    assert read(text).event is Event.SCHEDULED


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Your payment of $42.10 to BP CONNECT went through on card ending 9001.", "BP CONNECT"),
        ("$250.00 from Priya N landed in your account ending 3310.", "Priya N"),
        ("Betaling på 249,00 kr til KIWI OSLO er gjennomført fra konto 1234.56.78901", "KIWI OSLO"),
    ],
)
def test_a_name_ends_before_what_it_did(text: str, name: str) -> None:
    candidate = only_candidate(text)
    assert candidate.merchant is not None
    assert candidate.merchant.value == name


def test_a_norwegian_account_is_written_with_dots() -> None:
    candidate = only_candidate("249,00 kr til REMA 1000 er betalt fra konto 1234.56.78901.")
    assert candidate.account_hint is not None
    assert candidate.account_hint.value == "12345678901"


def test_a_clock_zone_tells_the_country() -> None:
    candidate = only_candidate("$25.00 from Priya landed in your account ending 3310, 10:02 AEST")
    assert candidate.amount is not None
    assert candidate.amount.value.currency == "AUD"


def test_a_day_long_ago_is_a_year_first() -> None:
    candidate = only_candidate("Paid SAR 47.50 at PANDA\n26/5/12 20:11", received_at=None)
    assert candidate.occurred_on is not None
    assert candidate.occurred_on.value.isoformat() == "2026-05-12"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Tikkie betaald", "Sanne heeft je Tikkie van € 14,75 betaald."),
        ("Swish-betalning mottagen", "Du har fått 150 kr från ERIK SVENSSON."),
    ],
)
def test_the_body_says_which_way_money_went(subject: str, text: str) -> None:
    candidate = only_candidate(text, subject=subject)
    assert candidate.event is Event.TRANSFER_IN
    assert candidate.direction is Direction.CREDIT


def test_the_whole_name_counts_where_the_subject_has_its_beginning() -> None:
    candidate = only_candidate(
        "You spent £4.20 at Pret A Manger. Your balance is £2.55.",
        subject="You spent £4.20 at Pret",
    )
    assert candidate.merchant is not None
    assert candidate.merchant.value == "Pret A Manger"
