"""Finding transactions by what is written of them, on either database."""

from __future__ import annotations

import pytest
from django.db import connection

from finance import ledger, searching
from finance.models import FinancialAccount, Transaction
from finance.searching import containing
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.finance.make import make_posted

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    rows = containing(Transaction.objects.order_by("merchant"), text)
    return list(rows.values_list("merchant", flat=True))


@pytest.fixture
def shops(giro: FinancialAccount) -> None:
    for name in ("МАГАЗИН 24", "Ärztehaus", 'Zum "Krug"', "京东商城", "100% Wolle", "under_score"):
        make_posted(giro, "-5.00", merchant=name)
    make_posted(giro, "-7.00", merchant="Bahn", description="Ticket to Ärmelkanal")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("магазин", ["МАГАЗИН 24"]),
        ("ÄR", ["Bahn", "Ärztehaus"]),
        ("ärzteHAUS", ["Ärztehaus"]),
        ("ärmel", ["Bahn"]),
        ('"krug"', ['Zum "Krug"']),
        ("京东", ["京东商城"]),
        ("东商城", ["京东商城"]),
        ("100%", ["100% Wolle"]),
        ("r_s", ["under_score"]),
        ("rxs", []),
        ("NOT krug", []),
        ("krug OR bahn", []),
        ("kru*", []),
    ],
)
def test_a_text_is_found_in_any_case_and_means_nothing_else(
    shops: None, text: str, names: list[str]
) -> None:
    assert found(text) == names


def test_what_is_edited_is_found_by_what_it_says_now(giro: FinancialAccount) -> None:
    row = make_posted(giro, "-5.00", merchant="Old name", description="Something")
    ledger.edit(row.pk, {"merchant": "New name", "notes": "for the cellar"})
    assert (found("new name"), found("CELLAR"), found("something")) == (["New name"],) * 3
    # How the message had it stays.
    row.refresh_from_db()
    assert found("old name") == (["New name"] if "Old" in row.merchant_raw else [])


def test_another_tenant_s_rows_are_not_found(
    giro: FinancialAccount, stranger: Tenant, shops: None
) -> None:
    with tenant_scope(stranger.pk):
        assert found("магазин") == []


@pytest.mark.sqlite
def test_what_many_rows_hold_is_read_from_the_newest_on(
    shops: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = str(containing(Transaction.objects.all(), "магазин").query)
    monkeypatch.setattr(searching, "COMMON", 0)
    common = str(containing(Transaction.objects.all(), "магазин").query)
    assert ("finance_search" in rare, "finance_search" in common) == (True, False)
    assert found("магазин") == ["МАГАЗИН 24"]


@pytest.mark.sqlite
def test_the_index_holds_each_transaction_once(giro: FinancialAccount, shops: None) -> None:
    row = make_posted(giro, "-5.00", merchant="Wanderer")
    ledger.edit(row.pk, {"notes": "boots"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM finance_search WHERE finance_search MATCH 'wanderer'")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT count(*) FROM finance_search_text")
        assert cursor.fetchone() == (Transaction.objects.count(),)
        cursor.execute("DELETE FROM finance_search_text WHERE transaction_id = %s", [row.pk.hex])
        cursor.execute("SELECT count(*) FROM finance_search WHERE finance_search MATCH 'wanderer'")
        assert cursor.fetchone() == (0,)
        # Raises where the index and its text differ.
        cursor.execute("INSERT INTO finance_search (finance_search) VALUES ('integrity-check')")
