"""verify_ledger finds what it promises to find."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from finance.ledger import transfer
from finance.models import FinancialAccount
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted


@contextmanager
def triggers_lifted() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, definition in triggers:
            cursor.execute(definition)


def verified(*args: str) -> str:
    out = io.StringIO()
    call_command("verify_ledger", *args, stdout=out)
    return out.getvalue()


def test_a_sound_ledger_verifies(ledger: Tenant, giro: FinancialAccount) -> None:
    savings = make_account("Savings")
    transfer(make_posted(giro, "-5.00").pk, make_posted(savings, "5.00").pk)
    text = verified("--tenant", str(ledger.pk))
    assert "2 transactions" in text and "FAULT" not in text and "no fault" in text


def test_a_tenant_that_is_not_there_is_said_so(db: None) -> None:
    for name in ("home", str(uuid.uuid4())):
        with pytest.raises(CommandError, match="no tenant"):
            verified("--tenant", name)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE finance_split SET amount_minor = amount_minor - 1", "splits sum"),
        ("UPDATE finance_split SET amount_minor = amount_minor - 1", "balances"),
        ("UPDATE finance_transaction SET currency = 'USD'", "account's currency"),
        ("UPDATE finance_transaction SET version = 9", "audit trail"),
        ("DELETE FROM finance_ledgerchange", "audit trail"),
        ("UPDATE finance_transaction SET merged_into_id = id", "merged"),
        ("UPDATE finance_split SET category_id = NULL", "transfers pair"),
        ("UPDATE finance_transaction SET amount_minor = -amount_minor", "transfers pair"),
    ],
)
def test_each_damage_is_found(
    ledger: Tenant, giro: FinancialAccount, damage: str, check: str
) -> None:
    transfer(make_posted(giro, "-5.00").pk, make_posted(make_account("Savings"), "5.00").pk)
    with triggers_lifted(), connection.cursor() as cursor:
        cursor.execute(damage)
    found = {name for name, faults in verify_ledger().items() if faults}
    assert any(check in name for name in found)
    with pytest.raises(CommandError, match="faults in"):
        verified()
