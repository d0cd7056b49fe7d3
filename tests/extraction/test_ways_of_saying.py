"""Every common verb and noun in every common form: none goes the wrong way.

What one message says, another bank says with the next verb. So verbs and forms are crossed here,
and what is read of each must go the way that was said, or at least be asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import NamedTuple

import pytest

from extraction.reading import Reading, Verdict, would_book
from tests.extraction.reading_help import read

AMOUNT = "INR 1,250.00"
ACCOUNT = "A/c XX7781"
TAIL = "on 05-05-26. Avl Bal INR 9,000.00"

OUT_VERBS = (
    "debited", "deducted", "charged", "withdrawn", "transferred", "taken", "collected",
    "recovered", "billed", "swept", "remitted", "paid",
)  # fmt: skip
OUT_FORMS = (
    "{amount} has been {word} from your {account} {tail}",
    "{amount} {word} from {account} {tail}",
    "{amount} was {word} from your account ending 7781 on 05-05-26",
    "{account}: {amount} {word} on 05-05-26 towards INSURANCE",
)
OUT_NOUNS = (
    "debit", "withdrawal", "purchase", "payment", "charge", "bill payment", "cash withdrawal",
    "POS purchase", "card payment", "direct debit", "standing order", "NEFT transfer",
    "UPI payment", "wire transfer", "outward transfer",
)  # fmt: skip
OUT_NOUN_FORMS = (
    "A {word} of {amount} was made from your {account} on 05-05-26",
    "{word} of {amount} from {account} {tail}",
    "{word}: {amount} from {account} {tail}",
    "Your {word} of {amount} to ACME LTD was successful. {account}",
    "We processed your {word} of {amount} on 05-05-26 from {account}",
)
IN_VERBS = (
    "credited",
    "deposited",
    "added",
    "transferred",
    "paid",
    "loaded",
    "refunded",
    "returned",
)
IN_FORMS = (
    "{amount} has been {word} to your {account} {tail}",
    "{amount} was {word} to your account ending 7781 on 05-05-26",
    "{amount} {word} into your {account} by ACME LTD on 05-05-26",
)
IN_NOUNS = (
    "credit", "deposit", "cash deposit", "direct deposit", "salary", "refund", "reversal",
    "incoming transfer", "inward remittance", "wire transfer", "interest", "dividend",
    "transfer from ACME LTD", "NEFT credit", "UPI credit", "pension", "maturity amount",
)  # fmt: skip
IN_NOUN_FORMS = (
    "{word} of {amount} received in your {account} on 05-05-26",
    "{word} of {amount} has been credited to {account} {tail}",
    "Your {word} of {amount} has been credited to {account}",
    "{amount} {word} credited to your {account} on 05-05-26",
    "A {word} of {amount} was posted to your {account} on 05-05-26",
    "{word}: {amount} to {account} {tail}",
)
NOTHING_YET = (
    "{amount} will be debited from your {account} on 09-05-26",
    "Your {account} will be charged {amount} on 09-05-26",
    "Your transfer of {amount} to ACME LTD is pending",
    "Your transfer of {amount} is on hold for review",
    "Confirm payment of {amount} to ACME LTD in the app",
    "Did you spend {amount} at ACME LTD?",
    "Hold of {amount} released on your card XX7781",
    "Fund your {account} with {amount} by 09-05-26",
    "The debit order of {amount} did not go off; not enough money in {account}",
    "ACME LTD sent you a money request for {amount}",
    "Available Bal in your {account} as on yesterday is {amount}",
)


CARDS = (
    "your Credit Card XX4410", "your card ending 4410", "Credit Card ending with 4410",
    "your Visa card ending in 4410", "your AmEx card 71004",
)  # fmt: skip
CARD_PAID_FORMS = (
    "Payment of {amount} received towards {word} on 05-05-26",
    "We have received your payment of {amount} for {word}",
    "{amount} received towards {word}",
    "Your payment of {amount} to {word} has been posted",
    "Thank you for your payment of {amount} on {word}",
    "{amount} payment credited to {word} on 05-05-26",
    "{word} payment of {amount} received",
)
CARD_BACK_FORMS = (
    "Refund of {amount} from ACME credited to {word}",
    "Purchase of {amount} at ACME LTD on {word} has been reversed",
    "A credit of {amount} from ACME LTD has been posted to {word}",
)
CARD_USED_FORMS = (
    "Purchase of {amount} on {word} at ACME LTD",
    "{word} charged {amount} at ACME LTD",
    "Annual fee of {amount} charged to {word}",
    "Late payment fee of {amount} levied on {word}",
    "EMI of {amount} billed to {word}",
    "Payment of {amount} made at ACME LTD using {word}",
)


def said(words: tuple[str, ...], forms: tuple[str, ...]) -> Iterator[str]:
    for form, word in product(forms, words):
        text = form.format(word=word, amount=AMOUNT, account=ACCOUNT, tail=TAIL)
        yield text[0].upper() + text[1:]


WAYS = {
    "debit": [
        *chain(said(OUT_VERBS, OUT_FORMS), said(OUT_NOUNS, OUT_NOUN_FORMS)),
        *said(CARDS, CARD_USED_FORMS),
    ],
    "credit": [
        *chain(said(IN_VERBS, IN_FORMS), said(IN_NOUNS, IN_NOUN_FORMS)),
        *said(CARDS, (*CARD_PAID_FORMS, *CARD_BACK_FORMS)),
    ],
}


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_the_way_that_was_said(way: str) -> None:
    readings = {text: read(text) for text in WAYS[way]}
    wrong = [
        text
        for text, reading in readings.items()
        for candidate in reading.candidates
        if candidate.direction is not None and candidate.direction.value != way
    ]
    assert wrong == []
    found = [text for text, item in readings.items() if item.verdict is Verdict.TRANSACTION]
    assert set(readings) - set(found) == set()


@pytest.mark.parametrize("form", NOTHING_YET)
def test_what_has_not_happened_books_nothing(form: str) -> None:
    reading = read(form.format(amount=AMOUNT, account=ACCOUNT))
    assert not any(would_book(candidate) for candidate in reading.candidates)


class Way(NamedTuple):
    """One line of tests/samples/ways.txt and how it is read."""

    said: str
    meant: str
    """"debit", "credit", or "none" where nothing moved."""
    reading: Reading

    @property
    def read_as(self) -> str:
        if self.reading.verdict is not Verdict.TRANSACTION:
            return "none"
        direction = self.reading.candidates[0].direction
        return {"transfer": "debit", None: "unclear"}.get(direction, str(direction))


WAYS_FILE = Path(__file__).parents[1] / "samples" / "ways.txt"
MEANT = {"D": "debit", "C": "credit", "N": "none"}


@cache
def ways() -> tuple[Way, ...]:
    found: list[Way] = []
    amount = ""
    for line in WAYS_FILE.read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition(" ")
        if kind == "=":
            amount = text.partition(" ")[2]
        elif kind in MEANT:
            said = text.replace("#", amount).replace("\\n", "\n")
            found.append(Way(said, MEANT[kind], read(said)))
    return tuple(found)


def test_nothing_books_itself_the_wrong_way() -> None:
    wrong = [
        way.said
        for way in ways()
        if way.read_as != way.meant and any(map(would_book, way.reading.candidates))
    ]
    assert wrong == []


def test_nearly_all_ways_are_understood() -> None:
    missed = [(way.said, way.read_as) for way in ways() if way.read_as != way.meant]
    assert len(ways()) > 1500
    assert len(missed) <= 0.015 * len(ways()), missed
