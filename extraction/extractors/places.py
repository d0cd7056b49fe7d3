"""Which countries a message speaks of: evidence for `$`, `kr`, `Rs` and date order. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from itertools import count
from pathlib import Path

from extraction.document import Document, fold
from extraction.extractors.currencies import currency_of

_TLD = {"uk": "GB"}
# Top-level domains sold to everybody.
_GENERIC_TLD = frozenset([
    "co", "io", "me", "tv", "ai", "cc", "to", "ly", "gg", "fm", "am", "is",
])  # fmt: skip

LANGUAGE_COUNTRIES = {
    "de": ("DE", "AT", "CH"), "fr": ("FR", "BE", "CH", "CA"), "it": ("IT",), "nl": ("NL", "BE"),
    "pl": ("PL",), "ru": ("RU", "KZ"), "uk": ("UA",), "tr": ("TR",), "he": ("IL",), "fa": ("IR",),
    "hi": ("IN",), "mr": ("IN",), "ta": ("IN",), "id": ("ID",), "ms": ("MY",), "th": ("TH",),
    "vi": ("VN",), "zh": ("CN",), "ja": ("JP",), "my": ("MM",), "ko": ("KR",), "sv": ("SE",),
    "da": ("DK",), "no": ("NO",), "fi": ("FI",), "cs": ("CZ",), "sk": ("SK",), "hu": ("HU",),
    "ro": ("RO",), "el": ("GR",), "fil": ("PH",), "bn": ("BD",), "si": ("LK",), "ka": ("GE",),
    "kk": ("KZ",), "sr": ("RS",), "hr": ("HR",), "bg": ("BG",), "az": ("AZ",), "hy": ("AM",),
    "uz": ("UZ",), "ne": ("NP",), "pt": ("BR",), "es": ("MX", "CO", "AR", "CL"), "ar": ("SA",),
    "sw": ("TZ", "KE"), "sl": ("SI",), "lt": ("LT",), "lv": ("LV",), "et": ("EE",), "is": ("IS",),
    "mn": ("MN",), "km": ("KH",), "am": ("ET",), "en": (),
}  # fmt: skip


# Characters that are written otherwise on the mainland.
_TRADITIONAL = re.compile("[帳戶餘額銀轉號費於會賬匯單訊請點們]")

# Whose currency tells nothing of the language: it is the currency of many.
_SHARED = frozenset({"EUR", "USD"})


@cache
def _languages_by_currency() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for language, countries in LANGUAGE_COUNTRIES.items():
        for code in {currency_of(country) for country in countries} - {None, *_SHARED}:
            table.setdefault(str(code), []).append(language)
    return table


def native_languages(marks: Iterable[tuple[str, ...]]) -> list[str]:
    """The languages of the countries whose currency a mark can only mean; `marks` are the
    currencies that each can mean."""
    sure = dict.fromkeys(codes[0] for codes in marks if len(codes) == 1)
    return [language for code in sure for language in _languages_by_currency().get(code, ())]


# How numbers and telephones are written in a country, where a folded word makes it worth a look.
# (American clock zones tell nothing: Canada has the same, and another dollar.)
_HABITS = (
    (
        "IN",
        0.6,
        "",
        re.compile(r"\b1800\d{6,8}\b|(?<![\d,])\d{1,2},\d\d,\d{3}(?!\d)|\+91\b|\blakhs?\b"),
    ),
    ("PK", 1.0, "rs", re.compile(r"(?<!\d)03\d\d[-*\d]{5,8}(?!\d)")),
    ("CM", 0.6, "cfa", re.compile(r"(?<!\d)6[5-9]\d{7}(?!\d)|\(6\d\d\*{2,6}\d\d\)")),
    ("SN", 0.6, "cfa", re.compile(r"(?<!\d)7[05-8]\d{7}(?!\d)")),
    ("CI", 0.6, "cfa", re.compile(r"(?<!\d)0[157]\d{8}(?!\d)")),
)
# A telephone number with its country's code, and codes whose countries share a currency sign.
_TELEPHONE = re.compile(r"\+(\d[\d ()-]{7,16}\d)(?![.,]\d)")
_CALLING_CODES = {
    "220": "GM", "221": "SN", "223": "ML", "225": "CI", "226": "BF", "227": "NE", "228": "TG",
    "229": "BJ", "230": "MU", "234": "NG", "235": "TD", "236": "CF", "237": "CM", "240": "GQ",
    "241": "GA", "242": "CG", "254": "KE", "255": "TZ", "256": "UG", "591": "BO", "593": "EC",
    "598": "UY", "852": "HK", "886": "TW", "962": "JO", "964": "IQ", "965": "KW", "966": "SA",
    "968": "OM", "971": "AE", "973": "BH", "974": "QA", "977": "NP", "212": "MA", "213": "DZ",
    "216": "TN", "218": "LY", "20": "EG", "45": "DK", "46": "SE", "47": "NO", "52": "MX",
    "54": "AR", "56": "CL", "57": "CO", "58": "VE", "61": "AU", "64": "NZ", "65": "SG",
    "92": "PK", "94": "LK", "354": "IS",
}  # fmt: skip


@cache
def _words() -> tuple[dict[str, str], dict[str, list[tuple[int, str, str]]], tuple[str, ...]]:
    """Single words → country; for what has several words: first word → (place in the file, phrase,
    country); and those first words that are not a text's own words (of other scripts, "e.sun")."""
    data = tomllib.loads((Path(__file__).parent / "countries.toml").read_text(encoding="utf-8"))
    singles: dict[str, str] = {}
    phrases: dict[str, list[tuple[int, str, str]]] = {}
    places = count()
    for country, words in data.items():
        for word in map(fold, words):
            if word.isalpha() and word.isascii():
                singles[word] = country
            else:
                phrases.setdefault(word.split()[0], []).append((next(places), word, country))
    odd = tuple(first for first in phrases if not (first.isalpha() and first.isascii()))
    return singles, phrases, odd


def countries_of(document: Document, words: list[str], languages: list[str]) -> dict[str, float]:
    """Country → weight, from the account, the sender's domain, names and rails, and `languages`:
    the one that the message is in, or two that explain it equally well."""
    weights: dict[str, float] = {}

    def add(country: str, weight: float) -> None:
        weights[country] = weights.get(country, 0.0) + weight

    if document.country:
        add(document.country.upper(), 5.0)
    if document.sender and (country := _domain_country(document.sender)):
        add(country, 4.0)
    singles, phrases, odd = _words()
    name = fold(document.sender_name or "")
    said = dict.fromkeys((*words, *name.split()))
    for word in said:
        if word in singles:
            add(singles[word], 1.0)
    folded = f"{document.folded}\n{name}"
    firsts = {*phrases.keys() & said.keys(), *(first for first in odd if first in folded)}
    named = [
        (place, country)
        for first in firsts
        for place, phrase, country in phrases[first]
        if phrase in folded
    ]
    for _, country in sorted(named):
        add(country, 1.5)
    for country, weight, word, habit in _HABITS:
        if word in folded and habit.search(folded):
            add(country, weight)
    for country in _called(folded):
        add(country, 1.0)
    for rank, language in enumerate(languages):
        spoken = LANGUAGE_COUNTRIES.get(language, ())
        if language == "zh" and _TRADITIONAL.search(document.folded):
            spoken = ("TW", "HK")
        for place, country in enumerate(spoken):
            add(country, 0.9 - 0.1 * place - 0.05 * rank)
    return weights


def _called(folded: str) -> set[str]:
    """The countries of the telephone numbers in a message."""
    if "+" not in folded:
        return set()
    numbers = (re.sub(r"\D", "", match[1]) for match in _TELEPHONE.finditer(folded))
    codes = (_CALLING_CODES.get(n[:3]) or _CALLING_CODES.get(n[:2]) for n in numbers)
    return {country for country in codes if country}


def _domain_country(sender: str) -> str | None:
    tld = sender.rpartition(".")[2].lower().strip("> ")
    if tld in _TLD:
        return _TLD[tld]
    if len(tld) != 2 or tld in _GENERIC_TLD:
        return "CO" if sender.lower().endswith(".com.co") else None
    return tld.upper() if currency_of(tld.upper()) else None
