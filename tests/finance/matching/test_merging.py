"""A merge takes over what tells more, and a part gives it back to the cent."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from finance import ledger
from finance.attachments import attach, kept_of
from finance.errors import WrongState
from finance.ledger.merging import DEEPEST
from finance.ledger.tagging import tags_of
from finance.matching.reading import evidence_of, told_by_mail
from finance.models import FinancialAccount, ReviewItem, Split, Transaction
from finance.money import Money
from finance.querysets import balances
from finance.tags import add_tag
from finance.verification import verify_ledger
from tests.finance.make import (
    category,
    email_source,
    make_account,
    make_posted,
    make_proposed,
)

pytestmark = pytest.mark.django_db
APART = ("version", "updated_at")


def state_of(row: Transaction) -> dict[str, Any]:
    """All that is kept of a transaction, but for what counts its changes."""
    row.refresh_from_db()
    kept = {f.attname: getattr(row, f.attname) for f in row._meta.fields if f.name not in APART}
    splits = Split.objects.filter(transaction=row).order_by("position")
    kept["splits"] = list(splits.values_list("amount_minor", "category_id", "note"))
    return kept | {"tags": tags_of(row)}


def test_the_one_that_stays_takes_over_what_tells_more(giro: FinancialAccount) -> None:
    trip = add_tag("Trip")
    keep = make_posted(giro, merchant="NW*NORTHWIND", source=email_source())
    food, home = category("groceries"), category("household")
    parts = (ledger.Part(Money(-1000, "EUR"), food.pk), ledger.Part(Money(-234, "EUR"), home.pk))
    drop = make_proposed(
        giro, merchant="Northwind", source=email_source(), description="NW-1", parts=parts,
        occurred_at=datetime(2026, 5, 20, 9, tzinfo=UTC), original=Money(-1400, "USD"),
    )  # fmt: skip
    ledger.edit(drop.pk, {"merchant": "Northwind Books", "notes": "a gift",
                          "tags": frozenset({trip.pk}), "is_one_time": True})  # fmt: skip
    before = state_of(keep), state_of(drop), [b.balance for b in balances()]

    merged = ledger.merge(keep.pk, drop.pk)

    kept = state_of(keep)
    assert kept["merchant"] == "Northwind Books" and kept["notes"] == "a gift"
    assert kept["description"] == "NW-1" and kept["original_minor"] == -1400
    assert kept["is_one_time"] and kept["tags"] == {trip.pk}
    assert {pk for _, pk, _ in kept["splits"]} == {food.pk, home.pk}
    assert "merchant" in merged.locked and merged.provenance["merchant"] == {"by": "user"}
    assert ReviewItem.objects.get(transaction=drop).state == "dismissed"

    ledger.unmerge(drop.pk)

    assert (state_of(keep), state_of(drop), [b.balance for b in balances()]) == before
    assert ReviewItem.objects.get(transaction=drop).state == "open"
    assert not any(verify_ledger().values())


def test_what_a_person_has_set_stays_over_what_a_message_tells(giro: FinancialAccount) -> None:
    keep = make_posted(giro, merchant="My baker", category_id=category("groceries").pk)
    drop = make_posted(giro, merchant="BAKERY 12", source=email_source())
    assert ledger.merge(keep.pk, drop.pk).merchant == "My baker"
    assert state_of(keep)["splits"][0][1] == category("groceries").pk


def test_what_was_changed_after_the_merge_is_not_given_back(giro: FinancialAccount) -> None:
    keep = make_posted(giro, merchant="", source=email_source())
    drop = make_posted(giro, merchant="Corner shop", description="R-77", source=email_source())
    ledger.merge(keep.pk, drop.pk)
    ledger.edit(keep.pk, {"merchant": "Corner"})
    ledger.unmerge(drop.pk)
    keep.refresh_from_db()
    assert keep.merchant == "Corner" and "merchant" in keep.locked
    assert keep.description == ""


def test_two_posted_reports_count_once_and_twice_again(giro: FinancialAccount) -> None:
    keep, drop = make_posted(giro, "-40"), make_posted(giro, "-40")
    ledger.merge(keep.pk, drop.pk)
    assert balances()[0].balance == Money(-4000, "EUR")
    ledger.unmerge(drop.pk)
    assert balances()[0].balance == Money(-8000, "EUR")
    assert state_of(keep)["state"] == state_of(drop)["state"] == "posted"
    with pytest.raises(WrongState):
        ledger.unmerge(drop.pk)


def test_a_hold_goes_into_a_posting_of_another_amount(giro: FinancialAccount) -> None:
    hold = make_proposed(giro, "-50", event="hold", category_id=category("restaurants").pk)
    posting = make_posted(giro, "-59", source=email_source())
    ledger.merge(posting.pk, hold.pk)
    assert state_of(posting)["splits"] == [(-5900, category("restaurants").pk, "")]
    ledger.unmerge(hold.pk)
    assert state_of(posting)["splits"] == [(-5900, None, "")]
    assert state_of(hold)["state"] == "proposed"


def test_a_chain_is_parted_from_its_end(giro: FinancialAccount) -> None:
    first, second, third = (make_posted(giro, "-7") for _ in range(3))
    ledger.merge(second.pk, first.pk)
    ledger.merge(third.pk, second.pk)
    with pytest.raises(WrongState) as caught:
        ledger.unmerge(first.pk)
    assert caught.value.code == "merged_since"
    ledger.unmerge(second.pk)
    ledger.unmerge(first.pk)
    assert balances()[0].balance == Money(-2100, "EUR")


def test_merging_again_after_a_part_gives_back_only_what_it_took(giro: FinancialAccount) -> None:
    keep = make_posted(giro, merchant="", source=email_source())
    drop = make_posted(giro, merchant="Corner shop", source=email_source())
    ledger.merge(keep.pk, drop.pk)
    ledger.unmerge(drop.pk)
    ledger.edit(keep.pk, {"merchant": "Corner shop"})
    ledger.merge(keep.pk, drop.pk)
    ledger.unmerge(drop.pk)
    keep.refresh_from_db()
    assert keep.merchant == "Corner shop"


def test_a_transfer_parted_gives_the_categories_back(giro: FinancialAccount) -> None:
    from_shop = make_posted(giro, "-10", category_id=category("groceries").pk)
    other = ledger.post(
        ledger.Movement(make_account("Savings").pk, from_shop.booked_on, Money(1000, "EUR"))
    )
    before = state_of(from_shop), state_of(other)
    link = ledger.transfer(from_shop.pk, other.pk)
    assert state_of(from_shop)["splits"] != before[0]["splits"]
    ledger.unlink(link.pk)
    assert (state_of(from_shop), state_of(other)) == before


def test_what_was_merged_one_into_another_is_told_by_all_of_them(giro: FinancialAccount) -> None:
    """A shop's order, its receipt, the card's alert, the posting; then a booking by hand."""
    rows = [make_posted(giro, source=email_source()) for _ in range(DEEPEST)]
    rows.append(make_posted(giro, merchant="By hand"))
    for number, row in enumerate(rows):
        attach(row.pk, f"{number}.pdf", b"%PDF-1.7 " + bytes([number]))
    for dropped, kept in pairwise(rows):
        ledger.merge(kept.pk, dropped.pk)
    last = rows[-1]
    sources = {row.source_id for row in rows[:-1]}
    assert {told.email_id for told in evidence_of(last)} == sources
    assert {file.name for file in kept_of(last.pk)} == {f"{n}.pdf" for n in range(len(rows))}
    by_mail = Transaction.objects.filter(told_by_mail(), state="posted")
    assert list(by_mail) == [last]

    other = make_posted(giro, source=email_source())
    with pytest.raises(WrongState) as refused:
        ledger.merge(other.pk, last.pk)
    assert refused.value.code == "too_deep"
    assert ledger.merge_many([(other.pk, last.pk)]) == set()
    ledger.merge(last.pk, other.pk)
    assert {told.email_id for told in evidence_of(last)} == sources | {other.source_id}
    assert not any(verify_ledger().values())
