"""Posting and proposing."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from finance.accounts import change_account
from finance.errors import LedgerError, UnknownReference
from finance.ledger import Part, post, post_many, propose
from finance.models import (
    FinancialAccount,
    LedgerChange,
    MonthlyTotal,
    ReviewItem,
    Split,
    Transaction,
    TransactionState,
)
from finance.money import Money
from tenancy.models import Tenant
from tenancy.scope import Actor, tenant_scope
from tests.finance.make import (
    category,
    email_source,
    make_account,
    make_movement,
    make_posted,
    make_proposed,
)


def totals() -> dict[str | None, int]:
    return {
        row.category.key if row.category else None: row.total_minor
        for row in MonthlyTotal.objects.exclude(count=0).select_related("category")
    }


def test_a_posted_movement_is_a_transaction_with_one_split(giro: FinancialAccount) -> None:
    row = make_posted(giro, "-12.34", category_id=category("groceries").pk)
    row.refresh_from_db()
    assert (row.state, row.amount, row.version) == (
        TransactionState.POSTED, Money(-1234, "EUR"), 1,
    )  # fmt: skip
    assert [s.amount_minor for s in Split.objects.filter(transaction=row)] == [-1234]
    assert totals() == {"groceries": -1234}
    change = LedgerChange.objects.get(subject_id=row.pk)
    assert (change.verb, change.actor, change.after["amount_minor"]) == (
        "post", "alice@example.org", -1234,
    )  # fmt: skip


def test_a_proposal_is_outside_totals_and_asks(giro: FinancialAccount) -> None:
    row = make_proposed(giro, reasons=["two_amounts", "two_amounts", "forwarded"])
    assert row.state == TransactionState.PROPOSED
    assert totals() == {}
    assert ReviewItem.objects.get().reasons == ["two_amounts", "forwarded"]


def test_a_source_is_booked_once(giro: FinancialAccount) -> None:
    source = email_source()
    first = make_posted(giro, source=source)
    again = make_proposed(giro, "-99.00", source=source)
    other_item = make_posted(giro, source=email_source(item=1))
    assert again.pk == first.pk != other_item.pk
    assert not ReviewItem.objects.exists()


def test_a_batch_is_booked_in_order_and_within_itself_once(giro: FinancialAccount) -> None:
    source = email_source()
    rows = post_many(
        [
            make_movement(giro, "-1.00"),
            make_movement(giro, "-2.00", source=source),
            make_movement(giro, "-3.00", source=source),
            make_movement(giro, "4.00"),
        ]
    )
    assert [row.amount_minor for row in rows] == [-100, -200, -200, 400]
    assert totals() == {None: 100}


def test_a_large_batch_takes_a_handful_of_statements(
    giro: FinancialAccount, django_assert_max_num_queries: object
) -> None:
    movements = [make_movement(giro, "-1.00", source=email_source()) for _ in range(200)]
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        post_many(movements)
    assert Transaction.objects.count() == 200


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"amount": Money(0, "EUR")}, "zero_amount", "amount"),
        ({"amount": Money(10**16, "EUR")}, "amount_too_large", "amount"),
        ({"amount": Money(-5, "USD")}, "currency_mismatch", "currency"),
        ({"booked_on": date(2, 1, 1)}, "date_out_of_range", "booked_on"),
        ({"parts": (Part(Money(-1, "EUR")),)}, "splits_do_not_sum", "splits"),
        ({"parts": (Part(Money(-1, "USD")),)}, "currency_mismatch", "splits"),
    ],
)
def test_nonsense_is_refused_and_leaves_nothing(
    giro: FinancialAccount, fields: dict[str, object], code: str, field: str
) -> None:
    good = {"booked_on": date(2026, 5, 1), "amount": Money(-5, "EUR")}
    bad = type(make_movement(giro))(giro.pk, **(good | fields))  # type: ignore[arg-type]
    with pytest.raises(LedgerError) as caught:
        post_many([make_movement(giro), bad])
    assert (caught.value.code, caught.value.field) == (code, field)
    assert not Transaction.objects.exists() and not LedgerChange.objects.filter(verb="post")


def test_a_closed_account_takes_no_more(giro: FinancialAccount) -> None:
    change_account(giro.pk, {"is_archived": True})
    with pytest.raises(LedgerError) as caught:
        make_posted(giro)
    assert caught.value.code == "account_closed"


def test_another_tenants_account_and_category_do_not_exist(
    giro: FinancialAccount, stranger: Tenant
) -> None:
    with tenant_scope(stranger.id):
        theirs = make_account("Theirs")
    with pytest.raises(UnknownReference):
        make_posted(theirs)
    with pytest.raises(UnknownReference):
        make_posted(giro, category_id=theirs.pk)


def test_a_card_bill_payment_is_a_transfer_by_its_event(giro: FinancialAccount) -> None:
    make_posted(giro, "-250.00", event="card_payment")
    assert totals() == {"card_payment": -25000}


def test_what_a_message_could_not_store_is_cleaned(giro: FinancialAccount) -> None:
    row = make_posted(giro, merchant="Caf\x00é \ud800" + "x" * 300)
    row.refresh_from_db()
    assert row.merchant.startswith("Café x") and len(row.merchant) == 200


def test_a_person_locks_what_they_enter_and_a_machine_does_not(giro: FinancialAccount) -> None:
    by_hand = make_posted(giro)
    with tenant_scope(giro.tenant_id, actor=Actor("job")):  # type: ignore[arg-type]
        by_job = post(make_movement(giro, source=email_source()))
        assert propose(make_movement(giro)).locked == []
    assert "amount" in by_hand.locked and by_job.locked == []
    assert by_job.provenance["amount"] == {"by": "job"}


@pytest.mark.sqlite
def test_whatever_names_a_transaction_is_found_by_it(giro: FinancialAccount) -> None:
    """SQLite looks there at each booking: it took longer the more splits a ledger had."""
    asked = (
        "SELECT m.name || '.' || f.[from] FROM sqlite_master m, pragma_foreign_key_list(m.name) f"
        " WHERE m.type = 'table' AND m.name LIKE 'finance_%%' AND f.[table] = 'finance_transaction'"
        " AND NOT EXISTS (SELECT 1 FROM pragma_index_list(m.name) l, pragma_index_info(l.name) i"
        " WHERE i.seqno = 0 AND i.name = f.[from])"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked, [])
        assert cursor.fetchall() == []
