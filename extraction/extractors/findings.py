"""Everything the grammar finds in one document, before it is known what it means together. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from extraction.extractors.accounts import FoundAccount
from extraction.extractors.amounts import Amount
from extraction.extractors.dates import FoundDate, FoundTime
from extraction.extractors.masking import MASK
from extraction.extractors.phrases import Hit
from extraction.extractors.references import FoundReference
from extraction.extractors.segments import Segments


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything found in one document, before it is known what it means together."""

    masked: str
    hits: list[Hit]
    languages: list[str]
    countries: dict[str, float]
    segments: Segments
    amounts: list[Amount]
    roles: dict[Amount, str]
    dates: list[FoundDate]
    times: list[FoundTime]
    accounts: list[FoundAccount]
    references: list[FoundReference]

    def spans(self) -> list[tuple[int, int]]:
        """Where amounts, accounts, references, dates and times stand."""
        found = [(item.start, item.end) for item in self.amounts]
        found += [(item.start, item.end) for item in self.accounts]
        found += [(item.start, item.end) for item in self.references]
        found += [(item.start, item.end) for item in self.dates]
        return found + [(item.start, item.end) for item in self.times]


def without_offers_below(found: Findings) -> Findings:
    """The findings without the offers in a paragraph below all amounts: a footer, which says
    nothing of what happened."""
    place = found.masked.find("\n\n", found.masked.rfind(MASK) + 1)
    if place < 0 or MASK not in found.masked:
        return found
    hits = [hit for hit in found.hits if hit.name != "promotion" or hit.start < place]
    return replace(found, hits=hits) if len(hits) < len(found.hits) else found
