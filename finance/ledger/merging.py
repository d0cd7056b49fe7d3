"""Two reports of one movement become one, and two again exactly as they were.

What a merge has changed is on the audit trail; a part takes it from there, and leaves alone what
somebody has changed since.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext

from finance.errors import LedgerError, WrongState
from finance.ledger.asking import close_item_of, close_items_of, decide
from finance.ledger.changes import legs_among, transfer_of
from finance.ledger.drafts import report_of
from finance.ledger.movements import Part
from finance.ledger.naming import standing_name
from finance.ledger.tagging import Tags, tags_of, tags_of_many
from finance.ledger.writing import (
    Rewrite,
    change,
    change_many,
    change_with_parts,
    locked,
    locked_many,
    parts_from,
    parts_of,
    parts_of_many,
    plain,
    plain_parts,
    writing,
)
from finance.models import (
    LedgerChange,
    ReviewItem,
    ReviewState,
    Transaction,
    TransactionState,
)

# What a merge takes over where the row that stays has nothing, or only a machine has set it.
TAKEN: Final = (
    "merchant", "merchant_raw", "description", "event", "occurred_at", "original_minor",
    "original_currency",
)  # fmt: skip
JOINED: Final = ("notes", "is_one_time")
# Columns by another name than provenance and locks give them.
SHOWN: Final = {"original_minor": "original", "original_currency": "original"}
OF_SPLITS: Final = frozenset({"category_id", "parts"})
LONGEST_NOTES: Final = 10_000
# A row that was merged into one that was merged … so many times.
DEEPEST: Final = 4


def merge(keep_id: uuid.UUID, drop_id: uuid.UUID) -> Transaction:
    """Two reports of one movement become one: `drop` is voided and points to `keep`, which takes
    over what it lacked and what a person has set on `drop` only. Merged already: `keep`.

    Raises NotInLedger, WrongState, LedgerError (one row, or other currencies).
    """
    with writing():
        if keep_id == drop_id:
            raise LedgerError(gettext("A transaction cannot be merged with itself."), code="same")
        rows = {pk: locked(Transaction, pk) for pk in sorted({keep_id, drop_id})}
        keep, drop = rows[keep_id], rows[drop_id]
        if drop.merged_into_id == keep.pk:
            return keep
        legs = {row.pk for row in (keep, drop) if transfer_of(row) is not None}
        _check(keep, drop, legs, _deep((drop.pk,)))
        mine = parts_of(keep)
        parts = _taken_parts(keep, drop, mine, parts_of(drop), legs)
        columns = _taken(keep, drop, parts_taken=parts != mine)
        tags = tags_of(keep) | tags_of(drop)
        change_with_parts(keep, "merge", columns, parts, _note(drop.pk), tags)
        change(drop, "merge", {"state": TransactionState.VOID, "merged_into_id": keep.pk})
        close_item_of(drop, ReviewState.DISMISSED, "merge", "merged")
    return keep


def merge_many(pairs: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> set[uuid.UUID]:
    """As `merge` for many pairs (keep, drop) of which no two share a row, in a handful of
    statements. Returns those that were dropped; what cannot be merged is left as it is."""
    with writing():
        ids = {pk for pair in pairs for pk in pair}
        rows = {row.pk: row for row in locked_many(Transaction, ids)}
        parts, tags, legs = parts_of_many(rows.values()), tags_of_many(ids), legs_among(ids)
        deep = _deep([drop_id for _, drop_id in pairs])
        kept: list[Rewrite] = []
        dropped: list[Rewrite] = []
        for keep, drop in ((rows[keep_id], rows[drop_id]) for keep_id, drop_id in pairs):
            try:
                _check(keep, drop, legs, deep)
            except LedgerError:
                continue
            mine = parts[keep.pk]
            taken = _taken_parts(keep, drop, mine, parts[drop.pk], legs)
            columns = _taken(keep, drop, parts_taken=taken != mine)
            together = tags[keep.pk] | tags[drop.pk]
            note = _note(drop.pk)
            kept.append(Rewrite(keep, columns, mine, taken, tags[keep.pk], together, note))
            gone = {"state": TransactionState.VOID, "merged_into_id": keep.pk}
            dropped.append(Rewrite(drop, gone))
        change_many(kept, "merge")
        change_many(dropped, "merge")
        done = {item.row.pk for item in dropped}
        close_items_of(done, ReviewState.DISMISSED, "merge", "merged")
    return done


def unmerge(drop_id: uuid.UUID) -> Transaction:
    """Take a merge back: `drop` is what it was, its question is open again if it was a proposal,
    and the row that stayed gives back what it took over. Returns `drop`.

    Raises NotInLedger, WrongState (not merged, or merged on since)."""
    with writing():
        drop = locked(Transaction, drop_id)
        if drop.merged_into_id is None:
            raise WrongState(gettext("It is not merged into another."), code="not_merged")
        keep = locked(Transaction, drop.merged_into_id)
        if keep.merged_into_id is not None:
            raise WrongState(
                gettext("The one that stayed has been merged itself since; undo that first."),
                code="merged_since",
            )
        merged = _last(drop.pk, "merge")
        state = merged.before["state"] if merged else TransactionState.PROPOSED
        _give_back(keep, drop.pk)
        merchant = standing_name(drop.merchant)
        change(drop, "unmerge", {"state": state, "merged_into_id": None, "merchant": merchant})
        item = ReviewItem.objects.filter(transaction=drop, state=ReviewState.DISMISSED).first()
        if item is not None and state == TransactionState.PROPOSED:
            decide(item, ReviewState.OPEN, "reopen")
    return drop


def merge_item(keep_id: uuid.UUID, item_id: uuid.UUID) -> Transaction:
    """A question about a message that is no transaction yet is answered: it tells of `keep`, which
    takes over what it lacked. Raises NotInLedger, WrongState, LedgerError (other direction)."""
    with writing():
        item = locked(ReviewItem, item_id)
        if item.transaction_id is not None:
            return merge(keep_id, item.transaction_id)
        keep = locked(Transaction, keep_id)
        if item.state != ReviewState.OPEN:
            raise WrongState(gettext("This question is decided already."), code="decided")
        if keep.state == TransactionState.VOID:
            raise WrongState(gettext("A void transaction cannot be merged."), code="void")
        change(keep, "merge", _taken(keep, report_of(item)), note=_note(item.pk))
        decide(item, ReviewState.DISMISSED, "merge", note="merged")
    return keep


def unmerge_item(keep_id: uuid.UUID, item_id: uuid.UUID) -> ReviewItem:
    """Take `merge_item` back: the question is open again. Raises NotInLedger, WrongState."""
    with writing():
        item = locked(ReviewItem, item_id)
        if item.state != ReviewState.DISMISSED or item.decision_note != "merged":
            raise WrongState(gettext("It is not merged into another."), code="not_merged")
        _give_back(locked(Transaction, keep_id), item.pk)
        decide(item, ReviewState.OPEN, "unmerge")
    return item


def _deep(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those that so many were merged into, one into another, that they cannot be dropped."""
    path = "__".join(["merged_into"] * DEEPEST)
    rows = Transaction.objects.filter(**{f"{path}__in": ids})
    return set(rows.values_list(path, flat=True))


def _check(
    keep: Transaction, drop: Transaction, legs: Collection[uuid.UUID], deep: Collection[uuid.UUID]
) -> None:
    if TransactionState.VOID in (keep.state, drop.state):
        raise WrongState(gettext("A void transaction cannot be merged."), code="void")
    if keep.state == TransactionState.PROPOSED and drop.state == TransactionState.POSTED:
        raise WrongState(
            gettext("One is posted, the other only proposed: keep the posted one."),
            code="keep_the_posted",
        )
    if keep.currency != drop.currency or (keep.amount_minor < 0) != (drop.amount_minor < 0):
        raise LedgerError(
            gettext("They are in different currencies or directions, so not one movement."),
            code="not_the_same",
        )
    if drop.pk in legs:
        raise WrongState(
            gettext("The one to drop is a leg of a transfer. Unlink it first."),
            code="linked_transfer",
        )
    if drop.pk in deep:
        raise WrongState(
            gettext("Too many are merged one into another. Keep this one, and drop the other."),
            code="too_deep",
        )


def _taken(keep: Transaction, drop: Transaction, *, parts_taken: bool = False) -> dict[str, Any]:
    """The columns that `keep` gets of `drop`, with their provenance and locks."""
    columns: dict[str, Any] = {}
    for name in TAKEN:
        theirs, is_free = getattr(drop, name), not getattr(keep, name)
        by_person = _shown(name) in drop.locked and _shown(name) not in keep.locked
        if theirs and (is_free or by_person):
            columns[name] = theirs
    if drop.notes and drop.notes not in keep.notes:
        columns["notes"] = f"{keep.notes}\n{drop.notes}".strip()[:LONGEST_NOTES]
    if drop.is_one_time:
        columns["is_one_time"] = True
    names = {_shown(name) for name in columns if getattr(keep, name) != columns[name]}
    names |= OF_SPLITS if parts_taken else frozenset()
    given = {name: drop.provenance[name] for name in sorted(names) if name in drop.provenance}
    columns["provenance"] = keep.provenance | given
    columns["locked"] = sorted({*keep.locked, *(names & set(drop.locked))})
    return columns


def _taken_parts(
    keep: Transaction,
    drop: Transaction,
    mine: list[Part],
    theirs: list[Part],
    legs: Collection[uuid.UUID],
) -> list[Part]:
    """The splits of `drop` where a person has made them or they tell more; `keep`'s of its own
    amount in any case, and while it is a transfer's leg."""
    if OF_SPLITS & set(keep.locked) or keep.pk in legs:
        return mine
    tells_more = len(mine) == 1 and (len(theirs) > 1 or mine[0].category_id is None)
    if not (tells_more or OF_SPLITS & set(drop.locked)):
        return mine
    if keep.amount_minor == drop.amount_minor:
        return theirs
    if len(mine) == len(theirs) == 1:
        return [replace(mine[0], category_id=theirs[0].category_id)]
    return mine


def _give_back(keep: Transaction, dropped: uuid.UUID) -> None:
    """Undo what `keep` took over of one that it was merged with, but for what has changed since."""
    entry = _taking(keep.pk, dropped)
    if entry is None:
        return
    before, after = entry.before, entry.after
    names = [n for n in (*TAKEN, *JOINED) if n in after and plain(getattr(keep, n)) == after[n]]
    columns = {name: _value(name, before[name]) for name in names}
    given = {_shown(name) for name in names}
    parts = parts_of(keep)
    if after.get("splits") == plain_parts(parts) and transfer_of(keep) is None:
        parts = parts_from(before["splits"], keep.currency)
        given |= OF_SPLITS
    columns["provenance"] = _provenance(keep, before, after, given)
    added = set(after.get("locked", ())) - set(before.get("locked", ()))
    columns["locked"] = sorted(set(keep.locked) - (added & given))
    change_with_parts(
        keep, "unmerge", columns, parts, f"gave back to {dropped}", _tags(keep, before, after)
    )


def _taking(keep_id: uuid.UUID, dropped: uuid.UUID) -> LedgerChange | None:
    """The entry of the last merge with `dropped`; None where that changed nothing."""
    entry = _last(keep_id, "merge", _note(dropped))
    parted = _last(dropped, "unmerge")
    return None if entry is None or (parted and parted.pk > entry.pk) else entry


def _last(subject_id: uuid.UUID, verb: str, note: str | None = None) -> LedgerChange | None:
    entries = LedgerChange.objects.filter(subject_id=subject_id, verb=verb)
    if note is not None:
        entries = entries.filter(note=note)
    last: LedgerChange | None = entries.order_by("-version").first()
    return last


def _note(dropped: uuid.UUID) -> str:
    return f"took over from {dropped}"


def _shown(name: str) -> str:
    return SHOWN.get(name, name)


def _value(name: str, kept: Any) -> Any:
    return datetime.fromisoformat(kept) if name == "occurred_at" and kept else kept


def _provenance(
    keep: Transaction, before: Mapping[str, Any], after: Mapping[str, Any], given: set[str]
) -> dict[str, Any]:
    was, became = before.get("provenance", {}), after.get("provenance", {})
    restored = dict(keep.provenance)
    for name in given & became.keys():
        if name in was:
            restored[name] = was[name]
        else:
            restored.pop(name, None)
    return restored


def _tags(keep: Transaction, before: Mapping[str, Any], after: Mapping[str, Any]) -> Tags:
    added = set(after.get("tags", ())) - set(before.get("tags", ()))
    return frozenset(tag for tag in tags_of(keep) if str(tag) not in added)


__all__ = ["merge", "merge_item", "merge_many", "unmerge", "unmerge_item"]
