"""Readings as JSON: how candidates and their evidence are kept in `EmailExtraction`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from extraction.reading import Candidate, Evidence, Field
from finance.money import Money

JsonObject = dict[str, Any]


def candidate_record(candidate: Candidate) -> JsonObject:
    """The JSON of one candidate (shape: see `EmailExtraction`)."""
    record: JsonObject = {
        "event": candidate.event.value,
        "direction": candidate.direction.value if candidate.direction else None,
        "confidence": round(candidate.confidence, 4),
        "route": candidate.route,
        "reasons": [reason.value for reason in candidate.reasons],
        "fields": {name: _field_record(field) for name, field in candidate.fields().items()},
    }
    if candidate.event_evidence is not None:
        record["fields"]["event"] = {
            "value": candidate.event.value,
            "inferred": False,
            **_span(candidate.event_evidence),
        }
    return record


def _field_record(field: Field[Any]) -> JsonObject:
    record: JsonObject = {"value": _plain(field.value), "inferred": field.inferred}
    if isinstance(field.value, Money):
        record["currency"] = field.value.currency
    if field.evidence is not None:
        record |= _span(field.evidence)
    return record


def _span(evidence: Evidence) -> JsonObject:
    return {"quote": evidence.quote, "start": evidence.start, "end": evidence.end}


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)
