"""Drafts: what was read of a movement so far, as JSON on a review item."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from finance.errors import LedgerError
from finance.ledger.changes import Changes
from finance.ledger.movements import Movement, Source
from finance.ledger.writing import plain
from finance.models import ReviewItem, Transaction
from finance.money import Money
from tenancy.wording import worded

# "amount" and "original_amount" are signed decimal strings; each has its currency beside it.
DRAFT_FIELDS: Final = (
    "account_id", "booked_on", "occurred_at", "amount", "currency", "original_amount",
    "original_currency", "merchant", "merchant_raw", "description", "event", "category_id",
    "provenance",
)  # fmt: skip


def draft_of(
    *, amount: Money | None = None, original: Money | None = None, **fields: Any
) -> dict[str, Any]:
    """A draft from the values that are known; `fields` are of DRAFT_FIELDS. Raises LedgerError
    for others."""
    unknown = fields.keys() - set(DRAFT_FIELDS)
    if unknown:
        raise LedgerError(
            worded("A draft has no %(fields)s.", fields=", ".join(sorted(unknown))),
            code="unknown_field",
        )
    draft = {name: plain(value) for name, value in fields.items() if value not in (None, "")}
    for name, currency, money in (
        ("amount", "currency", amount),
        ("original_amount", "original_currency", original),
    ):
        if money is not None:
            draft |= {name: str(money), currency: money.currency}
    return draft


def movement_from(draft: Mapping[str, Any], changes: Changes, source: Source | None) -> Movement:
    """The movement of a draft and a person's additions. Raises LedgerError naming the field that
    is still missing."""
    known: dict[str, Any] = {**movement_values(draft), **changes}
    for name, field in (("account_id", "account"), ("amount", "amount"), ("booked_on",) * 2):
        if known.get(name) is None:
            raise LedgerError(
                worded(
                    "The message did not tell the %(field)s: give it.",
                    field=field.replace("_", " "),
                ),
                code="incomplete",
                field=field,
            )
    return Movement(**known, source=source)


def movement_values(draft: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: draft[name]
        for name in ("merchant", "merchant_raw", "description", "event", "provenance")
        if name in draft
    }
    for name in ("account_id", "category_id"):
        if draft.get(name):
            values[name] = uuid.UUID(draft[name])
    if draft.get("booked_on"):
        values["booked_on"] = date.fromisoformat(draft["booked_on"])
    if draft.get("occurred_at"):
        values["occurred_at"] = datetime.fromisoformat(draft["occurred_at"])
    if draft.get("amount") and draft.get("currency"):
        values["amount"] = Money.parse(draft["amount"], draft["currency"])
    if draft.get("original_amount") and draft.get("original_currency"):
        values["original"] = Money.parse(draft["original_amount"], draft["original_currency"])
    return values


def report_of(item: ReviewItem) -> Transaction:
    """What an item's draft tells, as a transaction that is never saved."""
    values = movement_values(item.draft)
    original: Money | None = values.get("original")
    names = ("merchant", "merchant_raw", "description", "event", "occurred_at", "provenance")
    return Transaction(
        id=item.pk,
        original_minor=original.minor if original else None,
        original_currency=original.currency if original else "",
        **{name: values[name] for name in names if name in values},
    )
