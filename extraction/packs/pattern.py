"""Patterns of a pack: a sender's sentence with the places of its fields. Pure.

    "You received {amount} from {merchant}. Code {*}"

Words match in any case and without accents, spaces however many; a place ends where the words
after it begin, and never crosses a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from extraction.document import Document, fold, normalize
from extraction.extractors.gathering import gather
from extraction.reading import Candidate, Direction, Event, Reading, Verdict
from extraction.templates.shape import Span
from extraction.templates.template import Template, fill

ROUTE: Final = "pack"
# Place in a pattern -> the field of a reading.
FIELDS: Final = {
    "amount": "amount", "merchant": "merchant_raw", "account": "account_hint",
    "balance": "balance", "limit": "available_limit", "fee": "fee", "reference": "reference",
    "date": "occurred_on", "original": "original_amount",
}  # fmt: skip
_PLACE: Final = re.compile(r"\{(\*|[a-z]+)\}")
_LONGEST: Final = 120


class BadPattern(ValueError):
    """A pattern that cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """`event` None: what matches is no movement. `currency` is what a bare or ambiguous sign
    means to this sender."""

    text: str
    expression: re.Pattern[str]
    event: Event | None
    direction: Direction | None
    currency: str

    def read(self, document: Document) -> Reading | None:
        match = self.expression.search(document.folded)
        if match is None:
            return None
        if self.event is None:
            return Reading(Verdict.NOT_BOOKED, Event.OTHER, route=ROUTE)
        made = self._candidate(document, match)
        if made is None:
            return None
        made = replace(made, route=ROUTE)
        return Reading(Verdict.TRANSACTION, made.event, (made,), made.reasons, route=ROUTE)

    def _candidate(self, document: Document, match: re.Match[str]) -> Candidate | None:
        places: dict[str, Span] = {
            FIELDS[name]: match.span(name) for name, value in match.groupdict().items() if value
        }
        template = Template(
            ROUTE, (), frozenset(), self.event, self.direction, self.currency, frozenset()
        )
        return fill(template, places, document, gather(document))


def make_pattern(text: str, event: str, direction: str, currency: str) -> Pattern:
    """Raises BadPattern."""
    if event == "none":
        return Pattern(text, _expression(text), None, None, currency)
    try:
        told = Event(event)
    except ValueError as error:
        raise BadPattern(f"“{event}” is no event.") from error
    if not told.books:
        raise BadPattern(f"“{event}” books nothing: use “none”.")
    way = Direction(direction) if direction else told.direction
    expression = _expression(text)
    if "amount" not in expression.groupindex:
        raise BadPattern(f"“{text}” has no {{amount}}.")
    return Pattern(text, expression, told, way, currency)


def _expression(text: str) -> re.Pattern[str]:
    pieces: list[str] = []
    at = 0
    named: set[str] = set()
    for place in _PLACE.finditer(text):
        pieces.append(_words(text[at : place.start()]))
        name = place[1]
        if name != "*" and name not in FIELDS:
            raise BadPattern(f"“{{{name}}}” is no field: {', '.join(FIELDS)}, or {{*}}.")
        if name in named:
            raise BadPattern(f"“{{{name}}}” stands twice.")
        is_last = place.end() == len(text)
        span = rf"[^\n]{{1,{_LONGEST}}}" + ("" if is_last else "?")
        if name == "*":
            pieces.append(rf"[^\n]{{0,{_LONGEST}}}?")
        else:
            named.add(name)
            pieces.append(f"(?P<{name}>{span})")
        at = place.end()
    pieces.append(_words(text[at:]))
    if not any(char.isalpha() for char in _PLACE.sub("", text)):
        raise BadPattern(f"“{text}” has no words of its own.")
    return re.compile("".join(pieces))


def _words(text: str) -> str:
    folded = fold(normalize(text)[0])
    return r"\s+".join(re.escape(word) for word in re.split(r"\s+", folded))
