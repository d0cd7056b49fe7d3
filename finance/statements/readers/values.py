"""Dates and amounts as statements write them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache

from finance.money import InvalidMoney, Money, exponent

_SPACES = re.compile(r"[\s'\u00a0\u202f\u2009’]")
_SIGNS = "A-Za-z€$£¥₹₽₺₩₪₫₦₱฿"
_MARKS = re.compile(rf"(?<!\d)[{_SIGNS}][{_SIGNS}.]{{0,3}}(?=[-+(\d])|(?<=[\d)])[{_SIGNS}]{{1,4}}$")
_TAIL = re.compile(r"(?i)(dr|cr|[dcsh])\.?$")
_LAST_MARK = re.compile(r"([.,])(\d+)\D*$")
# What most amounts look like, by their mark: read by itself, in a fifth of the time.
_USUAL = {
    mark: re.compile(rf"(-?[0-9]{{1,15}})(?:{re.escape(mark)}([0-9]{{1,3}}))?") for mark in ".,"
}
ORDERS = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y",
    "%b %d, %Y", "%d %B %Y", "%d%m%Y", "%Y.%m.%d",
)  # fmt: skip


@lru_cache(maxsize=4096)
def parse_day(text: str, order: str) -> date:
    """Raises ValueError. A time behind the day is left out."""
    plain = " ".join(text.split())
    heads = [plain, plain.split("T")[0] if "T" in plain[8:12] else plain.rsplit(" ", 1)[0]]
    for head in heads:
        with suppress(ValueError):
            return datetime.strptime(head, order).date()  # noqa: DTZ007 # a day has no zone
    raise ValueError(f"“{text}” is no day.")


def order_of(texts: Iterable[str], currency: str = "") -> str | None:
    """The order in which the most of these dates can be read: with one day beyond the twelfth it
    is certain. Of several the commoner; where it is about dollars, the month first."""
    days = Counter(text for text in texts if text.strip())
    best, most = None, 0
    month_first = [order for order in ORDERS if order.startswith("%m")]
    for order in (*(month_first if currency == "USD" else ()), *ORDERS):
        read = sum(times for text, times in days.items() if _fits(text, order))
        if read > most:
            best, most = order, read
    return best


def _fits(text: str, order: str) -> bool:
    try:
        return 1970 <= parse_day(text, order).year <= 2100
    except ValueError:
        return False


def decimal_mark(texts: Iterable[str]) -> str:
    """ "," or ".": what stands before the cents in a column of amounts. "1.234" alone says
    nothing."""
    votes = {",": 0, ".": 0}
    for text in texts:
        plain = _SPACES.sub("", text)
        found = _LAST_MARK.search(plain)
        if found is not None and (len(found[2]) != 3 or ("," in plain and "." in plain)):
            votes[found[1]] += 1
    return "," if votes[","] > votes["."] else "."


def parse_amount(text: str, currency: str, mark: str = ".") -> Money:
    """A signed amount: -1.234,56 · (12.50) · 12.50- · 12.50 DR · € 5. Raises InvalidMoney."""
    usual = _USUAL[mark].fullmatch(text)
    if usual is not None and len(cents := usual[2] or "") <= (places := exponent(currency)):
        return Money(int(usual[1] + cents.ljust(places, "0")), currency)
    plain = _SPACES.sub("", text)
    tail = _TAIL.search(plain)
    sign = 1
    if tail and tail.start() and plain[tail.start() - 1].isdigit():
        sign = -1 if tail[1].lower() in ("dr", "d", "s") else 1
        plain = plain[: tail.start()]
    plain = _MARKS.sub("", plain).replace("−", "-")
    if plain.startswith("(") and plain.endswith(")"):
        sign, plain = -sign, plain[1:-1]
    if plain.endswith(("-", "+")):
        sign, plain = -sign if plain[-1] == "-" else sign, plain[:-1]
    other = "." if mark == "," else ","
    plain = _MARKS.sub("", plain).replace(other, "").replace(mark, ".").lstrip("+")
    if not re.fullmatch(r"-?\d+(?:\.\d*)?|-?\.\d+", plain):
        raise InvalidMoney(f"“{text}” is no amount.")
    money = Money.parse(plain, currency)
    return -money if sign < 0 else money
