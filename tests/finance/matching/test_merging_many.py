"""Many pairs merged at once leave what they leave when merged one by one."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.categories import seed_default_categories
from finance.errors import LedgerError
from finance.ledger import Part, edit, merge, merge_many, transfer, unlink, unmerge, void
from finance.ledger.linking import refund_many, refund_of, take_refund_back, transfer_many
from finance.models import (
    FinancialAccount,
    LedgerChange,
    MonthlyTotal,
    ReviewItem,
    Split,
    Tag,
    Tagging,
    Transaction,
    Transfer,
)
from finance.money import Money
from finance.tags import add_tag
from finance.verification import verify_ledger
from tenancy.scope import tenant_scope
from tests.finance.conftest import ALICE
from tests.finance.make import category, email_source, make_account, make_posted, make_proposed
from tests.finance.snapshots import snapshot
from tests.make import make_tenant

pytestmark = pytest.mark.django_db


def furnished(tag: Tag) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Pairs to merge: each takes something else over; three that the ledger refuses."""
    giro = make_account("Giro", "EUR")
    pairs = []
    for number, (keeps, drops) in enumerate(
        (
            ({}, {"notes": "of the other", "description": "Lunch"}),
            ({"notes": "mine"}, {"is_one_time": True, "tags": frozenset({tag.pk})}),
            ({"category_id": category("rent").pk}, {"category_id": category("groceries").pk}),
            ({}, {"category_id": category("groceries").pk}),
            ({"merchant": ""}, {"merchant": "Named", "merchant_raw": "NAMED 12"}),
            ({}, {"original": Money(-1500, "USD")}),
            ({}, {"parts": (Part(Money(-1000, "EUR"), note="a"), Part(Money(-234, "EUR")))}),
            ({"notes": "same"}, {"notes": "same"}),
        )
    ):
        day = {"booked_on": date(2026, 5, 1 + number)}
        kept = make_posted(giro, source=email_source(), **(keeps | day))
        make = make_proposed if number % 2 else make_posted
        pairs.append((kept.pk, make(giro, source=email_source(), **(drops | day)).pk))
    refused = [make_posted(giro, "-5", booked_on=date(2026, 6, day)) for day in range(1, 7)]
    void(refused[1].pk)
    transfer(refused[3].pk, make_posted(make_account("Other", "EUR"), "5").pk)
    credit = make_posted(giro, "5", booked_on=date(2026, 6, 9))
    pairs += [(refused[0].pk, refused[1].pk), (refused[2].pk, refused[3].pk)]
    return [*pairs, (refused[4].pk, credit.pk)]


def merged(*, together: bool) -> list[dict[str, list[str]]]:
    """What the ledger holds after the pairs were merged, and taken apart again."""
    with tenant_scope(make_tenant().pk, actor=ALICE):
        seed_default_categories()
        pairs = furnished(add_tag("Trip"))
        if together:
            done = merge_many(pairs)
        else:
            done = set()
            for keep, drop in pairs:
                with suppress(LedgerError):
                    merge(keep, drop)
                    done.add(drop)
        assert len(done) == len(pairs) - 3 and not any(verify_ledger().values())
        tables = (Transaction, Split, MonthlyTotal, ReviewItem, Tagging)
        held = [snapshot(*tables) | {"trail": trail()}]
        for drop in sorted(done):
            unmerge(drop)
        assert not any(verify_ledger().values())
        return [*held, snapshot(*tables)]


def trail() -> list[str]:
    """What each entry says has changed; ids left out."""
    entries = LedgerChange.objects.order_by("at", "id")
    changed = [
        (entry.subject, entry.version, entry.verb, entry.actor, entry.note[:14],
         sorted(name for name, value in entry.after.items() if entry.before.get(name) != value))
        for entry in entries
    ]  # fmt: skip
    return sorted(map(repr, changed))


def test_many_merged_at_once_are_merged_as_one_by_one() -> None:
    assert merged(together=True) == merged(together=False)


def test_the_number_of_pairs_does_not_multiply_statements(giro: FinancialAccount) -> None:
    counts = []
    for size in (20, 60):
        pairs = [(make_posted(giro).pk, make_proposed(giro).pk) for _ in range(size)]
        with CaptureQueriesContext(connection) as queries:
            assert len(merge_many(pairs)) == size
        counts.append(len(queries))
    assert counts[0] == counts[1]


def linked(*, together: bool) -> list[dict[str, list[str]]]:
    """What the ledger holds after pairs were linked, and parted again."""
    with tenant_scope(make_tenant().pk, actor=ALICE):
        seed_default_categories()
        giro, card = make_account("Giro", "EUR"), make_account("Card", kind="credit_card")
        dollars = make_account("Dollars", "USD")
        legs = [(make_posted(giro, f"-{n}").pk, make_posted(card, f"{n}").pk) for n in (1, 2, 3)]
        legs.append((make_posted(giro, "-4").pk, make_posted(dollars, "5").pk))
        wrong = [(make_posted(giro, "-6").pk, make_posted(card, "7").pk)]
        wrong.append((make_posted(giro, "-8").pk, make_posted(giro, "8").pk))
        void(legs[2][0])
        food = category("groceries").pk
        bought = [make_posted(giro, "-9", category_id=food).pk for _ in range(3)]
        paid_back = [make_posted(giro, "9").pk for _ in range(3)]
        edit(paid_back[1], {"category_id": category("rent").pk})
        void(paid_back[2])
        backs = list(zip(bought, paid_back, strict=True))
        if together:
            done = {second for _, second in (*transfer_many([*legs, *wrong]), *refund_many(backs))}
        else:
            done = set()
            for link, pairs in ((transfer, [*legs, *wrong]), (refund_of, backs)):
                for first, second in pairs:
                    with suppress(LedgerError):
                        link(first, second)
                        done.add(second)
        assert done == {legs[0][1], legs[1][1], legs[3][1], *paid_back[:2]}
        held = [snapshot(Transaction, Split, MonthlyTotal, Transfer) | {"trail": trail()}]
        for link in Transfer.objects.order_by("id"):
            unlink(link.pk)
        for first, second in backs[:2]:
            take_refund_back(first, second)
        assert not any(verify_ledger().values())
        return [*held, snapshot(Transaction, Split, MonthlyTotal)]


def test_many_linked_at_once_are_linked_as_one_by_one() -> None:
    assert linked(together=True) == linked(together=False)
