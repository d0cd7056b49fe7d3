"""Deciding what belongs together, and taking a decision back. Deciding twice is deciding once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from finance import ledger
from finance.errors import LedgerError, WrongState
from finance.ledger.linking import refund_many, refund_of, take_refund_back
from finance.ledger.writing import change, change_alike, insert, locked, writing
from finance.models import (
    Match,
    MatchKind,
    MatchState,
    ReviewItem,
    ReviewState,
    Transaction,
    TransactionState,
    Transfer,
)
from tenancy.ids import new_id
from tenancy.scope import current_actor


def accept(match_id: uuid.UUID) -> Match:
    """They belong together: merge, link as a transfer, or link the refund. Raises NotInLedger,
    WrongState, LedgerError (what the ledger says against it)."""
    with writing():
        match = locked(Match, match_id)
        if match.state != MatchState.ACCEPTED:
            _carry_out(match)
            _decide(match, MatchState.ACCEPTED, "accept")
    return match


def accept_many(matches: Sequence[Match]) -> int:
    """As `accept` for many new pairs that nobody has decided of; returns how many were carried
    out, what the ledger refuses stays open. Pairs that share no row with another are merged or
    linked together, in a handful of statements, unless one is a question; the others in turn.
    Inside `writing()`."""
    times = Counter(pk for match in matches for pk in _both(match))
    alone = [m for m in matches if m.item_id is None and all(times[pk] == 1 for pk in _both(m))]
    pairs = {
        kind: [(match.first_id, _second(match)) for match in alone if match.kind == kind]
        for kind in MatchKind
    }
    merged = ledger.merge_many(pairs[MatchKind.SAME])
    linked = {*ledger.transfer_many(pairs[MatchKind.TRANSFER]),
              *refund_many(pairs[MatchKind.REFUND])}  # fmt: skip
    together = [
        match for match in alone
        if (match.second_id in merged if match.kind == MatchKind.SAME
            else (match.first_id, _second(match)) in linked)
    ]  # fmt: skip
    change_alike(together, "accept", _decision(MatchState.ACCEPTED))
    done, apart = len(together), {match.pk for match in alone}
    for match in matches:
        if match.pk not in apart:
            try:
                accept(match.pk)
            except LedgerError:
                continue
            done += 1
    return done


def _both(match: Match) -> tuple[uuid.UUID, ...]:
    return tuple(pk for pk in (match.first_id, match.second_id, match.item_id) if pk is not None)


def reject(match_id: uuid.UUID) -> Match:
    """They do not: what was done is taken back, and the pair is never proposed again. Raises
    NotInLedger, WrongState."""
    with writing():
        match = locked(Match, match_id)
        if match.state != MatchState.REJECTED:
            _take_back(match)
            _decide(match, MatchState.REJECTED, "reject")
    return match


def reopen(match_id: uuid.UUID) -> Match:
    """Undo the decision: the pair is asked about again. Raises NotInLedger, WrongState."""
    with writing():
        match = locked(Match, match_id)
        if match.state != MatchState.OPEN:
            _take_back(match)
            _decide(match, MatchState.OPEN, "reopen")
    return match


def part(drop_id: uuid.UUID) -> Transaction:
    """Un-merge a transaction, and remember that the two are two. Raises as `ledger.unmerge`."""
    with writing():
        drop = locked(Transaction, drop_id)
        keep_id = drop.merged_into_id
        drop = ledger.unmerge(drop_id)
        if keep_id is not None:
            _remember(MatchKind.SAME, keep_id, drop_id)
    return drop


def unlink(transfer_id: uuid.UUID) -> tuple[Transaction, Transaction]:
    """Part the legs of a transfer, and remember that they are no pair. Raises NotInLedger."""
    with writing():
        outflow, inflow = ledger.unlink(transfer_id)
        _remember(MatchKind.TRANSFER, outflow.pk, inflow.pk)
    return outflow, inflow


def _remember(kind: MatchKind, first: uuid.UUID, second: uuid.UUID) -> None:
    """That they do not belong together. Inside `writing()`."""
    pair = Q(first=first, second=second) | Q(first=second, second=first)
    match = Match.objects.filter(pair, kind=kind).first()
    if match is None:
        match = Match(id=new_id(), kind=kind, first_id=first, second_id=second)
        insert([match], "ask", [{"first_id": str(first), "second_id": str(second)}])
    _decide(match, MatchState.REJECTED, "reject")


def _decide(match: Match, state: MatchState, verb: str) -> None:
    change(match, verb, _decision(state))


def _decision(state: MatchState) -> dict[str, Any]:
    actor, closed = current_actor(), state != MatchState.OPEN
    return {
        "state": state,
        "decided_by": (actor.label or actor.kind)[:120] if closed else "",
        "decided_at": timezone.now() if closed else None,
    }


def _carry_out(match: Match) -> None:
    if match.kind == MatchKind.TRANSFER:
        ledger.transfer(match.first_id, _second(match))
    elif match.kind == MatchKind.REFUND:
        refund_of(match.first_id, _second(match))
    elif match.item_id is not None:
        ledger.merge_item(match.first_id, match.item_id)
    else:
        _put_the_posted_first(match)
        ledger.merge(match.first_id, _second(match))


def _put_the_posted_first(match: Match) -> None:
    """Either may have been posted since they were found."""
    first, second = locked(Transaction, match.first_id), locked(Transaction, _second(match))
    if first.state == TransactionState.PROPOSED and second.state == TransactionState.POSTED:
        change(match, "turn", {"first_id": second.pk, "second_id": first.pk})


def _take_back(match: Match) -> None:
    """Of an accepted match; what somebody has taken back already is left alone."""
    if match.state != MatchState.ACCEPTED:
        return
    if match.kind == MatchKind.TRANSFER:
        link = Transfer.objects.filter(outflow=match.first_id, inflow=match.second_id).first()
        if link is not None:
            ledger.unlink(link.pk)
    elif match.kind == MatchKind.REFUND:
        take_refund_back(match.first_id, _second(match))
    elif match.item_id is not None:
        item = locked(ReviewItem, match.item_id)
        if item.state == ReviewState.DISMISSED and item.decision_note == "merged":
            ledger.unmerge_item(match.first_id, match.item_id)
    elif locked(Transaction, _second(match)).merged_into_id == match.first_id:
        ledger.unmerge(_second(match))


def _second(match: Match) -> uuid.UUID:
    if match.second_id is None:
        raise WrongState(gettext("It has only one transaction."), code="one_transaction")
    second: uuid.UUID = match.second_id
    return second
