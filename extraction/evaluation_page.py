"""An evaluation as one HTML file: the figures, and every miss with the words it was read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from extraction.evaluation import Evaluation, Scored, document_from_bytes, message_bytes
from extraction.figures import FIELDS
from extraction.reading import Candidate

# What the labels call a field that a reading names otherwise.
OF_READING = {"account_last4": "account_hint", "date": "occurred_on"}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a message; `field` names what was read there."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    field: str
    state: str
    expected: str
    read: str


@dataclass(frozen=True, slots=True)
class Miss:
    title: str
    verdict: str
    reasons: str
    is_wrong_booking: bool
    compared: list[Compared]
    pieces: list[Piece]


def evaluation_page(evaluation: Evaluation, report: Row, title: str) -> str:
    """The file's text; it loads nothing from anywhere."""
    groups = {
        "All": report["overall"],
        **report["by_kind"],
        **{f"Route {name}": group for name, group in report["by_route"].items()},
        **{f"Language {name}": group for name, group in report["by_language"].items()},
        "Each bank alike": report["macro_by_bank"],
        "Ambiguous, apart": report["ambiguous"],
    }
    context = {
        "title": title,
        "fields": FIELDS,
        "groups": [_line(name, group) for name, group in groups.items()],
        "risk_coverage": report["risk_coverage"],
        "learning": report.get("learning", ()),
        "misses": [_miss(item) for item in evaluation.errors()],
    }
    return render_to_string("extraction/evaluation.html", context)


def _line(name: str, group: Row) -> Row:
    exact = [group["fields"].get(field, {}) for field in FIELDS]
    return {
        "name": name,
        "n": group["n"],
        "precision": group["detection"]["precision"],
        "recall": group["detection"]["recall"],
        "booked": group["autobook"]["share"],
        "right": group["autobook"]["right"],
        "exact": [(state["exact"], state["n"]) if state.get("n") else None for state in exact],
    }


def _miss(item: Scored) -> Miss:
    best = next(iter(item.reading.candidates), None)
    expected = item.row["expected"]
    said = "a movement" if expected.get("is_transaction") else "no movement"
    return Miss(
        title=f"{item.row.get('id')} · {item.row.get('bank') or ''}",
        verdict=f"{said}; read as {item.reading.verdict.value}, {item.reading.event.value}",
        reasons=", ".join(item.reading.reasons),
        is_wrong_booking=item.booked and not item.booked_right,
        compared=[
            Compared(name, state, str(expected.get(name)), _read(best, name))
            for name, state in item.fields.items()
        ],
        pieces=list(_pieces(item, best)),
    )


def _read(candidate: Candidate | None, name: str) -> str:
    if candidate is None:
        return ""
    if name in ("direction", "currency"):
        amount = candidate.amount
        currency = amount.value.currency if amount else ""
        return currency if name == "currency" else str(candidate.direction or "")
    found = candidate.fields().get(OF_READING.get(name, name))
    return str(found.value) if found else ""


def _pieces(item: Scored, best: Candidate | None) -> Iterator[Piece]:
    """The message as it was read, cut where the leading candidate's fields stand."""
    text = document_from_bytes(message_bytes(item.row)).text
    spans = sorted(
        (field.evidence.start, field.evidence.end, name)
        for name, field in (best.fields() if best else {}).items()
        if field.evidence is not None
    )
    at = 0
    for start, end, name in spans:
        if start >= at and end <= len(text):
            yield Piece(text[at:start])
            yield Piece(text[start:end], name)
            at = end
    yield Piece(text[at:])
