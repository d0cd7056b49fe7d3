"""What is asked of the ledger: a movement, its parts, and where it came from."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext

from finance.errors import LedgerError
from finance.money import Money
from tenancy.wording import worded

# Far above any person's money, far below where a sum of many would leave 64 bits.
LARGEST_MINOR: Final = 10**15
YEARS: Final = range(1900, 2200)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a movement was read: `kind` "email", say, the id of that row, and which item in it.
    The ledger holds one transaction for each source, whatever becomes of it."""

    kind: str
    id: str
    item: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One split: a signed share of the amount and its category."""

    amount: Money
    category_id: uuid.UUID | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement on one account. `amount` is signed (an outflow is negative) and in the
    account's currency; `original` is what was asked in another currency. `provenance` says for
    each field what set it: {"amount": {"route": "grammar", …}}."""

    account_id: uuid.UUID
    booked_on: date
    amount: Money
    merchant: str = ""
    description: str = ""
    category_id: uuid.UUID | None = None
    event: str = ""
    occurred_at: datetime | None = None
    original: Money | None = None
    merchant_raw: str = ""
    notes: str = ""
    source: Source | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    is_one_time: bool = False
    tags: frozenset[uuid.UUID] = frozenset()


def check_amount(amount: Money) -> None:
    """Raises LedgerError for nothing, and for more than anybody has."""
    if amount.minor == 0:
        raise LedgerError(
            gettext("An amount of zero moves nothing."), code="zero_amount", field="amount"
        )
    if abs(amount.minor) > LARGEST_MINOR:
        raise LedgerError(
            gettext("The amount is too large."), code="amount_too_large", field="amount"
        )


def check_date(booked_on: date) -> None:
    if booked_on.year not in YEARS:
        raise LedgerError(
            worded(
                "The date must lie between %(start)s and %(end)s.",
                start=YEARS.start,
                end=YEARS.stop - 1,
            ),
            code="date_out_of_range",
            field="booked_on",
        )


def check_parts(parts: tuple[Part, ...], amount: Money) -> None:
    """Raises LedgerError unless the parts are in the amount's currency and sum to it."""
    if any(part.amount.currency != amount.currency for part in parts):
        raise LedgerError(
            worded("Splits must be in %(currency)s.", currency=amount.currency),
            code="currency_mismatch",
            field="splits",
        )
    total = sum(part.amount.minor for part in parts)
    if not parts or total != amount.minor:
        raise LedgerError(
            worded(
                "The splits sum to %(total)s, the transaction is %(amount)s %(currency)s.",
                total=Money(total, amount.currency),
                amount=amount,
                currency=amount.currency,
            ),
            code="splits_do_not_sum",
            field="splits",
        )


def clean_text(text: str, limit: int) -> str:
    """A text that both databases store: no control characters but line breaks and tabs, no lone
    surrogates, at most `limit` characters. Cleaning it again changes nothing."""
    if not text.isprintable():
        text = "".join(
            c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}
        )
    return text.strip()[:limit].rstrip()
