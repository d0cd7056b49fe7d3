"""Several events in one message: a daily summary with a row for each. Pure.

A row counts when it says itself what happened: one event phrase and one amount on one line. Line
items of a receipt have no such phrase, weekly and monthly reviews stay statements.
"""

from __future__ import annotations

from dataclasses import replace

from extraction.document import Document
from extraction.extractors import gathering
from extraction.extractors.amounts import Amount
from extraction.extractors.events import Decision, decide
from extraction.extractors.findings import Findings
from extraction.extractors.segments import line_bounds
from extraction.reading import Candidate, Direction, Reason

_LONGEST_ROW = 120
_REVIEWS = ("week", "month")
_SIGNS = {"-": Direction.DEBIT, "+": Direction.CREDIT}


def event_rows(document: Document, found: Findings) -> tuple[Candidate, ...]:
    """A candidate for each row, in order; none unless there are two rows. Each is marked
    `several_events`, so a person looks at them."""
    if len(found.amounts) < 2:
        return ()
    heading = document.folded[: document.subject_end + 80]
    if any(word in heading for word in _REVIEWS):
        return ()
    spans = _lines(document, found)
    told = [row for span in spans if (row := _told(document, found, span)) is not None]
    if len(told) < 2:
        return ()
    rows = tuple(_read(document, found, *row) for row in told)
    return () if _one_told_twice(rows) else rows


def _one_told_twice(rows: tuple[Candidate, ...]) -> bool:
    """Whether each row has the same amount and none names another party: one event, told again."""
    amounts = {row.amount.value for row in rows if row.amount}
    parties = {row.merchant.value for row in rows if row.merchant}
    return len(amounts) == 1 and len(parties) <= 1


def _lines(document: Document, found: Findings) -> list[tuple[int, int]]:
    """Lines below the subject that end with, or hold in a table cell, an amount without label."""
    spans = [
        line_bounds(document.normalized, item.start)
        for item in found.amounts
        if item.money is not None
        and item.codes
        and item.start > document.subject_end
        and found.roles.get(item, "amount") == "amount"
    ]
    return [
        span for span in dict.fromkeys(spans)
        if spans.count(span) == 1 and span[1] - span[0] <= _LONGEST_ROW
    ]  # fmt: skip


_Span = tuple[int, int]


def _told(
    document: Document, found: Findings, span: _Span
) -> tuple[_Span, Amount, Decision] | None:
    """The amount of a row and what happened, if it tells that."""
    start, end = span
    amount = next(item for item in found.amounts if start <= item.start < end)
    before = document.normalized[start : amount.start].strip(" \t-+")
    if not before or document.normalized[amount.end : end].strip(" \t."):
        return None
    hits = [hit for hit in found.hits if start <= hit.start < amount.start and hit.end <= end]
    decision = decide(hits, found.segments, document.subject_end)
    if decision is None or not decision.event.books or decision.hit is None:
        return None
    return span, amount, decision


def _read(
    document: Document, found: Findings, span: _Span, amount: Amount, decision: Decision
) -> Candidate:
    """The candidate of a row."""
    start, end = span
    within = replace(
        found,
        hits=[hit for hit in found.hits if start <= hit.start and hit.end <= end],
        amounts=[amount],
        roles={},
        references=[item for item in found.references if start <= item.start < end],
    )
    made = gathering.candidate(document, within, replace(decision, strong=True, reasons=()))
    if _SIGNS.get(amount.sign, made.direction) is not made.direction:
        made = made.marked(Reason.DIRECTION_UNCLEAR)
    made = made.marked(Reason.SEVERAL_EVENTS)
    return replace(made, confidence=min(made.confidence, 0.85))
