"""A learned template and what it reads. Pure.

It says where a field stands, never what it says: amounts, dates and accounts found there by the
grammar are taken, so that each keeps its evidence and is verified as any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from extraction.document import Document
from extraction.extractors.amounts import Amount, with_currency
from extraction.extractors.dates import settle
from extraction.extractors.events import NEVER
from extraction.extractors.filling import Filler
from extraction.extractors.findings import Findings
from extraction.extractors.gathering import gather, month_comes_first
from extraction.extractors.parties import FoundParty
from extraction.reading import Candidate, Direction, Event, Field, Reading, Reason, Verdict
from extraction.templates.shape import Line, Span, lines_of, match_line, skeleton

ROUTE = "template"
# Of the lines that do not vary, the share that must be there.
ALIKE = 0.6
CONFIDENCE = 0.96
LEARNING_CONFIDENCE = 0.8

_LAST_DIGITS = re.compile(r"\d{3,}(?=\D*$)")
MONEY = ("amount", "balance", "available_limit", "fee", "original_amount")
NAMES = ("merchant_raw", "reference")


@dataclass(frozen=True)
class Template:
    """Of one sender. Without an event it says that such messages are no transactions."""

    key: str
    lines: tuple[Line, ...]
    statics: frozenset[str]
    event: Event | None
    direction: Direction | None
    currency: str
    warnings: frozenset[str]
    """Kinds of phrases against booking that the example had too: others stop the template."""
    is_active: bool = True

    def activated(self, *, is_active: bool) -> Template:
        return replace(self, is_active=is_active)

    def places(self, folded: str) -> dict[str, Span] | None:
        """Where the fields stand in a message, or None where it has another shape."""
        spans = list(lines_of(folded))
        present = {skeleton(folded[start:end]) for start, end in spans}
        if self.statics and len(self.statics & present) < ALIKE * len(self.statics):
            return None
        found: dict[str, Span] = {}
        for line in self.lines:
            places = (match_line(line, folded, start, end) for start, end in spans)
            here = next((place for place in places if place is not None), None)
            if here is None:
                return None
            found |= here
        return found


class TemplateExtractor:
    """Reads messages of a sender by the templates that were learned of it."""

    name = ROUTE

    def __init__(self, templates: Sequence[Template]) -> None:
        self._templates = templates

    def identify(self, document: Document) -> bool:
        return bool(self._templates) and bool(document.text)

    def extract(self, document: Document) -> Reading | None:
        found: Findings | None = None
        for template in self._templates:
            places = template.places(document.folded)
            if places is None:
                continue
            found = found or gather(document)
            if warnings_of(found) - template.warnings:
                continue
            if template.event is None:
                return Reading(Verdict.NOT_BOOKED, Event.OTHER, route=ROUTE)
            made = fill(template, places, document, found)
            if made is not None:
                return Reading(Verdict.TRANSACTION, made.event, (made,), made.reasons, route=ROUTE)
        return None


def warnings_of(found: Findings) -> frozenset[str]:
    """The kinds of phrases against booking in a message."""
    return frozenset(hit.name for hit in found.hits if hit.kind == "event" and hit.name in NEVER)


def fill(
    template: Template, places: Mapping[str, Span], document: Document, found: Findings
) -> Candidate | None:
    """The candidate, or None where the place of the amount holds none."""
    filler = Filler(document)
    amount = _money(found, places.get("amount"), template.currency)
    if amount is None or template.event is None:
        return None
    made = Candidate(
        event=template.event,
        direction=template.direction,
        amount=filler.money(amount),
        route=ROUTE,
        confidence=CONFIDENCE if template.is_active else LEARNING_CONFIDENCE,
    )
    fields: dict[str, Any] = {}
    for name in MONEY[1:]:
        item = _money(found, places.get(name), template.currency)
        if item is not None:
            fields[name] = filler.money(item)
    for name in NAMES:
        if name in places:
            fields[name] = _text(document, places[name])
    made = replace(made, **fields)
    if made.merchant_raw is not None:
        start, end = places["merchant_raw"]
        party = FoundParty(document.normalized[start:end], start, end, ROUTE, 1.0)
        made = filler.named(made, party)
    return _with_identity(made, filler, places, document, found)


def _with_identity(
    made: Candidate,
    filler: Filler,
    places: Mapping[str, Span],
    document: Document,
    found: Findings,
) -> Candidate:
    place = places.get("account_hint", (0, 0))
    account = _within(found.accounts, place)
    digits = _LAST_DIGITS.search(document.normalized, *place)
    if account is not None:
        evidence = document.evidence(account.start, account.end)
        made = replace(made, account_hint=Field(account.digits, evidence))
    elif digits is not None:
        made = replace(made, account_hint=Field(digits[0], document.evidence(*digits.span())))
    else:
        made = made.marked(Reason.NO_ACCOUNT)
    day = _within(found.dates, places.get("occurred_on"))
    received = document.received_at.date() if document.received_at else None
    currency = made.amount.value.currency if made.amount else None
    first = month_comes_first(found, currency)
    settled = settle(day, received, month_first=first) if day is not None else (None, False)
    best = (day, settled[0], settled[1]) if day is not None and settled[0] is not None else None
    return filler.with_day(made, best, found.times)


class _Placed(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


P = TypeVar("P", bound=_Placed)


def _within(items: Sequence[P], place: Span | None) -> P | None:
    """The item that stands at a place: it shares characters with it, the one with most."""
    if place is None:
        return None
    first, last = place
    shared = [(min(item.end, last) - max(item.start, first), item) for item in items]
    best = max(shared, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] > 0 else None


def _money(found: Findings, place: Span | None, currency: str) -> Amount | None:
    amount = _within(found.amounts, place)
    if amount is None:
        return None
    if not amount.codes or currency in amount.codes:
        amount = with_currency(amount, currency, inferred=not amount.codes)
    return amount if amount.money is not None and amount.money.minor else None


def _text(document: Document, place: Span) -> Field[str] | None:
    evidence = document.evidence(*place)
    return Field(evidence.quote, evidence) if evidence.quote.strip() else None
