"""Where a reading had its fields, in the text that is matched. Pure."""

from __future__ import annotations

from bisect import bisect_left

from extraction.document import Document
from extraction.reading import Candidate
from extraction.templates.shape import Span

KEPT = (
    "amount", "occurred_on", "merchant_raw", "account_hint", "balance", "available_limit", "fee",
    "reference",
)  # fmt: skip


def read_places(document: Document, made: Candidate) -> dict[str, Span]:
    """Field → span of `Document.normalized`, for the fields that a template may hold."""
    return {
        name: normalized_span(document, item.evidence.start, item.evidence.end)
        for name, item in made.fields().items()
        if name in KEPT and item.evidence is not None
    }


def normalized_span(document: Document, start: int, end: int) -> Span:
    """The span of `Document.normalized` that a span of `Document.text` became."""
    if document.offsets is None:
        return start, end
    return bisect_left(document.offsets, start), bisect_left(document.offsets, end)
