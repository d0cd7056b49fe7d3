"""What a statement says, before the ledger knows of it. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from finance.money import Money

MOST_LINES = 200_000


class UnreadableStatement(Exception):
    """The file is no statement of its format; the message tells a person why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement. `row` counts from 1 as the file does; `amount` is signed, an outflow is
    negative; `bank_id` is the bank's own for it, empty where it gives none."""

    row: int
    booked_on: date
    amount: Money
    payee: str = ""
    description: str = ""
    bank_id: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that could not be read: its words, and why."""

    row: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The movements of one account. `digits` are the last of its number; `closing` is the balance
    that it ends with, of `closing_on`."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...] = ()
    digits: str = ""
    currency: str = ""
    closing: Money | None = None
    closing_on: date | None = None
    headings: tuple[str, ...] = field(default=())
    """Of a table: its columns' names."""


def keys(lines: Iterable[Line]) -> Iterator[str]:
    """A name for each line that the same movement has in every file of its account: the bank's,
    or all that is said of it. Equal lines of one file are counted, so that two equal purchases on
    a day stay two."""
    seen: Counter[str] = Counter()
    for line in lines:
        said = line.bank_id or f"{line.payee}\0{line.description}"
        told = "\0".join(
            [line.booked_on.isoformat(), str(line.amount), line.amount.currency, _plain(said)]
        )
        seen[told] += 1
        yield hashlib.sha256(f"{told}\0{seen[told]}".encode()).hexdigest()


def _plain(text: str) -> str:
    """Banks change spaces and case between downloads."""
    return " ".join(text.casefold().split())
