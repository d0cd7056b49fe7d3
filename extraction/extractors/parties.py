"""Merchant and counterparty: the name beside "at", "Comercio:", "to", "işyerinde" … Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from extraction.extractors.phrases import Hit
from extraction.extractors.rails import find_info_strings
from extraction.reading import Direction

_LEAD = re.compile(r"[\s:\-–|>\"'“(\[【「.#]*(?:VPA\s|linked\s)?")
_LONGEST = 60
# A point after an initial or a title ends no name.
_POINT = (
    r"(?<!\b[A-Z])(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bmed)(?<!\bdent)(?<!e\.V)\."
)
_END = re.compile(
    rf"\n|\t|~|[;|!?。！？،؛।]|{_POINT}(?=\s|$)|,(?=\s|\d|$)|[()\[\]{{}}\"“”<>「」【】《》]"
    rf"|\s-\s|\s–\s|:\s|[\s:](?=https?://)|{_POINT} ?(?=[A-Z][a-z]+ )|\s\*(?=\s)|/-"
    r"|[\s_](?:on|dt|at)[\s:]?(?=\d)|\.{2,}|…"
)
# A point that belongs to the name before it: "LIZA M.", "Kita e.V.", "VIS D.O.O."
_OWN_POINT = re.compile(r"(?:[\s.][A-Z]|\.[^\W\d_]|\b(?:Inc|Ltd|Jr|Sr))$")
_TRAIL = " \t-–,.:;/&|*'\"(_"
_NO_NAME = re.compile(r"[\d\s\W]*$")
_NAME_CASE = re.compile(r"[^\W\d_a-zß-öø-ÿа-я]|\d|@|[a-z0-9]+[.*@][a-z0-9]|[A-Z]")
# What follows a preposition in bank prose without being a name.
_NOT_NAMES = re.compile(
    r"(?:your|you|our|us|we|we've|you've|i|it|(?-i:the\b|The (?![A-Z])|THE (?![A-Z]))"
    r"|a/c|acct?|account|card|dear|https?:|www\.|any|this|this transaction"
    r"|su|tu|sua|votre|ihr|ihre[mnr]?|ihnen|dir|dich|sie|customer|bank account|debit card"
    r"|credit card|upi|neft|imps|rtgs|fps|eft|ach|me|them|it|date|time|online|app|mobile|atm"
    r"|no|ref|reference|status|account no|card no|my account)\b(?!['’&*.@])",
    re.IGNORECASE,
)
_STORE_NUMBER = re.compile(r"(?:\s+#?\d{3,}|\s+[*#]\s?[A-Z0-9]{4,})+$")
_PROCESSOR = re.compile(
    r"^(?:PAYPAL|PP|SQ|TST|SUMUP|SP|IZ|ZETTLE|MERCPAGO|MERCADOPAGO|MP|DLO|EBANX|GOOGLE|APPLE\.COM)"
    r"\s?\*\s?(?=\S{3})",
    re.IGNORECASE,
)


# "Transfer to ANN", "POS purchase at SHOP": what was done, before the name.
_DOING = re.compile(
    r"^(?:(?:fund|funds|bank|pos|card|online|bill)\s)?(?:transfer|trf|payment|purchase|pos)"
    r"\s(?:to|from|at|by|for)\s(?=\S{2})",
    re.IGNORECASE,
)
_BANK_NAME = re.compile(r"\b(?:bank|banka|banco|banque|banca|bankasi)\W*(?:ltd|limited)?\W*$", re.I)
_OWN_ACCOUNT = re.compile(
    r"\W{0,3}(?:\w{1,12}\s){0,2}(?:card|cards|a/c|acct?|account|ac|cc|netbanking|online)\b", re.I
)
_GREETED = re.compile(
    r"\b(?:dear|hi|hello|hey|hola|ola|hallo|bonjour|ciao)\s+(?:(?:mr|mrs|ms|miss|dr)\.?\s+)?"
    r"([^\n,!.:]{2,40})",
    re.I,
)
_FROM_WORDS = ("from", "sender", "payer", "remitter")
_TO_WORDS = ("to", "paid to", "beneficiary", "recipient", "payee", "receiver")
# What the money was for, where nobody is named: "towards annual maintenance charges".
_PURPOSE = re.compile(r"[^\W\d_]{3,20}(?:[ ][^\W\d_]{2,20}){1,4}")
_VAGUE = re.compile(
    r"(?:your|you|our|us|the|this|any|an?|more|further|purchase|making|being|using|it|all|which"
    r"|account|card|details|assistance|help)\b",
    re.I,
)
# The other side of a transfer that is only known by its account.
_OTHER_ACCOUNT = {
    Direction.DEBIT: re.compile(
        r"\bto\s((?:a/c|account|acct)\s?(?:no\.?\s?)?[xX*•]{1,16}\d{3,})\b", re.I
    ),
    Direction.CREDIT: re.compile(
        r"\b(?:by|from)\s((?:a/c|account|acct)\s?(?:no\.?\s?)?[xX*•]{1,16}\d{3,})\b", re.I
    ),
}
_NAMED = re.compile(r"\s?\((?P<name>[^()\d]{3,50})\)")


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
    payee: str | None = None

    @property
    def clean(self) -> str:
        """The name without a payment processor's prefix and a store number."""
        if self.payee:
            return self.payee
        handle = _HANDLE.fullmatch(self.raw)
        name = handle[1] if handle else _PROCESSOR.sub("", _DOING.sub("", self.raw))
        name = _STORE_NUMBER.sub("", name).strip(_TRAIL)
        return " ".join(name.split()) or self.raw


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What ends a name: spans of amounts, dates, accounts and the like, and stop phrases. `firm`
    are the starts of those that are no mere stop words."""

    starts: list[int]
    spans: list[tuple[int, int]]
    sentence: tuple[int, int]
    direction: Direction | None
    firm: list[int]


_SCORES = {
    "label": 3.0, "at": 2.2, "on": 1.0, "to": 1.4, "from": 1.4, "before": 2.0, "by": 1.2,
    "memo": 1.6, "info": 1.9,
}  # fmt: skip


def find_parties(text: str, hits: list[Hit], around: Surroundings) -> list[FoundParty]:
    """Names, the likeliest merchant or counterparty first. `text` is normalised."""
    found = [
        FoundParty(text[item.start : item.end], item.start, item.end, "info", 2.4, item.payee)
        for item in find_info_strings(text)
    ]
    greeted = {match[1].strip().casefold() for match in _GREETED.finditer(text)}
    for hit in hits:
        if hit.kind != "merchant" or _inside_capitals(text, hit):
            continue
        span = _left(text, hit, around) if hit.name == "before" else _right(text, hit, around)
        if span is None:
            continue
        raw = text[span[0] : span[1]]
        if not _is_name(raw, strict=hit.name not in ("label", "memo")):
            if hit.name in ("at", "to") and _PURPOSE.fullmatch(raw) and not _VAGUE.match(raw):
                found.append(FoundParty(raw, *span, "purpose", 0.2))
            continue
        score = _score(text, hit, span, around)
        if _BANK_NAME.search(raw):
            if _OWN_ACCOUNT.match(text, span[1]) or "greetings" in text[: span[0]][-16:].lower():
                continue
            score -= 1.5
        if raw.casefold() in greeted:
            score -= 2.0
        if any(item.kind == "info" and item.start <= span[0] < item.end for item in found):
            continue
        if _HANDLE.fullmatch(raw) and (named := _NAMED.match(text, span[1])):
            span = named.span("name")
            raw = named["name"]
        found.append(FoundParty(raw, *span, hit.name, score))
    other = _OTHER_ACCOUNT.get(around.direction) if around.direction else None
    if other and (match := other.search(text)):
        found.append(FoundParty(match[1], *match.span(1), "account", 0.3))
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


_NAME_LINE = re.compile(r"^[ \t]*([^\W\d_a-z][^\n\t:;!?\d@]{2,40}?)[ \t]*$", re.MULTILINE)


def find_line_name(text: str, subject_end: int) -> FoundParty | None:
    """A name on a line of its own: the one that the subject ends with ("New payment: CAFE"), or
    the first below a line that ends with a colon."""
    heading = text[:subject_end].rpartition(": ")[2].strip().casefold()
    for match in _NAME_LINE.finditer(text, subject_end):
        name = match[1]
        if not _is_name(name, strict=True) or _BANK_NAME.search(name):
            continue
        lead = text[: match.start()].rstrip(" \n\t")
        introduced = lead.endswith(":") and len(lead) > subject_end
        words = [word for word in name.split() if word.isalpha()]
        titled = sum(word[0].isupper() for word in words) * 2 > len(words)
        if (heading and name.casefold() == heading) or (introduced and titled):
            return FoundParty(name, match.start(1), match.end(1), "line", 0.6)
    return None


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


def _inside_capitals(text: str, hit: Hit) -> bool:
    """Whether a preposition in capitals is a word of a name: "POTRAVINY U MOSTU"."""
    before = text[max(0, hit.start - 4) : hit.start]
    capitals = hit.end - hit.start <= 3 and text[hit.start : hit.end].isupper()
    return capitals and before[:-1].isalpha() and before.isupper() and not text.isupper()


def _score(text: str, hit: Hit, span: tuple[int, int], around: Surroundings) -> float:
    score = _SCORES[hit.name]
    if hit.name == "label":
        if text[hit.end : span[0]].strip(" "):
            score += 0.8  # a colon, a tab or a new line
        if not _before_on_line(text, hit):
            score += 0.3
        label = text[hit.start : hit.end].lower().rstrip(" :")
        if around.direction is Direction.DEBIT and label.startswith(_FROM_WORDS):
            score -= 2.5
        if around.direction is Direction.CREDIT and label.startswith(_TO_WORDS):
            score -= 2.0
    first, last = around.sentence
    if first <= hit.start < last:
        score += 1.5
    if hit.name == "from":
        score += 0.7 if around.direction is Direction.CREDIT else -1.3
    if hit.name in ("to", "at") and around.direction is Direction.CREDIT:
        score -= 0.8
    return score - span[0] / 5000


def _before_on_line(text: str, hit: Hit) -> str:
    line = max(text.rfind("\n", 0, hit.start) + 1, hit.start - 40)
    return text[line : hit.start].strip(" -•*>")


def _right(text: str, hit: Hit, around: Surroundings) -> tuple[int, int] | None:
    lead = _LEAD.match(text, hit.end)
    start = lead.end() if lead else hit.end
    skipped = text[hit.end : start]
    label = text[hit.start : hit.end]
    if (
        hit.name in ("label", "memo")
        and label.isupper()
        and not skipped.strip(" ")
        and not text.isupper()
    ):
        return None  # "TIENDA LA ESQUINA" is a name, "TIENDA: LA ESQUINA" has a label
    if skipped.count("\n") > 2 or ("\n" in skipped and hit.name not in ("label", "memo")):
        return None
    limit = min(len(text), start + _LONGEST)
    own_line = skipped.strip(" ") and not _before_on_line(text, hit)
    walls = around.firm if hit.name in ("label", "memo") and own_line else around.starts
    index = bisect_left(walls, start)
    if index < len(walls):
        limit = min(limit, walls[index])
    ending = _END.search(text, start, limit)
    end = ending.start() if ending else limit
    if not ending and limit == start + _LONGEST and limit < len(text):
        cut = text.rfind(" ", start, limit)
        end = cut if cut > start else limit
    while end > start and text[end - 1] in _TRAIL:
        end -= 1
    if end < len(text) and text[end] == "." and _OWN_POINT.search(text, start, end):
        end += 1
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
