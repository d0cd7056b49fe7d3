"""What a message has told and a statement confirms."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db.models import QuerySet

from finance import review
from finance.ledger.movements import clean_text
from finance.ledger.setwise import update_rows
from finance.ledger.writing import Rewrite, change_many, locked_many, writing
from finance.models import (
    LineOutcome,
    ReviewItem,
    ReviewState,
    StatementLine,
    Transaction,
    TransactionState,
)

BY_STATEMENT: Final = {"route": "statement"}


def settle(of_span: QuerySet[Any]) -> None:
    """The lines that wait to be joined are, as far as what they were to join is still there:
    since the preview it may have been voided, changed, merged, or joined by another statement.
    The others are new. Inside a transaction."""
    with writing():
        _settle(list(of_span.filter(outcome=LineOutcome.MATCHED).order_by("row", "id")))


def _settle(lines: Sequence[StatementLine]) -> None:
    rows = _surviving({line.transaction_id for line in lines if line.transaction_id})
    stated = StatementLine.objects.filter(is_live=True, transaction__in=_ids(rows.values()))
    taken = set(stated.values_list("transaction_id", flat=True))
    joined: list[tuple[StatementLine, Transaction]] = []
    for line in lines:
        row = rows.get(line.transaction_id) if line.transaction_id else None
        if row is None or row.pk in taken or not _tells(row, line):
            line.transaction, line.outcome = None, LineOutcome.NEW
            continue
        taken.add(row.pk)
        line.transaction = row
        joined.append((line, row))
    update_rows(lines, ["transaction", "outcome"])
    _name([pair for pair in joined if pair[0].payee and _is_unnamed(pair[1])])
    _accept(row for _, row in joined)


def _surviving(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Transaction]:
    """By id, the transaction, or the one that it has been merged into meanwhile."""
    found = {row.pk: row for row in locked_many(Transaction, ids)}
    wanted = list(found)
    while into := {row.merged_into_id for row in found.values() if row.merged_into_id} - {*found}:
        found |= {row.pk: row for row in locked_many(Transaction, into)}
    return {pk: _end_of(found, pk) for pk in wanted}


def _end_of(found: Mapping[uuid.UUID, Transaction], pk: uuid.UUID) -> Transaction:
    row = found[pk]
    while row.merged_into_id:
        row = found[row.merged_into_id]
    return row


def _ids(rows: Iterable[Transaction]) -> list[uuid.UUID]:
    return [row.pk for row in rows]


def _tells(row: Transaction, line: StatementLine) -> bool:
    is_same = (row.account_id, row.amount_minor) == (line.account_id, line.amount_minor)
    return is_same and row.state != TransactionState.VOID


def _is_unnamed(row: Transaction) -> bool:
    return not row.merchant and "merchant" not in row.locked


def _name(pairs: Sequence[tuple[StatementLine, Transaction]]) -> None:
    """A message that named nobody: the statement does."""
    change_many(
        [
            Rewrite(row, {
                "merchant": (name := clean_text(line.payee, 200)), "merchant_raw": name,
                "provenance": row.provenance | {"merchant": BY_STATEMENT},
            })
            for line, row in pairs
        ],
        "edit",
    )  # fmt: skip


def let_go(lines: Iterable[StatementLine]) -> None:
    """The names that lines have given go with them, but where a person has changed them since. What
    was accepted stays booked: a message has told it too. Inside a transaction."""
    named = {
        line.transaction_id: clean_text(line.payee, 200)
        for line in lines
        if line.outcome == LineOutcome.MATCHED and line.transaction_id is not None and line.payee
    }
    with writing():
        change_many(
            [
                Rewrite(row, {
                    "merchant": "", "merchant_raw": "",
                    "provenance": {k: v for k, v in row.provenance.items() if k != "merchant"},
                })
                for row in locked_many(Transaction, named)
                if row.provenance.get("merchant") == BY_STATEMENT
                and row.merchant_raw == named[row.pk] and row.state != TransactionState.VOID
            ],
            "edit",
        )  # fmt: skip


def _accept(rows: Iterable[Transaction]) -> None:
    """What the bank states has happened: a proposal needs no question any more."""
    proposed = [row.pk for row in rows if row.state == TransactionState.PROPOSED]
    items = ReviewItem.objects.filter(transaction__in=proposed, state=ReviewState.OPEN)
    review.accept_many(list(items.values_list("pk", flat=True)))
