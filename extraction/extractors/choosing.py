"""Which of a message's amounts is the transaction's own, and what makes that doubtful. Pure."""

from __future__ import annotations

from extraction.document import Document
from extraction.extractors.amounts import Amount
from extraction.extractors.currencies import currency_of
from extraction.extractors.events import Decision
from extraction.extractors.findings import Findings
from extraction.extractors.roles import MAIN_ROLES
from extraction.reading import Event, Reason


def _usable(found: Findings, own_role: str) -> list[Amount]:
    """Amounts with a currency that no label claims for something else."""
    return [
        item
        for item in found.amounts
        if item.money is not None
        and item.money.minor
        and (item.codes or item.inferred)
        and found.roles.get(item, "amount") in (*MAIN_ROLES, own_role)
    ]


def main_amount(
    document: Document, found: Findings, decision: Decision
) -> tuple[Amount | None, tuple[Reason, ...]]:
    """The transaction's own amount: labelled so, or the one beside the event phrase."""
    own_role = decision.event.value
    usable = _usable(found, own_role)
    if not usable:
        main, reasons = _labelled_as_event(found, decision)
        main = main or _only_one(found, decision.event)
        if main is None and (main := _only_part(found)) is not None:
            reasons = (Reason.UNLABELLED_AMOUNT,)
        return main, reasons or (() if main else (Reason.NO_AMOUNT,))
    hit = decision.hit
    place = hit.start if hit else usable[0].start
    sentence = found.segments.index(place)

    account_currency = _account_currency(document, found, usable)

    def rank(item: Amount) -> tuple[float, ...]:
        labelled = found.roles.get(item) in (*MAIN_ROLES, own_role)
        same = found.segments.index(item.start) == sentence
        inside = (
            hit is not None and same and -_BESIDE <= item.end - hit.start <= hit.end - hit.start
        )
        return (
            -float(bool(item.codes)),
            -float(item.currency == account_currency),
            float(account_currency is None and _spent_abroad(item, usable, found)),
            -float(inside),
            -float(labelled),
            -float(same),
            abs(item.start - place) if same else 0,
            item.start,
        )

    best = min(usable, key=rank)
    reasons = _doubts(best, usable, found)
    if account_currency is None and _has_rival_currency(best, usable):
        reasons = (*reasons, Reason.TWO_AMOUNTS)  # which of the two was booked is not said
    return best, reasons


# How near an amount stands before its event phrase: "Rs 500 has been debited".
_BESIDE = 12


def _account_currency(document: Document, found: Findings, usable: list[Amount]) -> str | None:
    """The currency of the account: what its balance or limit is stated in, or else, among the
    currencies of the message, the account's own or that of the country it speaks of."""
    stated = [
        item.currency
        for item in found.amounts
        if item.codes and found.roles.get(item) in ("balance", "available")
    ]
    if stated:
        return stated[0]
    present = {item.currency for item in usable if item.codes}
    if len(present) < 2:
        return None
    if document.home_currency in present:
        return document.home_currency
    countries = sorted(found.countries, key=lambda key: -found.countries[key])
    native = [currency_of(country) for country in countries if found.countries[country] >= 1.0]
    return next((currency for currency in native if currency in present), None)


def _spent_abroad(item: Amount, usable: list[Amount], found: Findings) -> bool:
    """Whether this is dollars or euros with a local currency right beside, or said to be what they
    come to: likely not the account's own. Which of the two is booked stays a question."""
    if item.currency not in ("USD", "EUR"):
        return False
    told = found.roles.get(item) is None and any(
        other.currency not in ("USD", "EUR")
        and bool(other.codes)
        and not other.ambiguous
        and found.roles.get(other) in MAIN_ROLES
        for other in usable
    )
    return told or _side_by_side(item, usable, found)


def _has_rival_currency(best: Amount, usable: list[Amount]) -> bool:
    return any(
        item.currency != best.currency and item.codes and not item.ambiguous for item in usable
    )


def _side_by_side(best: Amount, usable: list[Amount], found: Findings) -> bool:
    """Whether another currency's amount stands right beside: "USD 20.00 (INR 1,690.00)"."""
    return any(
        item.currency != best.currency
        and item.codes
        and not item.ambiguous
        and -_PAIR <= max(best.start - item.end, item.start - best.end) <= _PAIR
        and "\n" not in found.masked[min(best.end, item.end) : max(best.start, item.start)]
        for item in usable
    )


# How many characters stand at most between an amount and its conversion.
_PAIR = 5


def _doubts(best: Amount, usable: list[Amount], found: Findings) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    labelled = found.roles.get(best) in MAIN_ROLES
    sentence = found.segments.index(best.start)
    rivals = {
        item.money
        for item in usable
        if item.money != best.money
        and item.money is not None
        and best.money is not None
        and item.money.currency == best.money.currency
        and (item.codes or found.roles.get(item))
    }
    near = {
        item.money for item in usable
        if item.money in rivals and found.segments.index(item.start) == sentence
    }  # fmt: skip
    alike = {
        item.money for item in usable
        if item.money in rivals and found.roles.get(item) == found.roles.get(best)
    }  # fmt: skip
    told = any(item.money in rivals and _is_told(item, found) for item in usable)
    if near or alike or told or (rivals and not labelled):
        reasons.append(Reason.TWO_AMOUNTS)
    if best.ambiguous:
        reasons.append(Reason.AMBIGUOUS_CURRENCY)
    if best.inferred:
        reasons.append(Reason.NO_CURRENCY)
    return tuple(reasons)


def _is_told(item: Amount, found: Findings) -> bool:
    """Whether an amount follows an event phrase of its own: "Purchase of EUR 20"."""
    return any(
        hit.phrase.kind == "event" and hit.name in _BOOKED and 0 <= item.start - hit.end <= _PAIR
        for hit in found.hits
    )


_BOOKED = {event.value for event in Event if event.books}


def _only_one(found: Findings, event: Event) -> Amount | None:
    """The only amount that is no balance, limit or fee, whatever it is called: "EMI of Rs 500 has
    been debited", "we have your 500 TL for your card's debt"."""
    called = {"other", "original", *(("due_total",) if event is Event.CARD_PAYMENT else ())}
    left = [
        item
        for item in found.amounts
        if item.money is not None
        and item.money.minor
        and item.codes
        and found.roles.get(item) in called
    ]
    return left[0] if len(left) == 1 else None


# "Bonus of 20.00 credited", "school fees 20.00 paid": perhaps what it is for, perhaps a part of it.
_PARTS = {"cashback", "fee", "tax", "tip"}


def _only_part(found: Findings) -> Amount | None:
    """The only amount of the message, where it is called by a word for a part of an amount."""
    stated = [item for item in found.amounts if item.money is not None and item.codes]
    parts = [item for item in stated if found.roles.get(item) in _PARTS]
    return parts[0] if len(parts) == len(stated) == 1 else None


def _labelled_as_event(
    found: Findings, decision: Decision
) -> tuple[Amount | None, tuple[Reason, ...]]:
    """Fees, interest, refunds: an amount whose only label is the event's own name."""
    if decision.event not in (Event.FEE, Event.INTEREST, Event.REFUND):
        return None, ()
    for item in found.amounts:
        role = found.roles.get(item)
        stated = item.money is not None and bool(item.money.minor) and bool(item.codes)
        if stated and role in ("fee", "cashback", "other", "tax"):
            return item, ()
    return None, ()
