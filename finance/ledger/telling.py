"""Telling webhooks what the ledger's verbs have done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from finance.models import LedgerRow, ReviewItem, ReviewState, Transaction, TransactionState
from notifications.webhooks.outbox import emit, is_heard


def tell_created(rows: Sequence[LedgerRow]) -> None:
    """Of rows of one model that were inserted."""
    first = rows[0]
    if isinstance(first, Transaction):
        emit([("transaction.created", _transaction(row)) for row in rows])
    elif isinstance(first, ReviewItem):
        emit([("review_item.opened", _review_item(row)) for row in rows])


def tell_posted(ids: Callable[[], Sequence[uuid.UUID]]) -> None:
    """Of transactions that were inserted as posted; their ids are asked for only where a webhook
    wants to know."""
    if is_heard("transaction.created"):
        state = str(TransactionState.POSTED)
        emit([
            ("transaction.created", {"transaction": str(pk), "version": 1, "state": state})
            for pk in ids()
        ])  # fmt: skip


def tell_changed(row: LedgerRow, fields: Sequence[str]) -> None:
    if isinstance(row, Transaction):
        is_voided = "state" in fields and row.state == TransactionState.VOID
        name = "transaction.voided" if is_voided else "transaction.changed"
        emit([(name, _transaction(row) | {"fields": sorted(fields)})])
    elif isinstance(row, ReviewItem) and "state" in fields and row.state == ReviewState.OPEN:
        emit([("review_item.opened", _review_item(row))])


def tell_many(rows: Sequence[Transaction], fields: Sequence[str]) -> None:
    """Of transactions that were changed at once."""
    told = [name for name in fields if name not in ("version", "updated_at")]
    is_voided = "state" in fields
    emit([
        ("transaction.voided" if is_voided and row.state == TransactionState.VOID
         else "transaction.changed", _transaction(row) | {"fields": told})
        for row in rows
    ])  # fmt: skip


def _transaction(row: Any) -> dict[str, Any]:
    return {"transaction": str(row.pk), "version": row.version, "state": str(row.state)}


def _review_item(row: Any) -> dict[str, Any]:
    return {"review_item": str(row.pk), "version": row.version}
