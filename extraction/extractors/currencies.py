"""Which currencies a sign, code or name beside a number can mean. Pure; data in currencies.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from extraction.document import fold

# Languages whose CLDR currency names are understood.
NAME_LANGUAGES = [
    "en", "es", "pt", "fr", "de", "it", "nl", "pl", "ru", "uk", "tr", "ar", "he", "fa", "hi",
    "id", "ms", "th", "vi", "zh", "zh_Hant", "ja", "ko", "sv", "da", "nb", "fi", "cs", "hu",
    "ro", "el", "sw", "fil", "bn", "si", "ka", "kk", "sr", "hr", "bg", "sk", "az", "hy", "uz",
]  # fmt: skip

# Codes that are words or names of their own in capitals: only beside a number, never lower case.
_WORD_CODES = frozenset([
    "ALL", "TOP", "CUP", "SOS", "PEN", "MAD", "LAK", "TRY", "BAM", "COP", "BOB", "RON", "GEL",
    "NAD", "DOP", "SAR",
])  # fmt: skip
# Codes that are English words: "ALL 5 cards", "TOP 10".
_ONLY_AFTER = frozenset(["ALL", "TOP", "CUP", "SOS"])
# Short lower-case words that still mean money beside a number.
_SHORT_OK = frozenset([
    "rs", "kr", "tk", "rp", "rm", "ft", "zl", "zł", "kc", "kč", "tl", "ks", "sh", "kn", "dh",

])  # fmt: skip


@dataclass(frozen=True, slots=True)
class CurrencyMark:
    """What stands beside a number: the codes it can mean, the likeliest first."""

    codes: tuple[str, ...]
    length: int


@cache
def _data() -> dict[str, Any]:
    text = (Path(__file__).parent / "currencies.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    return data


@cache
def multipliers() -> dict[str, int]:
    """Folded words after a number that multiply it."""
    return {fold(word): int(factor) for word, factor in _data()["multipliers"].items()}


@cache
def _current_codes() -> frozenset[str]:
    """Currencies that are, or lately were, legal tender somewhere."""
    territories = get_global("territory_currencies")
    codes = {
        entry[0]
        for entries in territories.values()
        for entry in entries
        if entry[2] is None and entry[3]
    }
    return frozenset(codes) | {"HRK", "BGN", "ZWL", "VES", "ANG", "SLL", "BYN", "IRT"}


@cache
def marks() -> dict[str, tuple[str, ...]]:
    """Folded sign, code or name → codes. Hand-made data wins over CLDR's names."""
    table: dict[str, tuple[str, ...]] = {}
    for language in NAME_LANGUAGES:
        for name, code in _cldr_names(language):
            if len(name) > 2 and not name[0].isdigit():
                table.setdefault(name, (code,))
    for code in _current_codes():
        table[code.lower()] = (code,)
    for section in ("names", "signs"):
        for mark, codes in _data()[section].items():
            table[fold(mark)] = tuple(codes)
    return table


@cache
def _lengths(at: int) -> dict[str, tuple[int, ...]]:
    """How long the marks are that have a character at their beginning (0) or end (-1), the longest
    first."""
    lengths: dict[str, set[int]] = {}
    for mark in marks():
        lengths.setdefault(mark[at], set()).add(len(mark))
    return {char: tuple(sorted(some, reverse=True)) for char, some in lengths.items()}


@cache
def _raw_marks() -> frozenset[str]:
    """Signs with their accents: "đ" is money, "é" is a word."""
    return frozenset(mark.lower() for mark in _data()["signs"])


def _cldr_names(language: str) -> list[tuple[str, str]]:
    locale = Locale.parse(language)
    current = _current_codes()
    names = [(fold(name), code) for code, name in locale.currencies.items() if code in current]
    plurals = locale._data.get("currency_names_plural", {})
    names += [
        (fold(name), code)
        for code, forms in plurals.items()
        if code in current
        for name in forms.values()
    ]
    return names


@cache
def _label() -> re.Pattern[str]:
    words = "|".join(re.escape(fold(word)) for word in _data()["labels"])
    return re.compile(rf"(?:^|[\n\t,;|])[ ]?(?:{words})[ ]?[:=\t\n][\s]{{0,3}}", re.MULTILINE)


# "TK 4321(VND)": an account and its currency.
_ACCOUNT_CURRENCY = re.compile(r"\d\(([A-Z]{3})\)")


def stated_currency(folded: str, normalized: str) -> str | None:
    """The currency that a label of its own names, or the account, if it can mean only one."""
    of_account = _ACCOUNT_CURRENCY.search(normalized)
    starts = [match.end() for match in _label().finditer(folded)]
    for start in (*starts, *([of_account.start(1)] if of_account else [])):
        mark = mark_after(folded, normalized, start)
        if mark is not None and len(mark.codes) == 1:
            return mark.codes[0]
    return None


def mark_before(folded: str, normalized: str, end: int) -> CurrencyMark | None:
    """The currency mark that ends at `end` (a space or colon may stand between)."""
    table = marks()
    if not end:
        return None
    for length in _lengths(-1).get(folded[end - 1], ()):
        start = end - length
        if start < 0 or length > 14:
            continue
        codes = table.get(folded[start:end])
        if (
            codes is not None
            and _stands_alone(normalized, start, end)
            and _cased(normalized[start:end], codes, before=True)
        ):
            return CurrencyMark(codes, length)
    return None


def mark_after(folded: str, normalized: str, start: int) -> CurrencyMark | None:
    """The currency mark that starts at `start`."""
    table = marks()
    longest = min(20, len(folded) - start)
    for length in _lengths(0).get(folded[start : start + 1], ()):
        if length > longest:
            continue
        end = start + length
        codes = table.get(folded[start:end])
        if (
            codes is not None
            and _ends_alone(normalized, start, end)
            and _cased(normalized[start:end], codes, before=False)
        ):
            return CurrencyMark(codes, length)
    return None


def _stands_alone(text: str, start: int, end: int) -> bool:
    first = text[start]
    if not first.isalpha() or start == 0 or (_spaceless(first) and first > "\u0eff"):
        return True
    before = text[start - 1]
    if "\u0e00" <= first <= "\u0eff":
        return not "\u0e00" <= before <= "\u0eff"
    return not (before.isalnum() or before == "_") or _spaceless(before)


def _ends_alone(text: str, start: int, end: int) -> bool:
    last = text[end - 1]
    if not last.isalpha() or _spaceless(last) or end == len(text):
        return True
    after = text[end]
    return not after.isalnum() or _spaceless(after) or (after.isdigit() and end - start >= 3)


def _spaceless(char: str) -> bool:
    """Whether the script of this letter is written without spaces between words."""
    return "\u0e00" <= char <= "\u0eff" or "\u3040" <= char <= "\u9fff" or "가" <= char <= "힣"


def _cased(mark: str, codes: tuple[str, ...], *, before: bool) -> bool:
    """Whether short marks are written as a currency is, and not as a word of the language."""
    if not mark.isascii():
        return (len(mark) > 2 or mark.lower() in _raw_marks()) and not (mark in "сС" and before)
    if not mark.isalpha():
        return mark != "/=" or not before
    if before and mark.upper() in _ONLY_AFTER:
        return False
    if len(mark) == 1:
        return mark.isupper() and (before or mark == "F")
    if len(mark) == 2:
        return not mark.islower() or mark.lower() in _SHORT_OK
    return mark.isupper() or codes[0] not in _WORD_CODES or mark.upper() not in _WORD_CODES


@cache
def currency_of(country: str) -> str | None:
    """The currency of a country (ISO 3166), from CLDR."""
    codes: list[str] = get_territory_currencies(country)
    return codes[0] if codes else None
