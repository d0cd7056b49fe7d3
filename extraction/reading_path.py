"""The one path from a document to a verified reading: routes in order, then grounding. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extraction.document import Document
from extraction.extractors.base import Extractor
from extraction.extractors.grammar import GrammarExtractor
from extraction.extractors.structured import StructuredExtractor
from extraction.grounding import verify
from extraction.lookalikes import wears_another_domain
from extraction.packs.loading import PackExtractor, packs
from extraction.reading import Event, Reading, Reason, Verdict
from extraction.templates.template import Template, TemplateExtractor

STRUCTURED, GRAMMAR = StructuredExtractor(), GrammarExtractor()
NOTHING = Reading(Verdict.NOT_FINANCIAL, Event.OTHER)


def read_document(document: Document, templates: Sequence[Template] = ()) -> Reading:
    """The reading of the first route that has one, verified against the text. Templates of the
    sender that are still learning are asked last: they only propose."""
    active = TemplateExtractor([item for item in templates if item.is_active])
    reading = _first((STRUCTURED, active, GRAMMAR), document) or NOTHING
    if reading.verdict is not Verdict.TRANSACTION:
        reading = _first((PackExtractor(packs()),), document) or reading
    if reading.verdict is not Verdict.TRANSACTION:
        learning = TemplateExtractor([item for item in templates if not item.is_active])
        reading = _first((learning,), document) or reading
    if document.is_forwarded:
        reading = _passed_on(reading)
    return _doubted(reading) if wears_another_domain(document.sender or "") else reading


def _passed_on(reading: Reading) -> Reading:
    """Who forwards a message can change it: what it tells is for a person to confirm."""
    candidates = tuple(item.marked(Reason.FORWARDED) for item in reading.candidates)
    return replace(reading, candidates=candidates, reasons=(*reading.reasons, Reason.FORWARDED))


def _doubted(reading: Reading) -> Reading:
    """What an address tells that is made to mislead is nobody's word."""
    candidates = tuple(item.marked(Reason.SENDER_IMITATES) for item in reading.candidates)
    verdict = Verdict.UNSURE if reading.verdict is Verdict.TRANSACTION else reading.verdict
    reasons = (*reading.reasons, Reason.SENDER_IMITATES)
    return replace(reading, verdict=verdict, candidates=candidates, reasons=reasons)


def _first(routes: Sequence[Extractor], document: Document) -> Reading | None:
    for route in routes:
        if route.identify(document):
            reading = route.extract(document)
            if reading is not None:
                return verify(reading, document)
    return None
