"""What happened, where no phrase tells: from the shape of the message alone. Pure.

Banks whose words nobody has written down yet still write an account, one amount, a time and a
balance. Such a reading is a question to the person, never a booking.
"""

from __future__ import annotations

import re
from dataclasses import replace

from extraction.document import Document
from extraction.extractors.accounts import side_of
from extraction.extractors.amounts import Amount
from extraction.extractors.events import Decision, heard_of, silenced_by
from extraction.extractors.findings import Findings
from extraction.extractors.masking import MASK
from extraction.extractors.phrases import Hit
from extraction.extractors.roles import MAIN_ROLES
from extraction.reading import Candidate, Direction, Event, Reason

# A number of this length that stands alone may be a code to type in.
_CODE = re.compile(r"(?<![\w.,/*#-])\d{5,8}(?![\w.,/-]\w|\w)")


def by_sign(found: Findings) -> Decision | None:
    """A signed amount beside a balance or an account tells the direction, where no event phrase
    does."""
    if not found.accounts and not any(role == "balance" for role in found.roles.values()):
        return None
    if any(hit.kind == "event" for hit in heard_of(found.hits, found.segments)):
        return None
    for amount in found.amounts:
        is_money = amount.codes or amount.inferred
        if amount.sign and is_money and found.roles.get(amount, "amount") in MAIN_ROLES:
            return _decision(amount)
    return None


def by_shape(document: Document, found: Findings) -> Decision | None:
    """One amount beside a balance, or an account and a day: a movement, likely a purchase."""
    heard = heard_of(found.hits, found.segments)
    if any(hit.kind in ("event", "weak") for hit in heard):
        return None
    own = [item for item in found.amounts if item.codes and found.roles.get(item) is None]
    own += [item for item in found.amounts if found.roles.get(item) in MAIN_ROLES]
    states_balance = any(role in ("balance", "available") for role in found.roles.values())
    silenced = silenced_by(found.hits, found.segments)
    own = [
        item
        for item in own
        if item.money is not None
        and item.money.minor
        and item.start < silenced.get(found.segments.index(item.start), item.start + 1)
    ]
    if len({item.money for item in own}) != 1:
        return None
    if not (states_balance or (found.accounts and found.dates) or _is_bare_notice(document, found)):
        return None
    if shows_code(document, found) or _is_called_balance(own[0], found, heard):
        return None
    side = side_of(document.normalized, found.accounts, heard)
    came = side is Direction.CREDIT or (
        side is None and _comes_from_somebody(document.normalized, heard)
    )
    return _decision(own[0], (Reason.WEAK_EVENT,), came=came)


# A name, an amount and nothing else: "Blue Kettle\n$6.75", "REWE: -23,45 €".
_BARE_NOTICE = re.compile(
    rf"[^\W\d_a-z][^\n{MASK}%?!=]{{1,40}}(?::[ ]?|\n{{1,2}})[+-]?{MASK}\*?"
    rf"(?: ?[·•] ?[^\n·•{MASK}]{{3,24}})?"
)


def _is_bare_notice(document: Document, found: Findings) -> bool:
    """Whether the message is what an app shows of a payment: who, and how much."""
    text = document.normalized
    if len(text) > _LONGEST_NOTICE or len(found.amounts) != 1 or not found.amounts[0].codes:
        return False
    amount = found.amounts[0]
    masked = f"{text[: amount.start]}{MASK}{text[amount.end :]}"
    return _BARE_NOTICE.fullmatch(re.sub(r"[ \t]*\n[ \t]*", "\n", masked).strip()) is not None


_LONGEST_NOTICE = 70


def _is_called_balance(amount: Amount, found: Findings, hits: list[Hit]) -> bool:
    """ "Available Bal in A/c XX1 as on yesterday is Rs 5": the sentence calls it a balance, even
    where the label stands far from it."""
    sentence = found.segments.index(amount.start)
    return found.roles.get(amount) is None and any(
        hit.kind == "label"
        and hit.name in ("balance", "available")
        and hit.end <= amount.start
        and found.segments.index(hit.start) == sentence
        and not any(hit.end <= item.start < amount.start for item in found.amounts)
        for hit in hits
    )


def _comes_from_somebody(text: str, hits: list[Hit]) -> bool:
    """Whether a name stands behind "from" and none behind "to"; "your account" is no name."""
    own = {hit.start for hit in hits if hit.kind == "own"}
    named = {
        hit.name
        for hit in hits
        if hit.kind == "merchant"
        and _NAME_BEHIND.match(text, hit.end)
        and own.isdisjoint((hit.end, hit.end + 1))
    }
    return "from" in named and "to" not in named


_NAME_BEHIND = re.compile(r":? ?[^\W\d_a-zа-яα-ωß-öø-ÿ]")


def _decision(amount: Amount, reasons: tuple[Reason, ...] = (), *, came: bool = False) -> Decision:
    event = Event.TRANSFER_IN if amount.sign == "+" or came else Event.PURCHASE
    return Decision(event, event.direction, None, strong=False, reasons=reasons)


def shows_code(document: Document, found: Findings) -> bool:
    """Whether a number stands there that may be a code to type in."""
    spans = found.spans()
    return any(
        not any(start <= match.start() < end for start, end in spans)
        for match in _CODE.finditer(document.normalized)
    )


_BY_SIDE = {Direction.DEBIT: Event.TRANSFER_OUT, Direction.CREDIT: Event.TRANSFER_IN}


def as_sided(decision: Decision, document: Document, found: Findings) -> Decision:
    """ "Wire transfer: 500 to A/c XX7781": which way a weak word means is said by where the
    account stands."""
    if decision.strong or decision.direction is None or not decision.event.books:
        return decision
    side = side_of(document.normalized, found.accounts, found.hits)
    if side is None or side is decision.direction:
        return decision
    return replace(decision, event=_BY_SIDE[side], direction=side)


_OTHER_WAY = {
    ("+", Direction.DEBIT): (Event.TRANSFER_IN, Direction.CREDIT),
    ("-", Direction.CREDIT): (Event.TRANSFER_OUT, Direction.DEBIT),
}


def as_signed(made: Candidate, main: Amount | None) -> Candidate:
    """ "Turnover … Amount: +1,200.00": the sign says which way, and a person is asked. A refund
    may be written as a negative purchase."""
    other = _OTHER_WAY.get((main.sign, made.direction)) if main and made.direction else None
    if other is None or made.event is Event.REFUND:
        return made
    return replace(made, event=other[0], direction=other[1]).marked(Reason.DIRECTION_UNCLEAR)
