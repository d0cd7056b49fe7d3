"""The general grammar: money, dates, accounts and event phrases of many languages. Pure.

One pass finds dates, times and amounts, hides the amounts, and finds the phrases; then each part
is asked in turn: which language and country, what is each amount, which event, who, where, when.
"""

from __future__ import annotations

import re
from dataclasses import replace

from extraction.document import Document
from extraction.extractors import gathering
from extraction.extractors.events import Decision, decide
from extraction.extractors.findings import Findings, without_offers_below
from extraction.extractors.masking import MASK
from extraction.extractors.roles import MAIN_ROLES
from extraction.extractors.rows import event_rows
from extraction.extractors.shapes import as_sided, by_shape, by_sign, shows_code
from extraction.reading import BILLED, Candidate, Event, Reading, Reason, Verdict, tells_of_bill

_MAY_HOLD_ROWS = {Event.STATEMENT, Event.BALANCE, *(event for event in Event if event.books)}


class GrammarExtractor:
    """Reads any message; always has an answer, if only "unsure"."""

    name = "grammar"

    def identify(self, document: Document) -> bool:
        return bool(document.text)

    def extract(self, document: Document) -> Reading | None:
        whole = gathering.gather(document)
        found = without_offers_below(whole)
        reading = self._read(document, found)
        if found is whole or not reading.candidates:
            return reading
        marked = tuple(item.marked(Reason.PROMOTIONAL_WORDS) for item in reading.candidates)
        return replace(reading, candidates=marked, reasons=marked[0].reasons)

    def _read(self, document: Document, found: Findings) -> Reading:
        decision = decide(found.hits, found.segments, document.subject_end)
        if decision is None or not decision.strong:
            decision = by_sign(found) or decision or by_shape(document, found)
        if decision is not None and decision.event is Event.FEE and gathering.fee_is_beside(found):
            hits = [hit for hit in found.hits if hit.name != "fee"]
            decision = decide(hits, found.segments, document.subject_end) or decision
        if decision is None:
            return Reading(Verdict.NOT_FINANCIAL, Event.OTHER)
        decision = as_sided(decision, document, found)
        if decision.event in _MAY_HOLD_ROWS and (rows := event_rows(document, found)):
            return Reading(Verdict.TRANSACTION, rows[0].event, rows, rows[0].reasons)
        if not decision.event.books and decision.event not in BILLED:
            return Reading(Verdict.NOT_BOOKED, decision.event)
        candidate = gathering.candidate(document, found, decision)
        if decision.event in BILLED:
            bills = (candidate,) if tells_of_bill(candidate) else ()
            return Reading(Verdict.NOT_BOOKED, decision.event, bills)
        certain = decision.strong and (
            candidate.amount is not None or _tells_no_amount(found, candidate)
        )
        if (
            certain
            or _believable(document, found, candidate, decision)
            or _is_short_notice(found, candidate, decision)
        ):
            return Reading(Verdict.TRANSACTION, decision.event, (candidate,), candidate.reasons)
        return Reading(Verdict.UNSURE, decision.event, (candidate,), candidate.reasons)


def _tells_no_amount(found: Findings, candidate: Candidate) -> bool:
    """Whether the message says when it happened, and no amount at all: some banks leave it out."""
    return not found.amounts and bool(found.times) and _is_read(candidate)


def _is_read(candidate: Candidate) -> bool:
    return candidate.occurred_on is not None and not candidate.occurred_on.inferred


# What an app shows of a payment.
_LONGEST_NOTICE = 70


def _is_short_notice(found: Findings, candidate: Candidate, decision: Decision) -> bool:
    """ "£18.22 at Blue Kettle": an amount with a weak phrase around it, a name and little else."""
    told = decision.hit is not None and "#" in decision.hit.phrase.text
    return told and candidate.merchant is not None and len(found.masked) <= _LONGEST_NOTICE


# "Withdrawal: 20.00 … card 7781", "payment of 20.00 from account 7781".
_ITS_AMOUNT = re.compile(rf":?\s?(?:\w{{1,3}} )?{MASK}")


_NAMED = {"label", "at", "to", "from"}


def _names_amount(document: Document, found: Findings, decision: Decision) -> bool:
    """Whether the amount follows what happened, and nothing looks like a code to type in."""
    hit = decision.hit
    if hit is None or shows_code(document, found):
        return False
    inside = MASK in found.masked[hit.start : hit.end]
    if inside or _ITS_AMOUNT.match(found.masked, hit.end) is not None:
        return True
    labels = {role for item, role in found.roles.items() if item.codes}
    named = any(hit.kind == "merchant" and hit.name in _NAMED for hit in found.hits)
    return named and bool(labels & MAIN_ROLES)  # a list of fields: "Amount: 20.00", "To: ANN"


def _believable(
    document: Document, found: Findings, candidate: Candidate, decision: Decision
) -> bool:
    """Whether a weak phrase, or none, stands in a message that otherwise looks like a bank's."""
    has_account = candidate.account_hint is not None
    signs = (
        has_account,
        candidate.available_limit is not None,
        candidate.reference is not None,
        _is_read(candidate),
        has_account and _names_amount(document, found, decision),
    )
    by_shape = decision.hit is None and candidate.available_limit is None
    return candidate.amount is not None and (
        candidate.balance is not None or by_shape or sum(signs) >= 2
    )
