"""Account, card and wallet hints: XX1234, ending 4321, masked IBANs, 尾号1234. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extraction.extractors.phrases import Hit

_MASK = "xX*•●∙·#…✱＊х"
# Digits behind a mask: "XX1234", "**** **** 1234", "...4321", "4111-XXXX-XXXX-1234".
# Possessive quantifiers: a long run of mask characters is walked once.
_MASKED = re.compile(
    rf"(?:(?<=[Aa]/[Cc])|(?<=[Aa]cct)|(?<![\w/{_MASK}]))(?:[A-Z]{{2}}\d{{2}}[ ]?)?"
    rf"(?:\d{{2,6}}+[ -]?)?(?:[{_MASK}]{{1,20}}+[ -]?+|\.{{2,12}}+[ ]?+){{1,8}}+"
    rf"(\d{{2,10}})(?![A-Za-z0-9%]|[.,]\d)"
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)")
_LINK = re.compile(
    r"[\s:#.\-'\"(\[]{0,4}(?:(?:no|nr|nro|num|number|numero|n[o°º]|№|id|ending|in|with|is|con|em|"
    r"en|de|mit|number:|sou|sob)[\s.:#]{0,3}){0,2}[\s:#.\-(\[*]{0,3}"
)
_DIGITS = re.compile(
    r"(?:\d{2,6}[ -]?[xX*•#]{2,12}[ -]?)?(\d[\d -]{2,24}\d|\d{3})(?![A-Za-z0-9]|[.,:/]\d)"
)
_LONG = re.compile(r"\d{3,20}$")


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """Digits of an account and the span that shows them."""

    digits: str
    start: int
    end: int
    weight: float


def find_accounts(text: str, folded: str, hits: list[Hit], blocked: set[int]) -> list[FoundAccount]:
    """Account hints, best first. `blocked` are positions of amounts and dates, which are no
    account numbers."""
    found = [*_masked(text, blocked), *_labelled(text, folded, hits, blocked), *_ibans(text)]
    own = [hit.end for hit in hits if hit.kind == "own"]
    other = [hit.end for hit in hits if hit.kind == "party"]
    scored = [
        FoundAccount(item.digits, item.start, item.end, _weight(item, text, own, other))
        for item in found
    ]
    return sorted(scored, key=lambda item: (-item.weight, item.start))


def _weight(item: FoundAccount, text: str, own: list[int], other: list[int]) -> float:
    weight = item.weight - item.start / 4000
    if any(0 <= item.start - end <= 32 and "\n" not in text[end : item.start] for end in own):
        weight += 1.0
    if any(0 <= item.start - end <= 14 for end in other):
        weight -= 0.6
    return weight


def _masked(text: str, blocked: set[int]) -> list[FoundAccount]:
    found: list[FoundAccount] = []
    for match in _MASKED.finditer(text):
        if match.start(1) in blocked or len(match[1]) < 3:
            continue
        if match[0] == f"#{match[1]}":
            continue  # a number of something: only a label makes it an account's
        found.append(FoundAccount(match[1], match.start(), match.end(), 1.0))
    return found


def _labelled(text: str, folded: str, hits: list[Hit], blocked: set[int]) -> list[FoundAccount]:
    found: list[FoundAccount] = []
    for hit in hits:
        if hit.kind != "account":
            continue
        if hit.name == "after":
            found += _digits_left(text, hit, blocked)
            continue
        link = _LINK.match(folded, hit.end)
        position = link.end() if link else hit.end
        match = _DIGITS.match(text, position)
        if match is None or match.start(1) in blocked:
            continue
        digits = re.sub(r"\D", "", match[1])
        if len(digits) >= 3:
            weight = 1.1 if hit.name == "ending" else 0.8
            found.append(FoundAccount(digits, match.start(), match.end(), weight))
    return found


def _digits_left(text: str, hit: Hit, blocked: set[int]) -> list[FoundAccount]:
    """Digits that stand before their label: "1234 ile biten kartınız"."""
    left = text[max(0, hit.start - 24) : hit.start].rstrip(" '’")
    match = _LONG.search(left)
    if match is None:
        return []
    end = max(0, hit.start - 24) + len(left)
    start = end - len(match[0])
    return [] if start in blocked else [FoundAccount(match[0], start, end, 1.1)]


def _ibans(text: str) -> list[FoundAccount]:
    return [
        FoundAccount(re.sub(r"\D", "", match[0])[-4:], match.start(), match.end(), 0.7)
        for match in _IBAN.finditer(text)
        if sum(map(str.isdigit, match[0])) >= 10
    ]
