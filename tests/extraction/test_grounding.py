from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from extraction.document import Document
from extraction.extractors.grammar import GrammarExtractor
from extraction.grounding import verify
from extraction.reading import Candidate, Evidence, Field, Reading, Reason, would_book
from finance.money import Money
from tests.extraction.reading_help import make_document

TEXT = (
    "Rs.2,450.00 debited from A/c XX7781 on 05-05-26 at KIRANA STORE. UPI Ref 612345678901."
    " Avl Bal INR 18,200.10"
)


@pytest.fixture
def read() -> tuple[Document, Reading]:
    document = make_document(TEXT)
    reading = GrammarExtractor().extract(document)
    assert reading is not None
    return document, reading


def with_change(reading: Reading, **kw: object) -> Reading:
    (candidate,) = reading.candidates
    return replace(reading, candidates=(replace(candidate, **kw),))  # type: ignore[arg-type]


def test_what_was_read_is_grounded(read: tuple[Document, Reading]) -> None:
    document, reading = read
    verified = verify(reading, document)
    assert Reason.NOT_GROUNDED not in verified.reasons
    assert would_book(verified.candidates[0])


def test_quotes_stand_in_the_text_even_with_invisible_characters() -> None:
    document = make_document("Paid R$ 1\u200b.249,90 at PADARIA on 05/05/2026, card final 7781")
    (candidate,) = verify(
        GrammarExtractor().extract(document) or pytest.fail(), document
    ).candidates
    for field in candidate.fields().values():
        if field.evidence:
            first, last = field.evidence.start, field.evidence.end
            assert document.text[first:last] == field.evidence.quote


@pytest.mark.parametrize("name", ["amount", "balance", "occurred_on", "merchant", "account_hint"])
def test_a_changed_value_never_books_itself(name: str, read: tuple[Document, Reading]) -> None:
    document, reading = read
    changed = {
        "amount": Money(24500000, "INR"),
        "balance": Money(1, "INR"),
        "occurred_on": date(2026, 5, 4),
        "merchant": "SOMEBODY ELSE",
        "account_hint": "9999",
    }[name]
    (candidate,) = reading.candidates
    field: Field[object] = getattr(candidate, name)
    forged = with_change(reading, **{name: field._replace(value=changed)})
    (checked,) = verify(forged, document).candidates
    assert Reason.NOT_GROUNDED in checked.reasons
    assert not would_book(checked)


def test_a_quote_that_is_not_there_never_books_itself(read: tuple[Document, Reading]) -> None:
    document, reading = read
    amount = Field(Money(999900, "INR"), Evidence("Rs.9,999.00", 0, 11))
    (checked,) = verify(with_change(reading, amount=amount), document).candidates
    assert Reason.NOT_GROUNDED in checked.reasons


def test_another_route_needs_a_label_or_a_single_amount() -> None:
    document = make_document("Tea $3.00, cake $4.00")
    field = Field(Money(300, "USD"), document.evidence(4, 9))
    (grammar,) = [GrammarExtractor()]
    assert grammar.name == "grammar"
    candidate = Candidate(event="purchase", amount=field, route="structured")  # type: ignore[arg-type]
    reading = Reading("transaction", "purchase", (candidate,))  # type: ignore[arg-type]
    assert Reason.UNLABELLED_AMOUNT in verify(reading, document).reasons
