"""What a message says of where money went, against which way it is read. Pure.

A phrase that is not known yet ("has been credited to your account") beside one that is known
("transfer of") gives the wrong way with much confidence. Where the money of a transfer went to or
came from is often said as well: where that speaks against it, a person is asked. Purchases and
fees are "charged to your account", which says nothing.
"""

from __future__ import annotations

import re

from extraction.extractors.accounts import side_of
from extraction.extractors.findings import Findings
from extraction.reading import Candidate, Direction, Event, Reason

# The word that stands before one's own account where a transfer goes this way, and the other.
_WAYS = {Event.TRANSFER_OUT: ("from", "to"), Event.TRANSFER_IN: ("to", "from")}
# The phrase that says of one's own account the other way round than the event.
_OTHER_PHRASE = {Direction.DEBIT: "credit", Direction.CREDIT: "debit"}
# Money that comes back is told with the way it first went.
_TOLD_BOTH_WAYS = {Event.REFUND, Event.CARD_PAYMENT}
# How far the words "your" and "account" stand apart at most: "your Everyday account".
_NEAR = 20


def questioned(made: Candidate, found: Findings, text: str) -> Candidate:
    """The candidate, to be asked about where its direction is contradicted; between one's own
    accounts there is no contradiction."""
    if made.direction is Direction.TRANSFER:
        return made
    speaks_for, speaks_against = _WAYS.get(made.event, ("", ""))
    if _is_asked(made, found, text):
        return made.marked(Reason.MIXED_EVENTS)
    if _goes_the_other_way(made, found):
        return made.marked(Reason.DIRECTION_UNCLEAR)
    against = _names_own(found, "merchant", speaks_against)
    if against and not _names_own(found, "merchant", speaks_for):
        return made.marked(Reason.DIRECTION_UNCLEAR)
    if _was_paid_to_an_account(made, text):
        return made.marked(Reason.DIRECTION_UNCLEAR)
    if _went_to_nobody(made) and side_of(text, found.accounts, found.hits) is Direction.CREDIT:
        return made.marked(Reason.DIRECTION_UNCLEAR)
    other = _OTHER_PHRASE[made.direction] if made.direction else ""
    if made.event not in _TOLD_BOTH_WAYS and _names_own(found, "event", other):
        return made.marked(Reason.DIRECTION_UNCLEAR)
    return made


def _is_asked(made: Candidate, found: Findings, text: str) -> bool:
    """Whether what happened stands in a question that is no "not you?" behind it."""
    told = made.event_evidence
    if told is None:
        return False
    first, last = found.segments.bounds(told.start)
    warned = any(hit.kind == "ignore" and first <= hit.start < last for hit in found.hits)
    return not warned and text[first:last].rstrip().endswith("?")


# How one's own account is named against what is said: "into your account", "hesabınızdan".
_AGAINST = {
    Event.TRANSFER_OUT: "into", Event.WITHDRAWAL: "into",
    Event.TRANSFER_IN: "out_of", Event.DEPOSIT: "out_of", Event.SALARY: "out_of",
}  # fmt: skip


def _goes_the_other_way(made: Candidate, found: Findings) -> bool:
    named = {hit.name for hit in found.hits if hit.kind == "own"} & {"into", "out_of"}
    return named == {_AGAINST.get(made.event)}


# Before the digits of a card that was paid: "towards your Example card ".
_TO_CARD = re.compile(
    r"\b(?:to|towards|against|on)\s[^.;\n]{0,30}(?:card|visa|amex)\b", re.IGNORECASE
)
_FAR = 50
# Between a name and its digits: "Example Freedom ending in 4431", "Smart a/c..7710".
_OF_ACCOUNT = re.compile(
    r"\s(?:card\s)?(?:ending|ends)(?: in| with)?\s|\s(?:a/c|acct?|account)\b[^\w]*(?:[xX*]*\d)",
    re.IGNORECASE,
)


def _was_paid_to_an_account(made: Candidate, text: str) -> bool:
    """Whether what was "paid" is an account by its name and last digits: a card or a loan, not a
    shop."""
    name, account = made.merchant_raw, made.account_hint
    told = made.event_evidence.quote.casefold() if made.event_evidence else ""
    if made.event is not Event.PURCHASE or account is None or account.evidence is None:
        return False
    if name is None:
        start = account.evidence.start
        is_paid = "payment" in told or "received" in told
        return is_paid and _TO_CARD.search(text, max(0, start - _FAR), start) is not None
    if name.evidence is None or not ("pay" in told or "paid" in told):
        return False
    return _OF_ACCOUNT.match(text, name.evidence.end) is not None


def _went_to_nobody(made: Candidate) -> bool:
    """Whether a transfer out names nobody but perhaps an account: "transferred to A/c XX7781" may
    as well be said of money that came. "Debited to A/c XX7781" is not."""
    account, name = made.account_hint, made.merchant_raw
    told = made.event_evidence.quote.casefold() if made.event_evidence else ""
    unnamed = name is None or (account is not None and name.value.endswith(account.value))
    is_debit = "debit" in told or "dr" in told
    return made.event is Event.TRANSFER_OUT and unnamed and not is_debit


def _names_own(found: Findings, kind: str, name: str) -> bool:
    """Whether the reader's own account follows a word: "to your account", "ke rekening Anda"."""
    starts = [hit.end for hit in found.hits if hit.kind == kind and hit.name == name]
    own = [hit for hit in found.hits if hit.kind == "own"]
    accounts = [hit for hit in found.hits if hit.kind == "account"]
    return any(
        0 <= first.start - start <= 2 and 0 <= second.start - first.end <= _NEAR
        for start in starts
        for firsts, seconds in ((own, accounts), (accounts, own))
        for first in firsts
        for second in seconds
    )
