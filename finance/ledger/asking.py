"""Review items: asking a person, and keeping what they decided."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from finance.ledger.movements import Source
from finance.ledger.writing import change, insert, writing
from finance.models import ReviewItem, ReviewState, Transaction
from tenancy.ids import new_id
from tenancy.scope import current_actor


def ask(
    source: Source | None, draft: Mapping[str, Any], reasons: Sequence[str]
) -> ReviewItem | None:
    """Ask about a message that seems to report a movement but lacks what one needs (an account,
    an amount). `draft` is from `draft_of`, `reasons` are stable codes.

    Asking again about a source gives the first item; None where the source is booked without
    ever having been asked about.
    """
    with writing():
        if source is not None:
            at = {"source_kind": source.kind, "source_id": source.id, "source_item": source.item}
            before: ReviewItem | None = ReviewItem.objects.filter(**at).first()
            if before is not None or Transaction.objects.filter(**at).exists():
                return before
        source = source or Source("", "")
        item = ReviewItem(
            id=new_id(),
            source_kind=source.kind,
            source_id=source.id,
            source_item=source.item,
            reasons=list(dict.fromkeys(str(reason) for reason in reasons)),
            draft=dict(draft),
        )
        insert([item], "ask", [{"reasons": item.reasons, "draft": item.draft}])
    return item


def decide(
    item: ReviewItem,
    state: ReviewState,
    verb: str,
    *,
    transaction_id: uuid.UUID | None = None,
    note: str = "",
) -> None:
    """Record a decision, or with OPEN take it back. Inside `writing()`."""
    actor = current_actor()
    closed = state != ReviewState.OPEN
    change(
        item,
        verb,
        {
            "state": state,
            "transaction_id": transaction_id or item.transaction_id,
            "decided_by_id": actor.user_id if closed else None,
            "decided_by": (actor.label or actor.kind)[:120] if closed else "",
            "decided_at": timezone.now() if closed else None,
            "decision_note": note[:300],
        },
        note=note,
    )


def close_item_of(row: Transaction, state: ReviewState, verb: str, note: str = "") -> None:
    """Decide the open item about a transaction, if there is one. Inside `writing()`."""
    item = ReviewItem.objects.filter(transaction=row, state=ReviewState.OPEN).first()
    if item is not None:
        decide(item, state, verb, note=note)
