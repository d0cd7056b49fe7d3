"""The one path from a document to a verified reading: routes in order, then grounding. Pure."""

from __future__ import annotations

from extraction.document import Document
from extraction.extractors.base import Extractor
from extraction.extractors.grammar import GrammarExtractor
from extraction.extractors.structured import StructuredExtractor
from extraction.grounding import verify
from extraction.reading import Event, Reading, Verdict

ROUTES: tuple[Extractor, ...] = (StructuredExtractor(), GrammarExtractor())


def read_document(document: Document) -> Reading:
    """The reading of the first route that has one, verified against the text."""
    for route in ROUTES:
        if route.identify(document):
            reading = route.extract(document)
            if reading is not None:
                return verify(reading, document)
    return Reading(Verdict.NOT_FINANCIAL, Event.OTHER)
