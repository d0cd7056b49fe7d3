"""Numbers as people write them: 1.234,56 · 1,23,456.00 · 1'250.77 · 1 234,56 · .93. Pure."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

# A number token in normalised text. Space and apostrophe group only exact threes; the caller
# decides whether a space-grouped number is believable there. What must stand before it is asked
# behind its first character, so that the search is for that one (see `dates`).
NUMBER = re.compile(
    r"[\d.](?<!\d.)(?<!\d[.,].)"
    r"(?:(?<=\d)\d{0,2}(?:[ ']\d{3})+(?:[.,]\d{1,3})?(?![\d'])(?![.,]\d)"
    r"|(?<=\d)(?:[\d.,]*\d)?"
    r"|(?<=[\s$£€₹:]\.)\d{1,2}(?!\d))"
)

THREE_DECIMALS = frozenset({"KWD", "BHD", "OMR", "TND", "JOD", "LYD"})
_COMMA_DECIMAL_THREE = frozenset({"TND", "LYD"})


def parse_number(token: str, currency: str | None = None) -> Decimal | None:
    """The value of a number token; `currency` settles "1.234", which is a thousand and more except
    where money has three decimals. None for what is no number (an IP address, a date)."""
    token = token.replace(" ", "").replace("'", "")
    dots, commas = token.count("."), token.count(",")
    if dots and commas:
        plain = _mixed(token)
    elif dots or commas:
        plain = _single(token, "." if dots else ",", currency)
    else:
        plain = token
    if plain is None:
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


def _mixed(token: str) -> str | None:
    decimal_mark = "." if token.rfind(".") > token.rfind(",") else ","
    group_mark = "," if decimal_mark == "." else "."
    if token.count(decimal_mark) > 1:
        return None
    whole, _, fraction = token.rpartition(decimal_mark)
    groups = whole.split(group_mark)
    if not _grouped(groups):
        return None
    return "".join(groups) + "." + fraction


def _single(token: str, mark: str, currency: str | None) -> str | None:
    groups = token.split(mark)
    if len(groups) > 2:
        if _grouped(groups):
            return "".join(groups)
        # "1,234,56": thousands, then decimals with the same mark
        return "".join(groups[:-1]) + "." + groups[-1] if _grouped(groups[:-1]) else None
    whole, fraction = groups
    if len(fraction) != 3 or not whole or whole == "0" or len(whole) > 3:
        return f"{whole or '0'}.{fraction}"
    three = _COMMA_DECIMAL_THREE if mark == "," else THREE_DECIMALS
    return f"{whole}.{fraction}" if currency in three else whole + fraction


def _grouped(groups: list[str]) -> bool:
    """Western groups of three, or Indian groups of two before a last three."""
    first, *rest = groups
    if not 1 <= len(first) <= 3 or not rest:
        return not rest
    return len(rest[-1]) == 3 and (
        all(len(group) == 3 for group in rest) or all(len(group) == 2 for group in rest[:-1])
    )
