"""Several events in one message: a daily summary with a row for each. Pure.

A row counts when it says itself what happened: one event phrase and one amount on one line. Line
items of a receipt have no such phrase, weekly and monthly reviews stay statements.

Rows are believed where the message's own arithmetic proves that they are all of them and each once:
a stated total is their sum, or they lead from the balance before to the balance after. Else a
person looks: a total may have been taken for one more event, or an event be told twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extraction.document import Document
from extraction.extractors import gathering
from extraction.extractors.amounts import Amount
from extraction.extractors.events import Decision, decide
from extraction.extractors.findings import Findings
from extraction.extractors.phrases import Hit
from extraction.extractors.segments import line_bounds
from extraction.reading import Candidate, Direction, Event, Reason, would_book

_LONGEST_ROW = 120
_REVIEWS = ("week", "month")
_Span = tuple[int, int]
# What a message with rows is itself.
_FRAMES = frozenset({Event.STATEMENT, Event.BALANCE})
_SIGNS = {"-": Direction.DEBIT, "+": Direction.CREDIT}


def event_rows(document: Document, found: Findings) -> tuple[Candidate, ...]:
    """A candidate for each row, in order; none unless there are two rows. Each is marked
    `several_events`, so that a person looks at them, unless they add up."""
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
    if _one_told_twice(rows):
        return ()
    if _stands_alone(document, found, told) and _add_up(
        found, [amount for _, amount, _ in told], rows
    ):
        return rows
    return tuple(_to_ask(row) for row in rows)


def _stands_alone(
    document: Document, found: Findings, told: Sequence[tuple[_Span, Amount, Decision]]
) -> bool:
    """Whether the message would be believed to tell each row, were it the only one: what stands
    around them ("Pending:", "Declined today:") speaks of all."""

    def holds(span: _Span, hit: Hit) -> bool:
        return span[0] <= hit.start < span[1]

    around = [
        hit
        for hit in found.hits
        if hit.name not in _FRAMES and not any(holds(span, hit) for span, _, _ in told)
    ]
    for span, _, row in told:
        hits = [hit for hit in found.hits if hit in around or holds(span, hit)]
        whole = decide(hits, found.segments, document.subject_end)
        if whole is None or not whole.strong or whole.reasons or whole.event != row.event:
            return False
    return True


def _to_ask(row: Candidate) -> Candidate:
    row = row.marked(Reason.SEVERAL_EVENTS)
    return replace(row, confidence=min(row.confidence, 0.85))


def _add_up(found: Findings, amounts: list[Amount], rows: tuple[Candidate, ...]) -> bool:
    """Whether each row is certain, and every total and pair of balances that the message states
    agrees with their sum; at least one must be stated, and no other amount be left over."""
    moved = [_moved(row, amount) for row, amount in zip(rows, amounts, strict=True)]
    told = {(row.amount and row.amount.value, row.merchant and row.merchant.value) for row in rows}
    signed = [minor for minor in moved if minor is not None]
    if len(signed) < len(rows) or len(told) < len(rows) or not all(map(would_book, rows)):
        return False
    rest = [item for item in found.amounts if item not in amounts and item.money is not None]
    if {item.currency for item in (*amounts, *rest)} != {amounts[0].currency}:
        return False
    stated = [(found.roles.get(item, "amount"), item.money.minor) for item in rest if item.money]
    totals = [minor for role, minor in stated if role == "total"]
    balances = [(role, minor) for role, minor in stated if role != "total"]
    one_way = len({minor > 0 for minor in signed}) == 1
    if not all(one_way and minor == abs(sum(signed)) for minor in totals):
        return False
    match balances:
        case [] | [("balance", _)]:
            return bool(totals)
        case [("balance" | "other", before), ("balance", after)]:
            return after - before == sum(signed)
    return False


def _moved(row: Candidate, amount: Amount) -> int | None:
    """The minor units that a row adds to the account; None where it does not say which way."""
    if amount.money is None or row.direction not in (Direction.DEBIT, Direction.CREDIT):
        return None
    minor = abs(amount.money.minor)
    return minor if row.direction is Direction.CREDIT else -minor


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
    return made
