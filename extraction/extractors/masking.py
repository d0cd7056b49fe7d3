"""A text whose amounts are hidden, for a phrase to say "an amount stands here". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from extraction.extractors.amounts import Amount

MASK = "\ue000"
MASK_TAIL = "\ue001"
# "20 kr. til Ann": the point belongs to the currency.
_ABBREVIATED = re.compile(r"(?<=kr|лв|уб|рн)\.(?= [^\W\d])")


def mask(folded: str, amounts: Iterable[Amount]) -> str:
    """The folded text with each amount replaced by MASK + MASK_TAIL…, length unchanged."""
    parts: list[str] = []
    position = 0
    for amount in amounts:
        if not amount.codes and not amount.shaped:
            continue
        parts += (folded[position : amount.start], MASK)
        position = amount.end + (_ABBREVIATED.match(folded, amount.end) is not None)
        parts.append(MASK_TAIL * (position - amount.start - 1))
    parts.append(folded[position:])
    return "".join(parts)
