"""The general grammar: money, dates, accounts and event phrases of many languages. Pure.

One pass finds dates, times and amounts, hides the amounts, and finds the phrases; then each part
is asked in turn: which language and country, what is each amount, which event, who, where, when.
"""

from __future__ import annotations

from extraction.document import Document
from extraction.extractors import gathering
from extraction.extractors.events import decide
from extraction.extractors.rows import event_rows
from extraction.reading import Candidate, Event, Reading, Verdict

_MAY_HOLD_ROWS = {Event.STATEMENT, Event.BALANCE, *(event for event in Event if event.books)}


class GrammarExtractor:
    """Reads any message; always has an answer, if only "unsure"."""

    name = "grammar"

    def identify(self, document: Document) -> bool:
        return bool(document.text)

    def extract(self, document: Document) -> Reading | None:
        found = gathering.gather(document)
        decision = decide(found.hits, found.segments, document.subject_end)
        if decision is None:
            decision = gathering.by_sign(found)
        if decision is None:
            return Reading(Verdict.NOT_FINANCIAL, Event.OTHER)
        if decision.event in _MAY_HOLD_ROWS and (rows := event_rows(document, found)):
            return Reading(Verdict.TRANSACTION, rows[0].event, rows, rows[0].reasons)
        if not decision.event.books:
            return Reading(Verdict.NOT_BOOKED, decision.event)
        candidate = gathering.candidate(document, found, decision)
        certain = decision.strong and candidate.amount is not None
        if certain or _believable(candidate):
            return Reading(Verdict.TRANSACTION, decision.event, (candidate,), candidate.reasons)
        return Reading(Verdict.UNSURE, decision.event, (candidate,), candidate.reasons)


def _believable(candidate: Candidate) -> bool:
    """Whether a weak phrase stands in a message that otherwise looks like a bank's."""
    signs = (
        candidate.account_hint is not None,
        candidate.balance is not None or candidate.available_limit is not None,
        candidate.reference is not None,
        candidate.occurred_on is not None and not candidate.occurred_on.inferred,
    )
    return candidate.amount is not None and sum(signs) >= 2
