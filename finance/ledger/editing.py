"""Changing what is in the ledger: edit, split, void."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.utils.translation import gettext

from finance.errors import WrongState
from finance.ledger.asking import close_item_of
from finance.ledger.changes import Changes, resolve, transfer_of
from finance.ledger.linking import part_legs
from finance.ledger.movements import Part
from finance.ledger.writing import change, change_with_parts, locked, writing
from finance.models import ReviewState, Transaction, TransactionState


def edit(
    transaction_id: uuid.UUID, changes: Changes, *, expected_version: int | None = None
) -> Transaction:
    """Change a proposed or posted transaction. What a person sets is locked from then on; what a
    machine sets leaves locked fields as they are. With `expected_version`, a row that somebody
    has changed meanwhile is left alone.

    Raises NotInLedger, WrongState, LedgerError, UnknownReference.
    """
    with writing():
        row = locked(Transaction, transaction_id)
        if row.state == TransactionState.VOID:
            raise WrongState(
                gettext("This transaction is void and cannot be changed."), code="void"
            )
        if expected_version is not None and row.version != expected_version:
            raise WrongState(
                gettext("Somebody has changed this transaction meanwhile. Look at it again."),
                code="changed_meanwhile",
            )
        columns, parts, tags = resolve(row, changes)
        change_with_parts(row, "edit", columns, parts, tags=tags)
    return row


def split(transaction_id: uuid.UUID, parts: Sequence[Part]) -> Transaction:
    """Replace the splits; they must sum to the amount. Raises as `edit`."""
    return edit(transaction_id, {"parts": tuple(parts)})


def void(transaction_id: uuid.UUID, reason: str = "") -> Transaction:
    """Take a transaction out of every balance for good; it stays to be seen. A transfer that it
    was a leg of is parted, an open question about it is closed. Again: nothing happens.
    Raises NotInLedger."""
    with writing():
        row = locked(Transaction, transaction_id)
        if row.state == TransactionState.VOID:
            return row
        link = transfer_of(row)
        if link is not None:
            part_legs(link)
            row.refresh_from_db()
        change(row, "void", {"state": TransactionState.VOID}, note=reason)
        close_item_of(row, ReviewState.DISMISSED, "void", reason)
    return row
