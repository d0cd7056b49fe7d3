"""Making a template of one confirmed message. Pure.

An example is what a person has confirmed: values, and for those that were read, where. A value
that they corrected is looked for in the message; what is not there cannot be learned.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from extraction.document import Document
from extraction.extractors.dates import settle
from extraction.extractors.findings import Findings
from extraction.extractors.gathering import gather, month_comes_first
from extraction.reading import Candidate, Direction, Event
from extraction.templates.shape import Span, letters_beside, line_patterns, statics
from extraction.templates.template import Template, TemplateExtractor, warnings_of
from finance.money import Money

# With fewer letters beside the fields a template would fit other messages too.
FEWEST_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Example:
    """One confirmed message. Without an event: it is no transaction. `amount` is positive."""

    document: Document
    event: Event | None
    direction: Direction | None
    amount: Money | None
    booked_on: date | None
    merchant: str
    read_merchant: str
    """The name as the reading had it: another one than `merchant` where a person changed it."""
    account_digits: str
    read: Mapping[str, Span]
    """Field → span of `Document.normalized` where the reading had it."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an example says of the known templates: the keys of those that it confirms and of those
    that it contradicts, and a new one where none is confirmed."""

    confirmed: tuple[str, ...]
    contradicted: tuple[str, ...]
    new: Template | None


def lesson(known: Sequence[Template], example: Example) -> Lesson:
    """What is to be learned of one confirmed message of a sender."""
    confirmed: list[str] = []
    contradicted: list[str] = []
    for template in known:
        reading = TemplateExtractor([template]).extract(example.document)
        if reading is not None:
            made = reading.candidates[0] if reading.candidates else None
            (confirmed if agrees(example, made) else contradicted).append(template.key)
    new = None if confirmed else learn(example)
    if new is not None and new.key in contradicted:
        new = None
    return Lesson(tuple(confirmed), tuple(contradicted), new)


def learn(example: Example) -> Template | None:
    """The template of an example, still learning; None where it cannot be told by place: the
    amount is not in the message, or its line says nothing else."""
    found = gather(example.document)
    fields = _fields(example, found)
    if example.event is not None and "amount" not in fields:
        return None
    folded = example.document.folded
    lines = line_patterns(folded, fields)
    fixed = statics(folded, fields)
    if not lines or letters_beside(folded, fields) < FEWEST_LETTERS:
        return None
    currency = example.amount.currency if example.amount else ""
    kind = f"{example.event}|{example.direction}|{currency}"
    told = "\n".join([kind, *("\t".join(line) for line in lines)])
    key = hashlib.sha256(told.encode()).hexdigest()[:32]
    return Template(
        key=key,
        lines=tuple(lines),
        statics=frozenset(fixed),
        event=example.event,
        direction=example.direction,
        currency=currency,
        warnings=warnings_of(found),
        is_active=False,
    )


def agrees(example: Example, made: Candidate | None) -> bool:
    """Whether what a template reads is what a person has confirmed."""
    if example.event is None or made is None:
        return example.event is None and made is None
    if made.amount is None or example.amount is None:
        return False
    same_day = made.occurred_on is None or made.occurred_on.value == example.booked_on
    return (
        made.amount.value == example.amount
        and made.direction is example.direction
        and (same_day or (made.occurred_on is not None and made.occurred_on.inferred))
    )


def _fields(example: Example, found: Findings) -> dict[str, Span]:
    """Where each field stands, the amount first."""
    fields: dict[str, Span] = {}
    amount = _amount_place(example, found)
    if amount is not None:
        fields["amount"] = amount
    day = _day_place(example, found)
    if day is not None:
        fields["occurred_on"] = day
    fields |= {
        name: place
        for name, place in example.read.items()
        if name not in ("amount", "occurred_on", "merchant_raw", "account_hint")
    }
    account = _account_place(example, found)
    if account is not None:
        fields["account_hint"] = account
    name = _name_place(example)
    if name is not None:
        fields["merchant_raw"] = name
    return fields


def _amount_place(example: Example, found: Findings) -> Span | None:
    read = example.read.get("amount")
    if example.amount is None:
        return read
    same = [
        (item.start, item.end)
        for item in found.amounts
        if item.money is not None
        and abs(item.money.minor) == example.amount.minor
        and (not item.codes or example.amount.currency in item.codes)
    ]
    if read is not None and any(start < read[1] and read[0] < end for start, end in same):
        return read
    return same[0] if same else None


def _day_place(example: Example, found: Findings) -> Span | None:
    if example.booked_on is None:
        return example.read.get("occurred_on")
    received = example.document.received_at
    currency = example.amount.currency if example.amount else None
    first = month_comes_first(found, currency)
    for item in found.dates:
        day, _ = settle(item, received.date() if received else None, month_first=first)
        if day == example.booked_on:
            return item.start, item.end
    return None


def _account_place(example: Example, found: Findings) -> Span | None:
    """Where the account's last digits stand, whoever found them."""
    digits = example.account_digits
    if not digits:
        return example.read.get("account_hint")
    for item in found.accounts:
        if item.digits.endswith(digits):
            return item.start, item.end
    taken = found.spans()
    for match in re.finditer(rf"\S*{digits}(?!\w)", example.document.normalized):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            return match.span()
    return None


def _name_place(example: Example) -> Span | None:
    read = example.read.get("merchant_raw")
    text = example.document.normalized
    if example.merchant and (read is None or example.merchant != example.read_merchant):
        start = text.casefold().find(example.merchant.casefold())
        if start >= 0 and len(text.casefold()) == len(text):
            return start, start + len(example.merchant)
    return read
