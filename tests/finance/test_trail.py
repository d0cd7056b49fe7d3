"""What was done with a transaction, in words."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from finance import ledger
from finance.ledger import Part
from finance.models import FinancialAccount, Transaction
from finance.money import Money
from finance.querysets import history
from finance.tags import add_tag
from finance.trail import told
from tests.finance.make import category, make_account, make_posted
from tests.make import make_member
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def giro(ledger: object) -> FinancialAccount:
    return make_account()


@pytest.fixture
def bought(giro: FinancialAccount) -> Transaction:
    return make_posted(giro, "-25.00", merchant="Kiosk")


def entries(row: Transaction) -> list[tuple[str, tuple[str, ...]]]:
    return [(entry.label, entry.details) for entry in told(history(row.pk), "EUR")][::-1]


def test_each_change_says_from_what_to_what(bought: Transaction) -> None:
    food, home = category("groceries"), category("household")
    card, trip = make_account("Card"), add_tag("Trip")
    ledger.edit(bought.pk, {"merchant": "Kiosk am Platz", "booked_on": date(2026, 5, 21)})
    ledger.edit(bought.pk, {"amount": Money(-2600, "EUR"), "account_id": card.pk})
    ledger.edit(bought.pk, {"tags": frozenset({trip.pk}), "is_one_time": True, "notes": "gift"})
    parts = (Part(Money(-2000, "EUR"), food.pk), Part(Money(-600, "EUR"), home.pk))
    ledger.split(bought.pk, parts)
    ledger.void(bought.pk, "twice")
    assert entries(bought) == [
        ("Booked", ()),
        ("Changed", ("Date: 20 May 2026 → 21 May 2026", "Merchant: Kiosk → Kiosk am Platz")),
        ("Changed", ("Account: Giro → Card", "Amount: −€25.00 → −€26.00")),
        ("Changed", ("Tags: – → Trip", "Notes: – → gift", "Happens only once: no → yes")),
        ("Changed", ("Category: No category → Groceries −€20.00, Household goods −€6.00",)),
        ("Voided", ()),
    ]


def test_it_is_told_in_the_readers_language(bought: Transaction) -> None:
    ledger.edit(bought.pk, {"is_one_time": True})
    with override("de"):
        assert entries(bought) == [
            ("Gebucht", ()), ("Geändert", ("Kommt nur einmal vor: nein → ja",)),
        ]  # fmt: skip


def test_every_verb_of_a_transaction_has_a_name(bought: Transaction) -> None:
    other = make_posted(make_account("Savings"), "25.00")
    ledger.unlink(ledger.transfer(bought.pk, other.pk).pk)
    twin = make_posted(bought.account, "-25.00")
    ledger.merge(bought.pk, twin.pk)
    ledger.unmerge(twin.pk)
    verbs = {label for row in (bought, twin) for label, _ in entries(row)}
    assert verbs == {
        "Booked", "Linked as a transfer", "Link removed", "Merged", "Parted again",
    }  # fmt: skip


def test_the_queries_do_not_grow_with_the_trail(bought: Transaction) -> None:
    counted = []
    for _ in range(2):
        for name in ("groceries", "household") * 3:
            ledger.edit(bought.pk, {"category_id": category(name).pk})
        with CaptureQueriesContext(connection) as queries:
            entries(bought)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 4


def test_the_page_shows_it(bought: Transaction, giro: FinancialAccount) -> None:
    ledger.edit(bought.pk, {"merchant": "<b>Platz</b>"})
    page = signed_in(make_member(giro.tenant, "user")).get(f"/transactions/{bought.pk}/")
    assert "Kiosk → &lt;b&gt;Platz&lt;/b&gt;" in page.content.decode()
