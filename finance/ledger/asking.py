"""Review items: asking a person, and keeping what they decided."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils import timezone

from finance.ledger.movements import Source
from finance.ledger.sources import at_sources, key
from finance.ledger.writing import change, change_alike, insert, locked, writing
from finance.models import ReviewItem, ReviewState, Transaction
from tenancy.ids import new_id
from tenancy.scope import current_actor

Question = tuple[Source | None, Mapping[str, Any], Sequence[str]]


def ask(
    source: Source | None, draft: Mapping[str, Any], reasons: Sequence[str]
) -> ReviewItem | None:
    """Ask about a message that seems to report a movement but lacks what one needs (an account,
    an amount). `draft` is from `draft_of`, `reasons` are stable codes.

    Asking again about a source gives the first item; None where the source is booked without
    ever having been asked about.
    """
    return ask_many([(source, draft, reasons)])[0]


def ask_many(questions: Sequence[Question]) -> list[ReviewItem | None]:
    """As `ask`, in a handful of statements; the items in the order of the questions."""
    with writing():
        sources = [source for source, _, _ in questions if source is not None]
        asked = at_sources(ReviewItem, sources)
        booked = at_sources(Transaction, sources)
        result: list[ReviewItem | None] = []
        new: list[ReviewItem] = []
        for source, draft, reasons in questions:
            if source is not None and (key(source) in asked or key(source) in booked):
                result.append(asked.get(key(source)))
                continue
            item = _item(source or Source("", ""), draft, reasons)
            new.append(item)
            result.append(item)
            if source is not None:
                asked[key(source)] = item
        insert(new, "ask", [{"reasons": item.reasons, "draft": item.draft} for item in new])
    return result


def _item(source: Source, draft: Mapping[str, Any], reasons: Sequence[str]) -> ReviewItem:
    return ReviewItem(
        id=new_id(),
        source_kind=source.kind,
        source_id=source.id,
        source_item=source.item,
        reasons=list(dict.fromkeys(str(reason) for reason in reasons)),
        draft=dict(draft),
    )


def redraft(item: ReviewItem, draft: Mapping[str, Any], reasons: Sequence[str]) -> bool:
    """Ask better: another reading of the same message tells more. Whether it was still open; what
    a person has decided, or a proposed transaction, is left alone."""
    with writing():
        row = locked(ReviewItem, item.pk)
        if row.state != ReviewState.OPEN or row.transaction_id is not None:
            return False
        unique = list(dict.fromkeys(str(reason) for reason in reasons))
        change(row, "redraft", {"draft": dict(draft), "reasons": unique})
    return True


def decide(
    item: ReviewItem,
    state: ReviewState,
    verb: str,
    *,
    transaction_id: uuid.UUID | None = None,
    note: str = "",
) -> None:
    """Record a decision, or with OPEN take it back. Inside `writing()`."""
    decision = _decision(state, note) | {"transaction_id": transaction_id or item.transaction_id}
    change(item, verb, decision, note=note)


def _decision(state: ReviewState, note: str) -> dict[str, Any]:
    actor, closed = current_actor(), state != ReviewState.OPEN
    return {
        "state": state,
        "decided_by_id": actor.user_id if closed else None,
        "decided_by": (actor.label or actor.kind)[:120] if closed else "",
        "decided_at": timezone.now() if closed else None,
        "decision_note": note[:300],
    }


def close_item_of(row: Transaction, state: ReviewState, verb: str, note: str = "") -> None:
    """Decide the open item about a transaction, if there is one. Inside `writing()`."""
    item = ReviewItem.objects.filter(transaction=row, state=ReviewState.OPEN).first()
    if item is not None:
        decide(item, state, verb, note=note)


def close_items_of(ids: Collection[uuid.UUID], state: ReviewState, verb: str, note: str) -> None:
    """As `close_item_of` for many transactions, in a few statements. Inside `writing()`."""
    items = list(ReviewItem.objects.filter(transaction__in=ids, state=ReviewState.OPEN))
    if items:
        change_alike(items, verb, _decision(state, note), note)
