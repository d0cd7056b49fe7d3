"""New transactions: posted at once, or proposed and put to a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from finance.ledger.asking import decide
from finance.ledger.movements import Movement, Part, Source, clean_text
from finance.ledger.naming import Names
from finance.ledger.references import References, check_tags
from finance.ledger.sources import SourceKey, at_sources, key
from finance.ledger.tagging import plain_tags, replace_tags
from finance.ledger.writing import (
    insert,
    is_person,
    plain,
    plain_parts,
    splits_for,
    writing,
)
from finance.models import (
    ReviewItem,
    ReviewState,
    Split,
    Transaction,
    TransactionState,
)
from tenancy.ids import new_id
from tenancy.scope import current_actor, current_tenant_id

Proposal = tuple[Movement, Sequence[str]]


def post(movement: Movement) -> Transaction:
    """Book a movement. Raises LedgerError, UnknownReference."""
    return post_many([movement])[0]


def propose(movement: Movement, reasons: Sequence[str] = ()) -> Transaction:
    """Note a movement outside all balances, and ask a person. `reasons` are stable codes that
    say why. Raises LedgerError, UnknownReference."""
    return propose_many([(movement, reasons)])[0]


def post_many(movements: Sequence[Movement]) -> list[Transaction]:
    """Book all of them or none, in a handful of statements, and return them in order. A source
    that is booked already gives its transaction as it is now (after a merge, the one that
    stayed); one that a person has dismissed is kept as void."""
    return _book(movements, TransactionState.POSTED, [()] * len(movements))


def propose_many(proposals: Sequence[Proposal]) -> list[Transaction]:
    """As `post_many`, for proposals. A source that is booked already is not asked about again."""
    return _book(
        [movement for movement, _ in proposals],
        TransactionState.PROPOSED,
        [reasons for _, reasons in proposals],
    )


def _book(
    movements: Sequence[Movement], state: TransactionState, reasons: Sequence[Sequence[str]]
) -> list[Transaction]:
    with writing():
        references = References.of(movements)
        for movement in movements:
            references.check(movement)
        check_tags(tag for movement in movements for tag in movement.tags)
        sources = [m.source for m in movements if m.source is not None]
        booked = at_sources(Transaction, sources)
        asked = at_sources(ReviewItem, sources)
        names = Names.of(text for m in movements for text in _written(m))
        result: list[Transaction] = []
        new: list[tuple[Transaction, Movement, Sequence[str]]] = []
        for movement, why in zip(movements, reasons, strict=True):
            source = key(movement.source) if movement.source else None
            row = booked.get(source) if source else None
            if row is None:
                item = asked.get(source) if source else None
                dismissed = item is not None and item.state == ReviewState.DISMISSED
                row = _row(movement, TransactionState.VOID if dismissed else state, names)
                new.append((row, movement, why))
                if source:
                    booked[source] = row
            result.append(row)
        _insert(new, references)
        _ask(new, asked)
    return [_stayed(row) for row in result]


def _row(movement: Movement, state: TransactionState, names: Names) -> Transaction:
    person = is_person() and movement.source is None
    provenance = dict(movement.provenance)
    set_fields = [name for name in SET_BY_PEOPLE if getattr(movement, name)]
    for name in set_fields:
        provenance.setdefault(name, {"by": current_actor().kind})
    source = movement.source or Source("", "")
    return Transaction(
        id=new_id(),
        # Named here once: the default would look the scope up again for each row.
        tenant_id=current_tenant_id(),
        account_id=movement.account_id,
        state=state,
        booked_on=movement.booked_on,
        occurred_at=movement.occurred_at,
        amount_minor=movement.amount.minor,
        currency=movement.amount.currency,
        original_minor=movement.original.minor if movement.original else None,
        original_currency=movement.original.currency if movement.original else "",
        merchant=_merchant(movement, names),
        merchant_raw=_written(movement)[1],
        description=clean_text(movement.description, 500),
        notes=clean_text(movement.notes, 10_000),
        event=movement.event,
        is_one_time=movement.is_one_time,
        source_kind=source.kind,
        source_id=source.id,
        source_item=source.item,
        provenance=provenance,
        locked=sorted(set_fields) if person else [],
    )


def _merchant(movement: Movement, names: Names) -> str:
    name, raw = _written(movement)
    return names.named(name) if is_person() else names.read(name, raw)


def _written(movement: Movement) -> tuple[str, str]:
    return clean_text(movement.merchant, 200), clean_text(movement.merchant_raw, 300)


SET_BY_PEOPLE = (
    "account_id", "booked_on", "occurred_at", "amount", "merchant", "description", "category_id",
    "event", "notes", "original", "is_one_time", "tags",
)  # fmt: skip


def _insert(
    new: Sequence[tuple[Transaction, Movement, Sequence[str]]], references: References
) -> None:
    parts = [references.parts(movement) for _, movement, _ in new]
    Split.objects.bulk_create(
        [
            split
            for (row, _, _), share in zip(new, parts, strict=True)
            for split in splits_for(row, share)
        ]
    )
    for state, verb in VERBS.items():
        of_state = [
            (row, _details(row, movement, share))
            for (row, movement, _), share in zip(new, parts, strict=True)
            if row.state == state
        ]
        insert([row for row, _ in of_state], verb, [details for _, details in of_state])
    replace_tags({row.pk: movement.tags for row, movement, _ in new if movement.tags})


def _details(row: Transaction, movement: Movement, parts: Sequence[Part]) -> dict[str, Any]:
    tags = {"tags": plain_tags(movement.tags)} if movement.tags else {}
    kept = {name: plain(getattr(row, name)) for name in KEPT}
    return kept | {"splits": plain_parts(parts)} | tags


VERBS = {
    TransactionState.POSTED: "post",
    TransactionState.PROPOSED: "propose",
    TransactionState.VOID: "void",
}
KEPT = ("account_id", "state", "booked_on", "amount_minor", "currency", "merchant", "event")


def _ask(
    new: Sequence[tuple[Transaction, Movement, Sequence[str]]], asked: dict[SourceKey, ReviewItem]
) -> None:
    """One review item for each proposal. A question that was asked about the same source before
    its amount or account was known is taken further, not asked twice."""
    items: list[ReviewItem] = []
    for row, movement, reasons in new:
        before = asked.get(key(movement.source)) if movement.source else None
        if before is not None and before.state == ReviewState.OPEN:
            state = ReviewState.OPEN
            if row.state == TransactionState.POSTED:
                state = ReviewState.ACCEPTED
            decide(before, state, "propose", transaction_id=row.pk)
        elif before is None and row.state == TransactionState.PROPOSED:
            items.append(_item(row, reasons))
    insert(
        items,
        "ask",
        [{"transaction_id": plain(i.transaction_id), "reasons": i.reasons} for i in items],
    )


def _item(row: Transaction, reasons: Sequence[str]) -> ReviewItem:
    return ReviewItem(
        id=new_id(),
        transaction_id=row.pk,
        source_kind=row.source_kind,
        source_id=row.source_id,
        source_item=row.source_item,
        reasons=list(dict.fromkeys(str(reason) for reason in reasons)),
    )


def _stayed(row: Transaction) -> Transaction:
    while row.merged_into_id is not None:
        row = Transaction.objects.get(pk=row.merged_into_id)
    return row
