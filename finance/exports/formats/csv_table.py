"""CSV (RFC 4180): one line a split, so that sums by category are right."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from finance.exports.entries import Entry, Period, accounts_of, entries

COLUMNS: Final = (
    "id", "date", "account", "amount", "currency", "merchant", "description", "category", "event",
    "original_amount", "original_currency", "transfer", "notes", "source",
)  # fmt: skip
# What a spreadsheet would take for a formula is kept text (OWASP, CSV injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write(period: Period) -> Iterator[str]:
    yield _line(COLUMNS)
    names = {account.pk: str(account) for account in accounts_of(Period())}
    for entry in entries(period):
        for row in _rows(entry, names.get(entry.account_id, "")):
            yield _line(row)


def _rows(entry: Entry, account: str) -> Iterator[tuple[str, ...]]:
    for part in entry.parts:
        yield (
            str(entry.id), entry.booked_on.isoformat(), _text(account), str(part.amount),
            part.amount.currency, _text(entry.merchant), _text(entry.description),
            _text(" / ".join(part.category)), entry.event,
            str(entry.original or ""), entry.original.currency if entry.original else "",
            str(entry.other_leg.id) if entry.other_leg else "",
            _text(entry.notes or part.note), ":".join(map(str, entry.source or ())),
        )  # fmt: skip


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _line(row: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue()
