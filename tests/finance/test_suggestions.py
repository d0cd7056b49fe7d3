"""Suggested categories."""

from __future__ import annotations

import pytest

from finance.suggestions import category_of_words


@pytest.mark.parametrize(
    ("merchant", "key"),
    [
        ("Stadtbäckerei Müller", "groceries"),
        ("SUPERMERCADO LA PALMA 22", "groceries"),
        ("Ristorante Da Nino", "restaurants"),
        ("Löwen-Apotheke", "pharmacy"),
        ("АПТЕКА 36", "pharmacy"),
        ("Radio Taxi 24", "taxi"),
        ("Car Park Station Road", "parking"),
        ("스타 카페", "restaurants"),
    ],
)
def test_a_trade_word_tells_the_category(merchant: str, key: str) -> None:
    found = category_of_words(merchant)
    assert found is not None
    assert found[0] == key


@pytest.mark.parametrize("merchant", ["", "Barclay Motors", "Marta Kinos", "Cabaret Ridell"])
def test_a_part_of_a_short_word_says_nothing(merchant: str) -> None:
    assert category_of_words(merchant) is None


def test_it_abstains_where_two_trades_fit_equally_well() -> None:
    assert category_of_words("Bakery & Museum") is None
