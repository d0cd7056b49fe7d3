"""Edit, split, void, transfer, merge."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from finance.errors import LedgerError, NotInLedger, WrongState
from finance.ledger import Part, edit, merge, post, split, transfer, transfer_to, unlink, void
from finance.models import (
    AccountKind,
    FinancialAccount,
    LedgerChange,
    ReviewItem,
    ReviewState,
    Split,
    Transaction,
    TransactionState,
    Transfer,
)
from finance.money import Money
from finance.querysets import balances, flows, month_totals, spending
from finance.verification import verify_ledger
from tenancy.scope import Actor, tenant_scope
from tests.finance.make import (
    category,
    email_source,
    make_account,
    make_movement,
    make_posted,
    make_proposed,
)

MAY = date(2026, 5, 1)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def balance(account: FinancialAccount) -> int:
    return next(b.balance.minor for b in balances() if b.account == account)


def no_faults() -> bool:
    return not any(verify_ledger().values())


def test_an_edit_moves_the_money_between_months_and_categories(giro: FinancialAccount) -> None:
    row = make_posted(giro, category_id=category("fuel").pk)
    edit(
        row.pk,
        {"booked_on": date(2026, 6, 3), "amount": euro(-500), "category_id": category("car").pk},
    )
    assert [(s.label, s.amount.minor) for s in spending(month_totals(MAY))] == []
    assert [(s.label, s.amount.minor) for s in spending(month_totals(date(2026, 6, 9)))] == [
        ("Car", 500)
    ]
    assert balance(giro) == -500 and no_faults()


def test_an_edit_that_changes_nothing_leaves_no_trace(giro: FinancialAccount) -> None:
    row = make_posted(giro)
    edit(row.pk, {"merchant": "Corner shop"})
    row.refresh_from_db()
    assert row.version == 1


def test_an_edit_of_a_row_changed_meanwhile_is_refused(giro: FinancialAccount) -> None:
    row = make_posted(giro)
    edit(row.pk, {"notes": "first"}, expected_version=1)
    with pytest.raises(WrongState) as caught:
        edit(row.pk, {"notes": "second"}, expected_version=1)
    assert caught.value.code == "changed_meanwhile"


def test_what_a_person_set_no_machine_changes(giro: FinancialAccount) -> None:
    with tenant_scope(giro.tenant_id, actor=Actor("job")):  # type: ignore[arg-type]
        row = make_posted(giro, source=email_source())
    edit(row.pk, {"merchant": "Mine"})
    with tenant_scope(giro.tenant_id, actor=Actor("job")):  # type: ignore[arg-type]
        after = edit(row.pk, {"merchant": "Theirs", "description": "Theirs"})
    assert (after.merchant, after.description) == ("Mine", "Theirs")


def test_splits_replace_the_one_and_must_sum(giro: FinancialAccount) -> None:
    row = make_posted(giro, "-10.00")
    food, home = category("groceries").pk, category("household").pk
    split(row.pk, [Part(euro(-700), food, "fruit"), Part(euro(-300), home)])
    assert sorted((s.label, s.amount.minor) for s in spending(month_totals(MAY))) == [
        ("Groceries", 700), ("Household goods", 300),
    ]  # fmt: skip
    with pytest.raises(LedgerError) as caught:
        split(row.pk, [Part(euro(-700), food)])
    assert caught.value.code == "splits_do_not_sum"
    with pytest.raises(LedgerError, match="splits of the new amount"):
        edit(row.pk, {"amount": euro(-1100)})
    with pytest.raises(LedgerError) as caught:
        edit(row.pk, {"category_id": food})
    assert caught.value.code == "several_splits"
    edit(row.pk, {"amount": euro(-1100), "parts": (Part(euro(-800), food), Part(euro(-300), home))})
    assert balance(giro) == -1100 and no_faults()
    before = LedgerChange.objects.filter(subject_id=row.pk).order_by("-version")[0].before
    assert [s["note"] for s in before["splits"]] == ["fruit", ""]


def test_a_void_restores_the_balance_and_stays_to_be_seen(giro: FinancialAccount) -> None:
    row = make_posted(giro)
    void(row.pk, "entered twice")
    assert void(row.pk).version == 2
    assert balance(giro) == 0 and no_faults()
    assert Transaction.objects.get().state == TransactionState.VOID
    assert LedgerChange.objects.get(subject_id=row.pk, version=2).note == "entered twice"
    with pytest.raises(WrongState):
        edit(row.pk, {"notes": "x"})


def test_voiding_a_proposal_answers_its_question(giro: FinancialAccount) -> None:
    void(make_proposed(giro).pk)
    assert ReviewItem.objects.get().state == ReviewState.DISMISSED


def test_a_transfer_is_neither_income_nor_expense(giro: FinancialAccount) -> None:
    savings = make_account("Savings", kind=AccountKind.SAVINGS)
    out = make_posted(giro, "-100.00", event="transfer_out")
    back = make_posted(savings, "100.00", event="transfer_in")
    assert [(f.income.minor, f.expense.minor) for f in flows(month_totals(MAY))] == [(10000, 10000)]
    link = transfer(back.pk, out.pk)
    assert transfer(out.pk, back.pk) == link
    assert [(f.income.minor, f.expense.minor) for f in flows(month_totals(MAY))] == [(0, 0)]
    assert (balance(giro), balance(savings)) == (-10000, 10000) and no_faults()
    with pytest.raises(WrongState) as caught:
        edit(out.pk, {"amount": euro(-1)})
    assert caught.value.code == "linked_transfer"
    unlink(link.pk)
    assert not Transfer.objects.exists()
    assert [(f.income.minor, f.expense.minor) for f in flows(month_totals(MAY))] == [(10000, 10000)]


def test_paying_the_card_is_never_an_expense(giro: FinancialAccount) -> None:
    card = make_account("Card", kind=AccountKind.CREDIT_CARD)
    out = make_posted(giro, "-80.00")
    transfer(out.pk, make_posted(card, "80.00").pk)
    assert {s.category.key for s in Split.objects.all() if s.category} == {"card_payment"}
    assert spending(month_totals(MAY)) == []


def test_voiding_one_leg_parts_the_transfer(giro: FinancialAccount) -> None:
    purse = make_account("Purse", kind=AccountKind.CASH)
    out = make_posted(giro, "-50.00", event="withdrawal")
    transfer_to(out.pk, purse.pk)
    assert balance(purse) == 5000
    void(out.pk)
    assert not Transfer.objects.exists() and balance(giro) == 0 and no_faults()


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (("giro", "-5.00"), ("giro", "5.00"), "same_account"),
        (("giro", "-5.00"), ("savings", "-5.00"), "same_direction"),
        (("giro", "-5.00"), ("savings", "4.00"), "amounts_differ"),
    ],
)
def test_what_is_no_transfer_is_refused(
    giro: FinancialAccount, first: tuple[str, str], second: tuple[str, str], code: str
) -> None:
    accounts = {"giro": giro, "savings": make_account("Savings")}
    rows = [make_posted(accounts[name], amount) for name, amount in (first, second)]
    with pytest.raises(LedgerError) as caught:
        transfer(rows[0].pk, rows[1].pk)
    assert caught.value.code == code


def test_a_transfer_between_currencies_links_both_amounts(giro: FinancialAccount) -> None:
    yen = make_account("Yen", "JPY")
    transfer(make_posted(giro, "-10.00").pk, make_posted(yen, "1700").pk)
    assert no_faults()


def test_a_merge_keeps_one_and_fills_what_it_lacked(giro: FinancialAccount) -> None:
    kept = make_posted(giro, merchant="")
    source = email_source()
    dropped = make_proposed(giro, merchant="Corner shop", source=source)
    merge(kept.pk, dropped.pk)
    assert merge(kept.pk, dropped.pk).merchant == "Corner shop"
    assert balance(giro) == -1234 and no_faults()
    assert post(make_movement(giro, source=source)).pk == kept.pk
    assert ReviewItem.objects.get().state == ReviewState.DISMISSED


def test_the_posted_one_stays_in_a_merge(giro: FinancialAccount) -> None:
    posted, proposed = make_posted(giro), make_proposed(giro)
    with pytest.raises(WrongState) as caught:
        merge(proposed.pk, posted.pk)
    assert caught.value.code == "keep_the_posted"
    with pytest.raises(LedgerError):
        merge(posted.pk, make_posted(giro, "5.00").pk)


def test_verbs_on_what_is_not_there(giro: FinancialAccount) -> None:
    for verb in (void, lambda pk: edit(pk, {}), unlink):
        with pytest.raises(NotInLedger):
            verb(uuid.uuid4())
