"""Statements that go around the verbs are refused by the database."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from finance.ledger import void
from finance.models import FinancialAccount, LedgerChange, MonthlyTotal, Split, Transaction
from finance.verification import verify_ledger
from finance.walls import SQL
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.finance.make import category, make_account, make_posted, make_proposed

Attack = Callable[[Transaction], object]


def sql(statement: str) -> Attack:
    def run(row: Transaction) -> None:
        pk = row.pk if connection.vendor == "postgresql" else row.pk.hex
        with connection.cursor() as cursor:
            cursor.execute(statement, {"id": pk})

    return run


ATTACKS: dict[str, Attack] = {
    "delete": sql("DELETE FROM finance_transaction WHERE id = %(id)s"),
    "delete by the ORM": lambda row: Transaction.objects.filter(pk=row.pk)._raw_delete("default"),
    "amount": sql("UPDATE finance_transaction SET amount_minor = -1 WHERE id = %(id)s"),
    "state": sql("UPDATE finance_transaction SET state = 'proposed' WHERE id = %(id)s"),
    "date": sql("UPDATE finance_transaction SET booked_on = '2020-01-01' WHERE id = %(id)s"),
    "merchant": sql("UPDATE finance_transaction SET merchant = 'x' WHERE id = %(id)s"),
    "account": lambda row: Transaction.objects.filter(pk=row.pk).update(
        account=make_account("Mine")
    ),
    "version alone": sql(
        "UPDATE finance_transaction SET version = version + 1, notes = 'x' WHERE id = %(id)s"
    ),
    "split amount": sql(
        "UPDATE finance_split SET amount_minor = -1 WHERE transaction_id = %(id)s"
    ),
    "split category": lambda row: Split.objects.filter(transaction=row).update(
        category=category("fuel")
    ),
    "split away": sql("DELETE FROM finance_split WHERE transaction_id = %(id)s"),
    "another split": lambda row: Split.objects.create(
        transaction=row, position=7, amount_minor=-5
    ),
    "another transaction": lambda row: Transaction.objects.create(
        account_id=row.account_id, state="posted", booked_on=row.booked_on, amount_minor=5,
        currency="EUR",
    ),
    "history": sql("UPDATE finance_ledgerchange SET actor = 'nobody' WHERE subject_id = %(id)s"),
    "history away": sql("DELETE FROM finance_ledgerchange WHERE subject_id = %(id)s"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("make", [make_posted, make_proposed])
def test_an_attack_on_a_row_is_refused(
    giro: FinancialAccount, name: str, make: Callable[[FinancialAccount], Transaction]
) -> None:
    row = make(giro)
    with pytest.raises(DatabaseError), transaction.atomic():
        ATTACKS[name](row)
    row.refresh_from_db()
    assert (row.amount_minor, row.version) == (-1234, 1)
    assert not any(verify_ledger().values())


def test_a_void_row_stays_void(giro: FinancialAccount) -> None:
    row = void(make_posted(giro).pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        Transaction.objects.filter(pk=row.pk).update(state="posted")


@pytest.mark.postgresql
def test_an_announced_change_must_happen(giro: FinancialAccount) -> None:
    row = make_posted(giro)
    with pytest.raises(IntegrityError, match="as announced"), transaction.atomic():
        LedgerChange.objects.create(
            subject="transaction", subject_id=row.pk, version=2, verb="edit", actor_kind="user"
        )
        connection.check_constraints()


@pytest.mark.postgresql
def test_announced_splits_must_sum_at_the_end(giro: FinancialAccount) -> None:
    row = make_posted(giro)
    with pytest.raises(IntegrityError), transaction.atomic():
        for version in (2, 3):
            LedgerChange.objects.create(
                subject="transaction", subject_id=row.pk, version=version, verb="edit",
                actor_kind="user",
            )  # fmt: skip
        Transaction.objects.filter(pk=row.pk).update(version=2)
        Split.objects.filter(transaction=row).update(amount_minor=-1)
        connection.check_constraints()


@pytest.mark.postgresql
def test_totals_cannot_be_written(giro: FinancialAccount) -> None:
    make_posted(giro)
    for attack in (
        lambda: MonthlyTotal.objects.update(total_minor=0),
        lambda: MonthlyTotal.objects.all()._raw_delete("default"),
        lambda: MonthlyTotal.objects.update(count=9),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()  # type: ignore[no-untyped-call]


@pytest.mark.postgresql
def test_totals_are_behind_the_wall(giro: FinancialAccount, stranger: Tenant) -> None:
    make_posted(giro)

    def seen() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM finance_monthly_total WHERE count > 0")
            return int(cursor.fetchone()[0])

    assert seen() == 1
    with tenant_scope(stranger.id):
        assert seen() == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relname = 'finance_monthly_total'"
        )
        assert cursor.fetchone()[0]


@pytest.mark.postgresql
def test_an_account_cannot_be_made_for_another_tenant(
    giro: FinancialAccount, stranger: Tenant
) -> None:
    with (
        tenant_scope(stranger.id),
        pytest.raises((IntegrityError, ProgrammingError)),
        transaction.atomic(),
    ):
        FinancialAccount.objects.create(name="x", currency="EUR", tenant_id=giro.tenant_id)
        connection.check_constraints()


@pytest.mark.sqlite
def test_every_wall_stands(giro: FinancialAccount) -> None:
    """Where SQLite makes a table anew its triggers are gone until the walls are built again."""
    text = (SQL / "sqlite.sql").read_text(encoding="utf-8")
    wanted = set(
        re.findall(
            r"CREATE (?:TRIGGER|VIEW|VIRTUAL TABLE|(?:UNIQUE )?INDEX IF NOT EXISTS) (\w+)", text
        )
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master")
        standing = {name for (name,) in cursor.fetchall()}
    assert len(wanted) > 10
    assert wanted <= standing
