"""What each amount of a message is: the transaction's, a balance, a limit, a fee … Pure."""

from __future__ import annotations

import re
from bisect import bisect_left

from extraction.extractors.amounts import Amount
from extraction.extractors.masking import MASK
from extraction.extractors.phrases import Hit
from extraction.extractors.segments import line_bounds

# Labels that may follow their amount: "500 available".
_SAID_AFTER = frozenset(
    ["balance", "available", "credit_limit", "fee", "tax", "tip", "cashback", "minimum_due"]
)
# "Oplata" is a fee in Polish and a purchase in Uzbek.
_SPENT = frozenset({"purchase", "debit"})
MAIN_ROLES = frozenset({"amount", "total"})
_MAX_GAP = 42
_ONLY_MARKS = re.compile(r"[\s:=\-–>|.,(\[*]*")
# A number without currency and decimals counts as money only right after its label.
_PLAIN_LINK = re.compile(r"[ \t]?[:=：]\s{0,2}|\t|[ ](?:is|of|de|by|for)[ ]")
_BREAKS = re.compile(r"[.!?;]\s|\n|。")
_TIGHT_AFTER = re.compile(r"[\s:)\]\-/,.]{0,3}(?:is|as|of|de|en|in|your|的)?\s?")


def assign_roles(text: str, amounts: list[Amount], hits: list[Hit]) -> dict[Amount, str]:
    """The role of each amount that a label claims. `text` is the masked folded text."""
    happened = {hit.start for hit in hits if hit.kind == "event" and hit.name in _SPENT}
    labels = _longest(
        [
            hit
            for hit in hits
            if hit.kind == "label" and not (hit.name == "fee" and hit.start in happened)
        ]
    )
    starts = [amount.start for amount in amounts]
    roles: dict[Amount, str] = {}
    floor = 0
    for number, amount in enumerate(amounts):
        ceiling = amounts[number + 1].start if number + 1 < len(amounts) else len(text)
        money = bool(amount.codes or amount.shaped)
        role = (
            _from_header(text, amount, labels)
            or _from_around(amount, labels)
            or _from_left(text, amount, labels, floor)
        )
        if role is None and money:
            role = _from_right(text, amount, labels, ceiling, starts)
        floor = amount.end if money else floor
        if role:
            roles[amount] = role
    return roles


def _longest(labels: list[Hit]) -> list[Hit]:
    """Labels without those inside a longer one: "minimum amount due" is no "amount"."""
    kept: list[Hit] = []
    for hit in sorted(labels, key=lambda hit: (hit.start - hit.end, hit.start)):
        if not any(other.start < hit.end and hit.start < other.end for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)


def _from_around(amount: Amount, labels: list[Hit]) -> str | None:
    """ "You have 20.00 left"."""
    around = (hit.name for hit in labels if hit.start < amount.start and amount.end < hit.end)
    return next(around, None)


def _from_left(text: str, amount: Amount, labels: list[Hit], floor: int) -> str | None:
    for hit in reversed(labels):
        if hit.end > amount.start:
            continue
        if hit.start < floor and hit.end > floor:
            continue
        if hit.end < floor or amount.start - hit.end > _MAX_GAP:
            return None
        between = text[hit.end : amount.start]
        if not (amount.codes or amount.shaped):
            decimal = "." in amount.token and between == " "
            if not decimal and not _PLAIN_LINK.fullmatch(between):
                return None
        if _ONLY_MARKS.fullmatch(between):
            return _specific(text, hit, labels) if between.count("\n") <= 2 else None
        if _BREAKS.search(between) or "\t" in between.strip("\t "):
            return None
        return hit.name
    return None


def _specific(text: str, hit: Hit, labels: list[Hit]) -> str:
    """ "Available amount:" is what is available: the word beside a plain "amount" says which."""
    if hit.name not in MAIN_ROLES:
        return hit.name
    beside = (
        other.name
        for other in labels
        if other.name not in MAIN_ROLES
        and 0 <= hit.start - other.end <= 1
        and not text[other.end : hit.start].strip(" ")
    )
    return next(beside, hit.name)


def _from_right(
    text: str, amount: Amount, labels: list[Hit], ceiling: int, starts: list[int]
) -> str | None:
    for hit in labels:
        if hit.start < amount.end:
            continue
        if hit.name not in _SAID_AFTER:
            continue
        if hit.start >= ceiling or hit.start - amount.end > 12:
            return None
        if not _TIGHT_AFTER.fullmatch(text[amount.end : hit.start]):
            return None
        if "\n" in text[amount.end : hit.start]:
            return None
        follows = bisect_left(starts, hit.end)
        if follows < len(starts) and _ONLY_MARKS.fullmatch(text[hit.end : starts[follows]]):
            return None  # it labels the next amount
        if follows < len(starts) and _begins_sentence(text, amount.end, hit, starts[follows]):
            return None
        if text[hit.end : hit.end + 1] == ":":
            return None
        return hit.name
    return None


def _begins_sentence(text: str, before: int, hit: Hit, following: int) -> bool:
    """ "8,40EUR. Balance on 06/05: 512,30EUR": a label that begins a sentence speaks of the amount
    in that sentence."""
    between = text[hit.end : following]
    return (
        "." in text[before : hit.start]
        and len(between) <= _MAX_GAP
        and _BREAKS.search(between) is None
    )


def _from_header(text: str, amount: Amount, labels: list[Hit]) -> str | None:
    """The label in the same column of the row above, in a table of header row and value row."""
    start, end = line_bounds(text, amount.start)
    row = text[start:end]
    if "\t" not in row or start == 0:
        return None
    above_start, above_end = line_bounds(text, start - 1)
    above = text[above_start:above_end]
    if above.count("\t") != row.count("\t") or MASK in above:
        return None
    column = text.count("\t", start, amount.start)
    cell_start = above_start
    for _ in range(column):
        cell_start = text.index("\t", cell_start) + 1
    cell_end = text.find("\t", cell_start, above_end)
    cell_end = above_end if cell_end < 0 else cell_end
    for hit in labels:
        if cell_start <= hit.start and hit.end <= cell_end:
            return hit.name
    return None
