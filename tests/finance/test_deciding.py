"""Answers to review items."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from finance.errors import LedgerError, NotInLedger, WrongState
from finance.ledger import (
    accept,
    accept_many,
    dismiss,
    draft_of,
    merge,
    post,
    propose,
    reopen,
    unmerge,
)
from finance.merchants.keeping import change_merchant, merchant_named
from finance.models import (
    FinancialAccount,
    LedgerChange,
    ReviewItem,
    ReviewState,
    Transaction,
    TransactionState,
)
from finance.money import Money
from finance.querysets import balances
from finance.review import ask
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tenancy.scope import Actor, tenant_scope
from tests.finance.make import category, email_source, make_account, make_movement, make_proposed


def item_of(row: Transaction) -> ReviewItem:
    item: ReviewItem = ReviewItem.objects.get(transaction=row)
    return item


def balance(account: FinancialAccount) -> int:
    return next(b.balance.minor for b in balances() if b.account == account)


def test_accepting_posts_with_a_persons_changes(giro: FinancialAccount) -> None:
    row = make_proposed(giro, "-20.00")
    accept(
        item_of(row).pk,
        {"amount": Money(-2100, "EUR"), "category_id": category("fuel").pk, "merchant": "Pump"},
    )
    row.refresh_from_db()
    assert (row.state, row.amount_minor, row.merchant) == (TransactionState.POSTED, -2100, "Pump")
    assert {"amount", "merchant", "category_id"} <= set(row.locked)
    assert balance(giro) == -2100
    item = item_of(row)
    assert (item.state, item.decided_by) == (ReviewState.ACCEPTED, "alice@example.org")


def test_accepting_twice_is_accepting_once(giro: FinancialAccount) -> None:
    item = item_of(make_proposed(giro))
    first = accept(item.pk)
    again = accept(item.pk, {"merchant": "Too late"})
    assert (again.pk, again.merchant, again.version) == (first.pk, "Corner shop", 2)
    assert balance(giro) == -1234


def test_a_dismissed_source_never_comes_back(giro: FinancialAccount) -> None:
    source = email_source()
    item = item_of(make_proposed(giro, source=source))
    dismiss(item.pk, "one-time code")
    assert dismiss(item.pk).pk == item.pk
    assert post(make_movement(giro, source=source)).state == TransactionState.VOID
    assert balance(giro) == 0
    with pytest.raises(WrongState):
        accept(item.pk)


def test_an_accepted_item_is_not_dismissed(giro: FinancialAccount) -> None:
    item = item_of(make_proposed(giro))
    accept(item.pk)
    with pytest.raises(WrongState, match="accepted"):
        dismiss(item.pk)


def test_both_decisions_can_be_taken_back(giro: FinancialAccount) -> None:
    item = item_of(make_proposed(giro))
    for decision in (lambda: accept(item.pk), lambda: dismiss(item.pk)):
        decision()
        reopen(item.pk)
        row = Transaction.objects.get()
        assert (row.state, item_of(row).state, item_of(row).decided_by) == (
            TransactionState.PROPOSED, ReviewState.OPEN, "",
        )  # fmt: skip
        assert balance(giro) == 0


def test_a_question_without_an_account_is_answered_with_one(giro: FinancialAccount) -> None:
    source = email_source()
    draft = draft_of(
        amount=Money(-1999, "EUR"), booked_on=date(2026, 5, 2), merchant="Books", currency="EUR"
    )
    item = ask(source, draft, ["no_account"])
    assert item is not None and ask(source, draft, ["no_account"]) == item
    with pytest.raises(LedgerError) as caught:
        accept(item.pk)
    assert (caught.value.code, caught.value.field) == ("incomplete", "account")
    row = accept(item.pk, {"account_id": giro.pk})
    assert (row.amount_minor, row.merchant, row.source_id) == (-1999, "Books", source.id)
    assert item_of(row).state == ReviewState.ACCEPTED
    assert accept(item.pk).pk == row.pk
    assert balance(giro) == -1999


def test_a_question_is_taken_further_by_a_better_reading(giro: FinancialAccount) -> None:
    source = email_source()
    item = ask(source, {}, ["no_amount"])
    row = propose(make_movement(giro, source=source), ["weak_event"])
    assert item is not None and item_of(row).pk == item.pk
    assert ReviewItem.objects.count() == 1


def test_a_dismissed_question_is_not_booked_later(giro: FinancialAccount) -> None:
    source = email_source()
    item = ask(source, {}, ["no_amount"])
    assert item is not None
    dismiss(item.pk)
    assert post(make_movement(giro, source=source)).state == TransactionState.VOID


def test_accepting_many_is_all_or_none(giro: FinancialAccount) -> None:
    items = [item_of(make_proposed(giro)) for _ in range(3)]
    dismiss(items[2].pk)
    with pytest.raises(WrongState):
        accept_many([item.pk for item in items])
    assert balance(giro) == 0
    accept_many([item.pk for item in items[:2]])
    assert balance(giro) == -2468


def test_another_tenants_item_is_not_there(giro: FinancialAccount, stranger: Tenant) -> None:
    item = item_of(make_proposed(giro))
    with tenant_scope(stranger.id):
        for verb in (accept, dismiss, reopen):
            with pytest.raises(NotInLedger):
                verb(item.pk)
    with pytest.raises(NotInLedger):
        accept(uuid.uuid4())


def test_the_trail_tells_who_decided_what(giro: FinancialAccount) -> None:
    with tenant_scope(giro.tenant_id, actor=Actor("job", label="read mail")):  # type: ignore[arg-type]
        row = make_proposed(giro)
    accept(item_of(row).pk)
    trail = LedgerChange.objects.filter(subject_id=row.pk).order_by("version")
    assert [(c.verb, c.actor, c.before.get("state"), c.after.get("state")) for c in trail] == [
        ("propose", "read mail", None, "proposed"),
        ("accept", "alice@example.org", "proposed", "posted"),
    ]


def test_an_account_of_another_currency_is_refused(giro: FinancialAccount) -> None:
    dollars = make_account("Dollars", "USD")
    item = item_of(make_proposed(giro))
    with pytest.raises(LedgerError) as caught:
        accept(item.pk, {"account_id": dollars.pk})
    assert caught.value.code == "currency_mismatch"
    assert item_of(Transaction.objects.get()).state == ReviewState.OPEN


@pytest.mark.parametrize("way", ["reopen", "unmerge"])
def test_what_counts_again_is_called_as_its_merchant_is_by_now(
    giro: FinancialAccount, way: str
) -> None:
    row = make_proposed(giro, "-20.00", merchant="Corner shop")
    kept = make_proposed(giro, "-20.00", merchant="Kiosk")
    if way == "reopen":
        dismiss(item_of(row).pk)
    else:
        merge(kept.pk, row.pk)
    change_merchant(merchant_named("Corner shop").pk, name="Lumo")
    if way == "reopen":
        reopen(item_of(row).pk)
    else:
        unmerge(row.pk)
    row.refresh_from_db()
    assert (row.state, row.merchant) == (TransactionState.PROPOSED, "Lumo")
    assert not any(verify_ledger().values())
