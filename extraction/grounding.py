"""Is every field really in the message? Pure.

Each field that claims to have been read must quote the document at its span, and the quote must
parse to the field's value again. What fails is marked and never books itself. An amount needs a
total-like label, or to be the only one that could be meant.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import reduce

from extraction.document import Document, fold, normalize
from extraction.extractors.amounts import Amount, find_amounts, with_currency
from extraction.extractors.dates import find_dates, find_times, settle
from extraction.extractors.gathering import gather
from extraction.extractors.roles import MAIN_ROLES
from extraction.reading import Candidate, Evidence, Field, Reading, Reason
from finance.money import Money

_NUMBER = re.compile(r"\d[\d.,' ]*")
_NO_CENTS = re.compile(r"[.,]0{1,3}$")


def verify(reading: Reading, document: Document) -> Reading:
    """The reading with `not_grounded` on every candidate that has an unproven field."""
    candidates = tuple(_verify(candidate, document) for candidate in reading.candidates)
    reasons = tuple(dict.fromkeys(reason for item in candidates for reason in item.reasons))
    return replace(
        reading,
        candidates=candidates,
        reasons=tuple(dict.fromkeys((*reading.reasons, *reasons))),
    )


def _verify(candidate: Candidate, document: Document) -> Candidate:
    failed = [name for name, item in candidate.fields().items() if not is_grounded(item, document)]
    reasons = [Reason.NOT_GROUNDED] if failed else []
    if document.is_reordered or not _is_shown(candidate.amount, document):
        reasons.append(Reason.SHOWN_OTHERWISE)
    if candidate.route not in ("grammar", "template") and candidate.amount and not failed:
        reasons += _unlabelled(candidate.amount, document)
    return reduce(Candidate.marked, reasons, candidate)


def _is_shown(amount: Field[Money] | None, document: Document) -> bool:
    """Whether an amount of the plain part stands in what a mail program shows as well."""
    if document.shown is None or amount is None or amount.evidence is None:
        return True
    written = _numbers(amount.evidence.quote)
    return not written or bool(written & _numbers(document.shown))


def _numbers(text: str) -> set[str]:
    """The digits of each number, without cents of zero."""
    found = _NUMBER.findall(normalize(text)[0])
    return {re.sub(r"\D", "", _NO_CENTS.sub("", number.strip())) for number in found}


def is_grounded(item: Field[object], document: Document) -> bool:
    """Whether a field quotes the document verbatim and its quote parses to its value."""
    if item.inferred and item.evidence is None:
        return True
    evidence = item.evidence
    if evidence is None or not evidence.quote:
        return False
    if document.text[evidence.start : evidence.end] != evidence.quote:
        return False
    return _says(item, evidence, document)


def _says(item: Field[object], evidence: Evidence, document: Document) -> bool:
    value = item.value
    if isinstance(value, Money):
        return _says_money(evidence.quote, value, inferred=item.inferred)
    if isinstance(value, date):
        return _says_date(evidence.quote, value, document)
    if isinstance(value, Decimal):
        return str(value) in evidence.quote.replace(",", "")
    return _squeezed(str(value)) in _squeezed(evidence.quote)


def _says_money(quote: str, value: Money, *, inferred: bool) -> bool:
    for amount in find_amounts(_quoted(quote), ()):
        if not inferred and amount.codes and not _may_mean(amount, value.currency):
            continue
        factor = 10 if "IRT" in amount.codes and value.currency == "IRR" else 1
        read = with_currency(amount._replace(factor=amount.factor * factor), value.currency).money
        if read is not None and abs(read.minor) == abs(value.minor):
            return True
    return False


def _may_mean(amount: Amount, currency: str) -> bool:
    return currency in amount.codes or ("IRT" in amount.codes and currency == "IRR")


def _says_date(quote: str, value: date, document: Document) -> bool:
    quoted = _quoted(quote)
    received = document.received_at.date() if document.received_at else None
    day = value.date() if isinstance(value, datetime) else value
    times = find_times(quoted)
    if isinstance(value, datetime) and not any(
        (time.hour, time.minute) == (value.hour, value.minute) for time in times
    ):
        return False
    return any(
        settle(found, received, month_first=order)[0] == day
        for found in find_dates(quoted, times)
        for order in (True, False)
    )


def _quoted(quote: str) -> Document:
    normalized, offsets = normalize(quote)
    return Document(quote, normalized, fold(normalized), offsets, 0)


_NO_LETTERS = re.compile(r"[\W_]+")


def _squeezed(text: str) -> str:
    return _NO_LETTERS.sub("", fold(normalize(text)[0]))


def _unlabelled(amount: Field[Money], document: Document) -> list[Reason]:
    """For routes that do not weigh the labels themselves."""
    found = gather(document)
    values = {
        item.money.minor
        for item in found.amounts
        if item.money and item.codes and item.money.currency == amount.value.currency
    }
    labelled = any(
        item.money == amount.value and found.roles.get(item) in MAIN_ROLES for item in found.amounts
    )
    return [] if labelled or len(values) < 2 else [Reason.UNLABELLED_AMOUNT]
