"""Suggested categories."""

from __future__ import annotations

import pytest

from finance.ledger import edit
from finance.models import Category, CategoryKind
from finance.suggestions import Suggester, category_of_words
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted


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


def test_what_a_person_chose_is_suggested_until_its_category_is_archived(
    ledger: Tenant,
) -> None:
    books = Category.objects.create(name="Books", kind=CategoryKind.EXPENSE)
    row = make_posted(make_account(), merchant="Quire and Sons")
    edit(row.pk, {"category_id": books.pk})
    suggested = Suggester(["Quire and Sons"]).suggest("purchase", "Quire and Sons", outflow=True)
    assert suggested is not None
    assert suggested.category_id == books.pk
    books.is_archived = True
    books.save(update_fields=["is_archived"])
    assert Suggester(["Quire and Sons"]).suggest("purchase", "Quire and Sons", outflow=True) is None
