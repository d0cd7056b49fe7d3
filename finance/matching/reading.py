"""What a transaction or a question belongs to, for pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from finance.ledger.merging import DEEPEST
from finance.matching.words import sentence
from finance.merged import levels
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
from finance.money import Money


@dataclass(frozen=True, slots=True)
class Other:
    """The other side of a match, as seen from one. `id` is None of a question that is no
    transaction."""

    match_id: uuid.UUID
    kind: str
    state: str
    explanation: str
    score: int
    id: uuid.UUID | None
    title: str
    amount: Money | None
    booked_on: date | None
    account: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One message that tells of a transaction, and which of its items."""

    email_id: str
    item: int


def waiting_of(row_id: uuid.UUID) -> list[Other]:
    """The open matches of a transaction, the most certain first, but for those with a side that
    is void or decided by now."""
    rows = _of(row_id).filter(state=MatchState.OPEN)
    rows = rows.filter(Q(item=None) | Q(item__state=ReviewState.OPEN))
    return [
        other for other in _others(rows, row_id) if other.id is None or other.amount is not None
    ]


def waiting_of_item(item: ReviewItem) -> list[Other]:
    """As `waiting_of`, of a question."""
    if item.transaction_id is not None:
        return waiting_of(item.transaction_id)
    return _others(Match.objects.filter(item=item, state=MatchState.OPEN), item.pk)


def joined_of(row_id: uuid.UUID) -> list[Other]:
    """What was joined with it: reports of the same purchase, its refund or its purchase."""
    rows = _of(row_id).filter(state=MatchState.ACCEPTED).exclude(kind=MatchKind.TRANSFER)
    return _others(rows, row_id)


def told_by_mail(deep: int = DEEPEST) -> Q:
    """Whether a message tells of a transaction, or of one that was merged into it."""
    told = Q(source_kind="email") | Q(Exists(_questions(matches__first=OuterRef("pk"))))
    if not deep:
        return told
    merged = Transaction.objects.filter(merged_into=OuterRef("pk"))
    return told | Q(Exists(merged.filter(told_by_mail(deep - 1))))


def evidence_of(row: Transaction | uuid.UUID) -> list[Evidence]:
    """Every message that tells of it by what was merged into it, beside its own."""
    row_id = row if isinstance(row, uuid.UUID) else row.pk
    merged = [each for level in levels(row_id) for each in level]
    found = [Evidence(each["source_id"], each["source_item"])
             for each in merged if each["source_kind"] == "email"]  # fmt: skip
    asked = _questions(matches__first__in=[row_id, *(each["id"] for each in merged)])
    return found + [Evidence(*told) for told in asked.values_list("source_id", "source_item")]


def _questions(**joined: Any) -> QuerySet[ReviewItem]:
    """What messages asked, and a person or matching found to be such a transaction."""
    found: QuerySet[ReviewItem] = ReviewItem.objects.filter(
        matches__state=MatchState.ACCEPTED, source_kind="email", **joined
    )
    return found.order_by("id")


def transfer_of(row_id: uuid.UUID) -> Transfer | None:
    """With both legs and their accounts."""
    link: Transfer | None = (
        Transfer.objects.filter(Q(outflow=row_id) | Q(inflow=row_id))
        .select_related("outflow__account", "inflow__account")
        .first()
    )
    return link


def _of(row_id: uuid.UUID) -> QuerySet[Match]:
    rows: QuerySet[Match] = Match.objects.filter(Q(first=row_id) | Q(second=row_id))
    return rows


def _others(matches: QuerySet[Any], mine: uuid.UUID) -> list[Other]:
    rows = matches.select_related("first__account", "second__account", "item")
    return [_other(match, mine) for match in rows.order_by("-score", "id")]


def _other(match: Match, mine: uuid.UUID) -> Other:
    row = match.second if match.first_id == mine else match.first
    shown: dict[str, Any]
    if row is None:
        assert match.item is not None
        shown = _drafted(match.item)
    else:
        is_gone = row.state == TransactionState.VOID and match.state == MatchState.OPEN
        shown = {
            "id": row.pk,
            "title": row.merchant or row.description,
            "amount": None if is_gone else row.amount,
            "booked_on": row.booked_on,
            "account": row.account.name,
        }
    return Other(
        match_id=match.pk, kind=match.kind, state=match.state, score=match.score,
        explanation=sentence(match.reasons), **shown,
    )  # fmt: skip


def _drafted(item: ReviewItem) -> dict[str, Any]:
    draft = item.draft
    has_amount = draft.get("amount") and draft.get("currency")
    return {
        "id": None,
        "title": draft.get("merchant", ""),
        "amount": Money.parse(draft["amount"], draft["currency"]) if has_amount else None,
        "booked_on": date.fromisoformat(draft["booked_on"]) if draft.get("booked_on") else None,
        "account": "",
    }
