"""Which countries a message speaks of: evidence for `$`, `kr`, `Rs` and date order. Pure."""

from __future__ import annotations

import re
import tomllib
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


# How numbers are written: Indian lakh grouping and free numbers. (American clock zones tell
# nothing: Canada has the same, and another dollar.)
_HABITS = (
    (
        "IN",
        0.6,
        re.compile(r"\b1800\d{6,8}\b|(?<![\d,])\d{1,2},\d\d,\d{3}(?!\d)|\+91\b|\blakhs?\b"),
    ),
)


@cache
def _words() -> tuple[dict[str, str], dict[str, list[tuple[int, str, str]]]]:
    """Single words → country, and for what has several words: first word → (place in the file,
    phrase, country)."""
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
    return singles, phrases


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
    singles, phrases = _words()
    for word in dict.fromkeys(words):
        if word in singles:
            add(singles[word], 1.0)
    folded = document.folded
    named = [
        (place, country)
        for first, beginning in phrases.items()
        if first in folded
        for place, phrase, country in beginning
        if phrase in folded
    ]
    for _, country in sorted(named):
        add(country, 1.5)
    for country, weight, habit in _HABITS:
        if habit.search(folded):
            add(country, weight)
    for rank, language in enumerate(languages):
        for place, country in enumerate(LANGUAGE_COUNTRIES.get(language, ())):
            add(country, 0.9 - 0.1 * place - 0.05 * rank)
    return weights


def _domain_country(sender: str) -> str | None:
    tld = sender.rpartition(".")[2].lower().strip("> ")
    if tld in _TLD:
        return _TLD[tld]
    if len(tld) != 2 or tld in _GENERIC_TLD:
        return "CO" if sender.lower().endswith(".com.co") else None
    return tld.upper() if currency_of(tld.upper()) else None
