"""Merchant and counterparty: the name beside "at", "Comercio:", "to", "işyerinde" … Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from extraction.extractors.phrases import Hit
from extraction.reading import Direction

_LEAD = re.compile(r"[\s:\-–|>\"'“(\[【「.#]*(?:VPA\s|linked\s)?")
_LONGEST = 60
# A point after an initial or a title ends no name.
_POINT = r"(?<!\b[A-Z])(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!e\.V)\."
_END = re.compile(
    rf"\n|\t|~|[;|!?。！？،؛]|{_POINT}(?=\s|$)|,(?=\s|\d|$)|[()\[\]{{}}\"“”<>「」【】《》]"
    rf"|\s-\s|\s–\s|:\s|[\s:](?=https?://)|{_POINT} ?(?=[A-Z][a-z]+ )|\s\*(?=\s)|/-"
)
_TRAIL = " \t-–,.:;/&|*'\"(_"
_NO_NAME = re.compile(r"[\d\s\W]*$")
_NAME_CASE = re.compile(r"[^\W\d_a-zß-öø-ÿа-я]|\d|@|[a-z0-9]+[.*@][a-z0-9]|[A-Z]")
# What follows a preposition in bank prose without being a name.
_NOT_NAMES = re.compile(
    r"(?:your|you|our|us|the|a/c|acct?|account|card|dear|https?:|www\.|any|this|this transaction"
    r"|su|tu|sua|votre|ihr|ihre[mnr]?|ihnen|dir|dich|sie|customer|bank account|debit card"
    r"|credit card|upi|neft|imps|rtgs)\b",
    re.IGNORECASE,
)
_STORE_NUMBER = re.compile(r"(?:\s+#?\d{3,}|\s+[*#]\s?[A-Z0-9]{4,})+$")
_PROCESSOR = re.compile(
    r"^(?:PAYPAL|PP|SQ|TST|SUMUP|SP|IZ|ZETTLE|MERCPAGO|MERCADOPAGO|MP|DLO|EBANX|GOOGLE|APPLE\.COM)"
    r"\s?\*\s?(?=\S{3})",
    re.IGNORECASE,
)


# A UPI handle or the like: the part before the provider is the payee.
_HANDLE = re.compile(r"([\w.-]{2,60})@\w+")
# A name that is a card or account is none.
_ACCOUNT_INSIDE = re.compile(r"\b(?:card|a/c|acct?|account|bank account)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundParty:
    """A name as written, its span and what introduced it."""

    raw: str
    start: int
    end: int
    kind: str
    score: float

    @property
    def clean(self) -> str:
        """The name without a payment processor's prefix and a store number."""
        handle = _HANDLE.fullmatch(self.raw)
        name = handle[1] if handle else _PROCESSOR.sub("", self.raw)
        name = _STORE_NUMBER.sub("", name).strip(_TRAIL)
        return " ".join(name.split()) or self.raw


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What ends a name: spans of amounts, dates, accounts and the like, and stop phrases."""

    starts: list[int]
    spans: list[tuple[int, int]]
    sentence: tuple[int, int]
    direction: Direction | None


_SCORES = {"label": 3.0, "at": 2.2, "on": 1.0, "to": 1.4, "from": 1.4, "before": 2.0, "by": 1.2}


def find_parties(text: str, hits: list[Hit], around: Surroundings) -> list[FoundParty]:
    """Names, the likeliest merchant or counterparty first. `text` is normalised."""
    found: list[FoundParty] = []
    for hit in hits:
        if hit.kind != "merchant":
            continue
        span = _left(text, hit, around) if hit.name == "before" else _right(text, hit, around)
        if span is None:
            continue
        raw = text[span[0] : span[1]]
        if not _is_name(raw, strict=hit.name != "label"):
            continue
        found.append(FoundParty(raw, *span, hit.name, _score(hit, span, around)))
    return sorted(found, key=lambda party: (-party.score, party.start))


def find_bare_name(text: str, around: Surroundings, after: int) -> FoundParty | None:
    """A name that nothing introduces: the first words in capitals between other fields, from
    `after` (the amount) on or, failing that, before it. None in a message all in capitals."""
    if text.isupper():
        return None
    cuts = sorted({0, len(text), *(place for span in around.spans for place in span)})
    chunks: list[tuple[int, int]] = []
    for start, end in pairwise(cuts):
        if any(first <= start and end <= last for first, last in around.spans):
            continue
        edges = [
            start,
            *(place for match in _END.finditer(text, start, end) for place in match.span()),
            end,
        ]
        chunks += list(pairwise(edges))
    found = [_trimmed(text, start, end) for start, end in chunks]
    names = [(start, end) for start, end in found if _in_capitals(text[start:end])]
    best = min(names, key=lambda span: (span[0] < after, span[0]), default=None)
    if best is None:
        return None
    return FoundParty(text[best[0] : best[1]], *best, "bare", 0.5)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _TRAIL:
        start += 1
    while end > start and text[end - 1] in _TRAIL:
        end -= 1
    return start, end


def _in_capitals(name: str) -> bool:
    letters = [char for char in name if char.isalpha()]
    if not 4 <= len(letters) <= 40 or _NOT_NAMES.match(name) or _ACCOUNT_INSIDE.search(name):
        return False
    return all(char.isupper() for char in letters) and len(letters) * 2 > len(name)


def _score(hit: Hit, span: tuple[int, int], around: Surroundings) -> float:
    score = _SCORES[hit.name]
    first, last = around.sentence
    if first <= hit.start < last:
        score += 1.5
    if hit.name == "from":
        score += 0.7 if around.direction is Direction.CREDIT else -1.3
    if hit.name in ("to", "at") and around.direction is Direction.CREDIT:
        score -= 0.8
    return score - span[0] / 5000


def _right(text: str, hit: Hit, around: Surroundings) -> tuple[int, int] | None:
    lead = _LEAD.match(text, hit.end)
    start = lead.end() if lead else hit.end
    skipped = text[hit.end : start]
    label = text[hit.start : hit.end]
    if hit.name == "label" and label.isupper() and not skipped.strip(" ") and not text.isupper():
        return None  # "TIENDA LA ESQUINA" is a name, "TIENDA: LA ESQUINA" has a label
    if skipped.count("\n") > 2 or ("\n" in skipped and hit.name != "label"):
        return None
    limit = min(len(text), start + _LONGEST)
    index = bisect_left(around.starts, start)
    if index < len(around.starts):
        limit = min(limit, around.starts[index])
    ending = _END.search(text, start, limit)
    end = ending.start() if ending else limit
    if not ending and limit == start + _LONGEST and limit < len(text):
        cut = text.rfind(" ", start, limit)
        end = cut if cut > start else limit
    while end > start and text[end - 1] in _TRAIL:
        end -= 1
    return (start, end) if end > start else None


def _left(text: str, hit: Hit, around: Surroundings) -> tuple[int, int] | None:
    """The name that ends where a postposition begins ("… 에서", "… işyerinde")."""
    floor = max(0, hit.start - _LONGEST)
    for start, end in around.spans:
        if start < hit.start:
            floor = max(floor, min(end, hit.start))
    breaks = [match.end() for match in _END.finditer(text, floor, hit.start)]
    start = max(breaks, default=floor)
    end = hit.start
    while start < end and text[start] in _TRAIL:
        start += 1
    while end > start and text[end - 1] in _TRAIL + "'’":
        end -= 1
    return (start, end) if end > start else None


def _is_name(raw: str, *, strict: bool) -> bool:
    if len(raw) < 2 or _NO_NAME.fullmatch(raw) or _NOT_NAMES.match(raw):
        return False
    if not strict:
        return True
    return _NAME_CASE.match(raw) is not None and not _ACCOUNT_INSIDE.search(raw)
