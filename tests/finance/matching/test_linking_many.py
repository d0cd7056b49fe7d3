"""Many transfers linked at once leave what they leave when linked one by one."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.categories import seed_default_categories
from finance.errors import LedgerError, NotInLedger
from finance.ledger import Part, transfer, transfer_many, unlink, void
from finance.models import (
    AccountKind,
    FinancialAccount,
    LedgerChange,
    MonthlyTotal,
    Split,
    Transaction,
    Transfer,
)
from finance.money import Money
from finance.verification import verify_ledger
from tenancy.scope import tenant_scope
from tests.finance.conftest import ALICE
from tests.finance.make import category, make_account, make_posted
from tests.finance.matching.test_merging_many import trail
from tests.finance.snapshots import snapshot
from tests.make import make_tenant

pytestmark = pytest.mark.django_db


def furnished() -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Six pairs that can be linked, one that is already, and five that the ledger refuses."""
    giro, savings = make_account("Giro", "EUR"), make_account("Savings", "EUR")
    card = make_account("Card", "EUR", kind=AccountKind.CREDIT_CARD)
    dollars = make_account("Dollars", "USD")

    def pair(out: str, into: str, account: FinancialAccount, day: int) -> list[Transaction]:
        when = date(2026, 5, day)
        split = (
            Part(Money(-100, "EUR"), note="a"),
            Part(Money(int(float(out) * 100) + 100, "EUR")),
        )
        parts = split if day == 4 else ()
        return [
            make_posted(giro, out, booked_on=when, parts=parts),
            make_posted(account, into, booked_on=when, category_id=category("salary").pk),
        ]

    pairs = [
        pair("-10", "10", savings, 1),
        list(reversed(pair("-11", "11", savings, 2))),
        pair("-12", "12", card, 3),
        pair("-13", "13", savings, 4),
        pair("-14", "16", dollars, 5),
        pair("-15", "15", savings, 6),
        pair("-16", "17", savings, 7),
        pair("-18", "18", giro, 8),
        pair("-19", "19", savings, 9),
        pair("-20", "20", savings, 10),
        pair("-21", "21", savings, 11),
    ]
    transfer(pairs[5][0].pk, pairs[5][1].pk)
    void(pairs[8][0].pk)
    transfer(pairs[9][0].pk, make_posted(savings, "20", booked_on=date(2026, 5, 20)).pk)
    ids = [(one.pk, other.pk) for one, other in pairs]
    ids[10] = (ids[10][0], uuid.uuid4())
    return ids


def linked(*, together: bool) -> list[dict[str, list[str]]]:
    """What the ledger holds after the pairs were linked, and parted again."""
    with tenant_scope(make_tenant().pk, actor=ALICE):
        seed_default_categories()
        pairs = furnished()
        links = transfer_many(pairs) if together else {}
        if not together:
            for pair in pairs:
                with suppress(LedgerError):
                    links[pair] = transfer(*pair)
        assert list(links) == pairs[:6] and not any(verify_ledger().values())
        tables = (Transaction, Split, MonthlyTotal, Transfer)
        held = [snapshot(*tables) | {"trail": trail()}]
        for link in list(Transfer.objects.order_by("pk")):
            unlink(link.pk)
        assert not any(verify_ledger().values())
        return [*held, snapshot(*tables) | {"trail": trail()}]


def test_many_linked_at_once_are_linked_as_one_by_one() -> None:
    assert linked(together=True) == linked(together=False)


def test_one_that_is_not_there_is_told_of(giro: FinancialAccount) -> None:
    with pytest.raises(NotInLedger, match="There is no transaction"):
        transfer(make_posted(giro).pk, uuid.uuid4())
    assert not LedgerChange.objects.filter(verb="transfer").exists()


def test_the_number_of_pairs_does_not_multiply_statements(giro: FinancialAccount) -> None:
    other, counts = make_account("Other", "EUR"), []
    for size in (10, 30):
        pairs = [(make_posted(giro, "-5").pk, make_posted(other, "5").pk) for _ in range(size)]
        with CaptureQueriesContext(connection) as queries:
            assert len(transfer_many(pairs)) == size
        counts.append(len(queries))
    assert counts[0] == counts[1]
