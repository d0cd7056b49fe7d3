"""Answers to review items. Answering twice is answering once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext

from finance.errors import WrongState
from finance.ledger.asking import decide
from finance.ledger.booking import post
from finance.ledger.changes import Changes, resolve, transfer_of
from finance.ledger.drafts import movement_from
from finance.ledger.movements import Source
from finance.ledger.naming import standing_name
from finance.ledger.writing import change, change_with_parts, locked, writing
from finance.models import ReviewItem, ReviewState, Transaction, TransactionState


def accept(review_item_id: uuid.UUID, changes: Changes | None = None) -> Transaction:
    """It is a transaction: post it, with the changes that a person made. Accepted already: the
    transaction as it is. Raises NotInLedger, WrongState (dismissed), LedgerError (a draft still
    lacks something: `changes` must give it)."""
    with writing():
        item = locked(ReviewItem, review_item_id)
        if item.state == ReviewState.DISMISSED:
            raise WrongState(
                gettext("This was dismissed as not a transaction. Reopen it first."),
                code="dismissed",
            )
        if item.transaction_id is None:
            row = post(movement_from(item.draft, changes or {}, _source(item)))
            item.refresh_from_db()
        else:
            row = locked(Transaction, item.transaction_id)
            if item.state == ReviewState.OPEN:
                columns, parts, tags = resolve(row, changes or {})
                posted = {"state": TransactionState.POSTED}
                change_with_parts(row, "accept", columns | posted, parts, tags=tags)
        if item.state == ReviewState.OPEN:
            decide(item, ReviewState.ACCEPTED, "accept", transaction_id=row.pk)
    return row


def accept_many(review_item_ids: Sequence[uuid.UUID]) -> list[Transaction]:
    """Accept all of them as they are, or none. Raises as `accept`."""
    with writing():
        return [accept(pk) for pk in dict.fromkeys(review_item_ids)]


def dismiss(review_item_id: uuid.UUID, reason: str = "") -> ReviewItem:
    """It is not a transaction; the same source will not be asked about or booked again. Dismissed
    already: nothing happens. Raises NotInLedger, WrongState (accepted)."""
    with writing():
        item = locked(ReviewItem, review_item_id)
        if item.state == ReviewState.ACCEPTED:
            raise WrongState(
                gettext("This was accepted. Void the transaction, or reopen the item."),
                code="accepted",
            )
        if item.state == ReviewState.OPEN:
            if item.transaction_id is not None:
                row = locked(Transaction, item.transaction_id)
                change(row, "dismiss", {"state": TransactionState.VOID}, note=reason)
            decide(item, ReviewState.DISMISSED, "dismiss", note=reason)
    return item


def reopen(review_item_id: uuid.UUID) -> ReviewItem:
    """Take a decision back: the transaction is a proposal again, outside every balance. One that
    was put off is asked about at once; open already: nothing happens. Raises NotInLedger,
    WrongState (merged or linked since)."""
    with writing():
        item = locked(ReviewItem, review_item_id)
        if item.state == ReviewState.OPEN:
            if item.snoozed_until is not None:
                change(item, "wake", {"snoozed_until": None})
            return item
        if item.transaction_id is not None:
            row = locked(Transaction, item.transaction_id)
            if row.merged_into_id is not None or transfer_of(row) is not None:
                raise WrongState(
                    gettext("The transaction has been merged or linked since; undo that first."),
                    code="linked",
                )
            merchant = standing_name(row.merchant)
            change(row, "reopen", {"state": TransactionState.PROPOSED, "merchant": merchant})
        decide(item, ReviewState.OPEN, "reopen")
    return item


def snooze(review_item_id: uuid.UUID, until: datetime) -> ReviewItem:
    """Ask again at a time to come; `reopen` asks at once. Raises NotInLedger, WrongState (decided
    already)."""
    with writing():
        item = locked(ReviewItem, review_item_id)
        if item.state != ReviewState.OPEN:
            raise WrongState(gettext("This was decided already."), code="decided")
        change(item, "snooze", {"snoozed_until": until})
    return item


def _source(item: ReviewItem) -> Source | None:
    if not item.source_kind:
        return None
    return Source(item.source_kind, item.source_id, item.source_item)
