"""What an export holds: accounts, and their posted transactions oldest first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q

from finance.attachments import kept
from finance.merged import paths
from finance.models import (
    CategoryKind,
    FinancialAccount,
    Split,
    Transaction,
    TransactionState,
    Transfer,
)
from finance.models.categories import category_label
from finance.money import Money

PAGE = 2_000
ENDINGS = {
    "application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp",
    "image/heic": ".heic",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """Which days are exported, both included, and of which account; None is no bound."""

    since: date | None = None
    until: date | None = None
    account_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One split. `category` is the path of names from the top, empty for none."""

    amount: Money
    kind: str
    category: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class File:
    """An attachment, without its bytes."""

    name: str
    media_type: str
    size: int
    sha256: str

    @property
    def path(self) -> str:
        """Its place in an archive."""
        return f"attachments/{self.sha256}{ENDINGS.get(self.media_type, '')}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One posted transaction; `amount` is signed, an outflow is negative."""

    id: uuid.UUID
    account_id: uuid.UUID
    booked_on: date
    occurred_at: datetime | None
    amount: Money
    original: Money | None
    merchant: str
    description: str
    notes: str
    event: str
    source: tuple[str, str, int] | None
    parts: tuple[Part, ...]
    files: tuple[File, ...] = ()
    other_leg: Entry | None = None
    """The other side of a transfer."""

    @property
    def title(self) -> str:
        return self.merchant or self.description or self.event.replace("_", " ") or "Transaction"


def accounts_of(period: Period) -> list[FinancialAccount]:
    found = FinancialAccount.objects.order_by("created_at", "id")
    return list(found if period.account_id is None else found.filter(pk=period.account_id))


def entries(period: Period) -> Iterator[Entry]:
    """Oldest first, a page at a time: five queries each, whatever the ledger's size."""
    rows = Transaction.objects.filter(state=TransactionState.POSTED).order_by("booked_on", "id")
    if period.account_id is not None:
        rows = rows.filter(account=period.account_id)
    if period.since is not None:
        rows = rows.filter(booked_on__gte=period.since)
    if period.until is not None:
        rows = rows.filter(booked_on__lte=period.until)
    last: Transaction | None = None
    while page := list(_after(rows, last)[:PAGE]):
        yield from _with_links(page)
        last = page[-1]


def _after(rows: Any, last: Transaction | None) -> Any:
    if last is None:
        return rows
    return rows.filter(
        Q(booked_on__gt=last.booked_on) | Q(booked_on=last.booked_on, id__gt=last.pk)
    )


def _with_links(page: list[Transaction]) -> Iterator[Entry]:
    ids = [row.pk for row in page]
    links = Transfer.objects.filter(Q(outflow__in=ids) | Q(inflow__in=ids))
    other: dict[uuid.UUID, uuid.UUID] = dict(links.values_list("outflow_id", "inflow_id"))
    other |= {b: a for a, b in other.items()}
    legs = Transaction.objects.in_bulk([other[pk] for pk in ids if pk in other])
    parts, files = _parts({*ids, *legs}), _files(ids)
    for row in page:
        leg = legs.get(other.get(row.pk))
        entry = _entry(row, parts, _entry(leg, parts) if leg else None)
        yield replace(entry, files=tuple(files.get(row.pk, {}).values()))


def _files(ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, File]]:
    """Of each by their digests, those of what was merged into it among them."""
    owning = paths("transaction")
    wanted, found = set(ids), dict[uuid.UUID, dict[str, File]]()
    merged = reduce(or_, (Q(**{f"{path}__in": ids}) for path in owning))
    rows = kept().filter(merged).order_by("created_at", "id")
    for *owners, name, media_type, size, sha256 in rows.values_list(
        *owning, "name", "media_type", "size", "sha256"
    ):
        owner = next(pk for pk in owners if pk in wanted)
        found.setdefault(owner, {}).setdefault(sha256, File(name, media_type, size, sha256))
    return found


def _parts(ids: set[uuid.UUID]) -> dict[uuid.UUID, list[Part]]:
    found: dict[uuid.UUID, list[Part]] = {}
    splits = Split.objects.filter(transaction__in=ids).order_by("transaction_id", "position")
    for split in splits.values(
        "transaction_id", "amount_minor", "note", currency=F("transaction__currency"),
        kind=F("category__kind"), key=F("category__key"), name=F("category__name"),
        upper_key=F("category__parent__key"), upper_name=F("category__parent__name"),
    ):  # fmt: skip
        names = (
            category_label(split["upper_key"] or "", split["upper_name"] or ""),
            category_label(split["key"] or "", split["name"] or ""),
        )
        part = Part(
            Money(split["amount_minor"], split["currency"]),
            split["kind"] or "",
            tuple(name for name in names if name),
            split["note"],
        )
        found.setdefault(split["transaction_id"], []).append(part)
    return found


def _entry(
    row: Transaction, parts: dict[uuid.UUID, list[Part]], other: Entry | None = None
) -> Entry:
    source = (row.source_kind, row.source_id, row.source_item) if row.source_kind else None
    return Entry(
        id=row.pk,
        account_id=row.account_id,
        booked_on=row.booked_on,
        occurred_at=row.occurred_at,
        amount=row.amount,
        original=row.original,
        merchant=row.merchant,
        description=row.description,
        notes=row.notes,
        event=row.event,
        source=source,
        parts=tuple(parts.get(row.pk, ())),
        other_leg=other,
    )


def moves_between(entry: Entry) -> bool:
    """Whether it is money between own accounts: neither income nor expense."""
    return entry.other_leg is not None or any(
        part.kind == CategoryKind.TRANSFER for part in entry.parts
    )
