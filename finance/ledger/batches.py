"""Changing many transactions at once, and taking that back as one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from finance.errors import LedgerError, WrongState
from finance.ledger.changes import Changes, Known, legs_among, resolve
from finance.ledger.movements import Part
from finance.ledger.references import References, check_tags
from finance.ledger.tagging import Tags, plain_tags, tags_of_many
from finance.ledger.writing import (
    Rewrite,
    change_many,
    locked,
    locked_many,
    parts_of_many,
    plain_parts,
    writing,
)
from finance.models import (
    EditBatch,
    EditedTransaction,
    Tag,
    Transaction,
    TransactionState,
)
from finance.money import Money
from tenancy.scope import current_actor
from tenancy.wording import worded

MOST = 10_000
# What undoing brings back; a batch changes nothing else.
KEPT = ("merchant", "description", "notes", "is_one_time", "locked", "provenance")
TAKEN = frozenset(
    ("merchant", "description", "notes", "is_one_time", "category_id", "tags", "add_tags",
     "remove_tags")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Skipped:
    """A transaction that was left as it is, and why."""

    transaction_id: uuid.UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Edited:
    """`batch` is None where nothing changed."""

    batch: EditBatch | None
    changed: int
    skipped: tuple[Skipped, ...]


def edit_many(edits: Mapping[uuid.UUID, Changes], title: str) -> Edited:
    """Change many transactions in one atomic block, in a handful of statements: what TAKEN
    names. Those that cannot take it (void, a transfer's leg, a
    split one) are left out and named. Raises LedgerError for other fields, for more than MOST."""
    if len(edits) > MOST:
        raise LedgerError(
            worded("That is more than %(most)s transactions. Narrow the filter.", most=MOST),
            code="too_many",
        )
    odd = {name for changes in edits.values() for name in changes} - TAKEN
    if odd:
        raise LedgerError(
            worded("%(field)s cannot be changed for many.", field=min(odd)), code="unknown_field"
        )
    with writing():
        rows = locked_many(Transaction, edits)
        known = _known(rows, edits)
        rewrites, skipped = [], []
        for row in rows:
            if row.state == TransactionState.VOID:
                skipped.append(Skipped(row.pk, "void"))
                continue
            try:
                of_row = known[row.pk]
                columns, parts, tags = resolve(row, edits[row.pk], of_row)
            except WrongState as error:
                skipped.append(Skipped(row.pk, error.code))
            except LedgerError as error:
                if error.code not in ("several_splits",):
                    raise
                skipped.append(Skipped(row.pk, error.code))
            else:
                rewrites.append(Rewrite(row, columns, of_row.parts, parts, of_row.tags, tags))
        before = {item.row.pk: _state_of(item) for item in rewrites}
        real = change_many(rewrites, "edit", title)
        batch = _keep(real, before, title) if real else None
    return Edited(batch, len(real), tuple(skipped))


def undo(batch_id: uuid.UUID) -> tuple[int, int]:
    """Bring back what a batch has changed, but for transactions that somebody has changed since;
    returns how many came back and how many did not. Undone already: nothing happens. Raises
    NotInLedger."""
    with writing():
        batch = locked(EditBatch, batch_id)
        if batch.undone_at is not None:
            return 0, 0
        edited = {row.transaction_id: row for row in batch.transactions.all()}
        rows = locked_many(Transaction, edited)
        parts, tags = parts_of_many(rows), tags_of_many(edited)
        were = _tags_before(edited.values())
        rewrites = [
            Rewrite(row, _columns(edited[row.pk].before), parts[row.pk],
                    _parts(edited[row.pk].before, row.currency), tags[row.pk], were[row.pk])
            for row in rows
            if row.version == edited[row.pk].version and row.state != TransactionState.VOID
        ]  # fmt: skip
        change_many(rewrites, "edit", f"Undone: {batch.title}")
        batch.undone_at = timezone.now()
        batch.save(update_fields=["undone_at"])
    return len(rewrites), len(edited) - len(rewrites)


def _known(
    rows: Sequence[Transaction], edits: Mapping[uuid.UUID, Changes]
) -> dict[uuid.UUID, Known]:
    parts = parts_of_many(rows)
    ids = [row.pk for row in rows]
    legs = legs_among(ids)
    categories = {changes.get("category_id") for changes in edits.values()}
    categories |= {part.category_id for of_row in parts.values() for part in of_row}
    references = References((), categories)
    check_tags(
        tag for changes in edits.values()
        for tag in changes.get("tags", frozenset()) | changes.get("add_tags", frozenset())
    )  # fmt: skip
    tags = tags_of_many(ids)
    return {
        row.pk: Known(tuple(parts[row.pk]), row.pk in legs, references, tags[row.pk])
        for row in rows
    }


def _keep(
    real: Sequence[Rewrite], before: Mapping[uuid.UUID, dict[str, Any]], title: str
) -> EditBatch:
    actor = current_actor()
    batch: EditBatch = EditBatch.objects.create(
        title=title[:200], count=len(real), actor=actor.label[:120], actor_id=actor.user_id
    )
    EditedTransaction.objects.bulk_create(
        [
            EditedTransaction(
                batch=batch, transaction=item.row, before=before[item.row.pk],
                version=item.row.version,
            )
            for item in real
        ],
        batch_size=1_000,
    )  # fmt: skip
    return batch


def _state_of(item: Rewrite) -> dict[str, Any]:
    state = {name: getattr(item.row, name) for name in KEPT}
    return state | {"splits": plain_parts(item.old_parts), "tags": plain_tags(item.old_tags)}


def _columns(before: Mapping[str, Any]) -> dict[str, Any]:
    return {name: before[name] for name in KEPT if name in before}


def _tags_before(edited: Iterable[EditedTransaction]) -> dict[uuid.UUID, Tags]:
    """But for tags that have been removed since."""
    were = {row.transaction_id: {uuid.UUID(tag) for tag in row.before.get("tags", ())}
            for row in edited}  # fmt: skip
    named = {tag for tags in were.values() for tag in tags}
    there = set(Tag.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    return {pk: frozenset(tags & there) for pk, tags in were.items()}


def _parts(before: Mapping[str, Any], currency: str) -> list[Part]:
    return [
        Part(
            Money(part["amount_minor"], currency),
            uuid.UUID(part["category_id"]) if part["category_id"] else None,
            part["note"],
        )
        for part in before["splits"]
    ]
