"""Names that no word introduces: a notification's title, a line of its own, what stands right
beside the amount or between two other fields. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from extraction.document import Document
from extraction.extractors import korean
from extraction.extractors.names import is_name
from extraction.extractors.parties import (
    BANK_NAME,
    ENDING,
    LONGEST,
    OWN_POINT,
    TRAIL,
    FoundParty,
    Surroundings,
)
from extraction.extractors.phrases import Hit

# What stands between an amount and a name that nothing introduces ("8,90 € · SHOP", "€5 (SHOP)");
# Hebrew and Amharic write "from" and "to" as a letter of the name.
_BESIDE_AMOUNT = re.compile(r"[ \t]?[,;·•|–:(-]?[ \t]?(?:[\u05de\u05dc](?=[\u05d0-\u05ea]{2}))?")
# Not an address of mail: what follows the @ has no point.
_HANDLE = re.compile(r"(?<![\w.@-])[a-z0-9][a-z0-9._-]{2,40}@[a-zA-Z]{2,20}(?![\w.@-])")
# What the money was for, where nobody is named: "for NEFT transaction", "as reversal of transfer".
_PURPOSE = re.compile(
    r"\b(?:for|towards|as)[ ]((?:(?!(?:your|you|our|us|we|the|this|that|any|an?|per|more|making"
    r"|using|further|and|or|to|at|in|on|if|is|was|not)\b)[a-z/&-]{2,20}[ ]){1,4}"
    r"(?:transaction|transfer|charges?|fees?|commission|interest|dividend|premium|subscription))\b",
    re.IGNORECASE,
)
_AFTER_EVENT = re.compile(r"[ \t]?[:;]?[ \t]?")
# The reader's own name on his card: "김*수".
_OWN_MASKED = re.compile(r"[\uac00-\ud7af]\*[\uac00-\ud7af]")
# A remitter as Japanese banks print it, with its legal form: "カ)ミズウミショウジ".
_KANA_NAME = re.compile(
    r"(?:[ァ-ヺ]\)|\([ァ-ヺ]\))?[ァ-ヺー][ァ-ヺー・ ]{2,38}[ァ-ヺー](?:\([ァ-ヺ]\)?)?"
)
_KANA_WORDS = re.compile(
    "カード|サービス|キャッシュ|デビット|クレジット|オンライン"
    "|インターネット|ポイント|メール|アプリ|ログイン"
)
_MOST_WORDS = 5
_NAME_LINE = re.compile(r"^[ \t]*([^\W\d_a-z][^\n\t:;!?\d@]{2,40}?)[ \t]*$", re.MULTILINE)
# A notification has a title and a line or two below.
_LONGEST_NOTIFICATION = 90
_TITLE_CASE = re.compile(r"(?:[^\W\d_a-z][^\W\d_]*\.?[ ]?){2,4}")


def find_title(document: Document, hits: list[Hit]) -> FoundParty | None:
    """The title of a notification, where it is a name and not the sender's: "Trainline: You spent
    £47.31"."""
    text, end = document.normalized, document.subject_end
    if not end or len(text) - end > _LONGEST_NOTIFICATION:
        return None
    if any(hit.start < end and hit.kind != "stop" for hit in hits):
        return None
    first, last = trimmed(text, 0, text.find("\n", 0, end + 1) if "\n" in text[:end] else end)
    name = text[first:last]
    sender = f"{document.sender_name or ''} {document.sender or ''}".casefold()
    if not is_name(name, strict=True) or not _is_short(name) or BANK_NAME.search(name):
        return None
    if name[0].islower() or name.casefold() in sender:
        return None
    return FoundParty(name, first, last, "title", 0.5)


def find_beside_amount(
    text: str, around: Surroundings, hits: list[Hit], end: int
) -> FoundParty | None:
    """A name right after the amount (which ends at `end`) on its line: "Pagado 8,90 € Shop", or
    after what was done: "-8,90 € Transfer Ann"."""
    lead = _BESIDE_AMOUNT.match(text, end)
    start = lead.end() if lead else end
    deed = next((hit.end for hit in hits if hit.start == start and hit.kind in _DEEDS), start)
    return _named_from(text, around, deed + text.startswith(" ", deed), "beside")


_DEEDS = ("event", "weak")


def find_before_amount(
    text: str, around: Surroundings, hits: list[Hit], start: int
) -> FoundParty | None:
    """A name that with the amount (which starts at `start`) is the whole line: "Shop £14.35",
    "Shop: -14,35 €", or whose line stands above the amount's."""
    line = text.rfind("\n", 0, start) + 1
    if line and not text[line:start].strip(" +-"):
        start = len(text[:line].rstrip())
        line = text.rfind("\n", 0, start) + 1
    first, last = trimmed(text, line, start)
    name = text[first:last]
    told = any(first <= hit.start < last and hit.kind in _TOLD for hit in hits)
    walled = any(first < end and begin < last for begin, end in around.spans)
    if (
        told
        or walled
        or _is_joined(text[last:start].strip(), text[start : start + 1])
        or not _is_short(name)
        or not is_name(name, strict=False)
        or _OWN_MASKED.search(name)
    ):
        return None
    return None if ENDING.search(text, first, last) else FoundParty(name, first, last, "line", 0.5)


def _is_joined(between: str, first: str) -> bool:
    """Whether something but the colon before a signed amount stands between."""
    return bool(between) and not (between == ":" and first in ("+", "-"))


_TOLD = ("event", "weak", "label", "merchant", "refine", "account")


def find_after_event(text: str, around: Surroundings, hits: list[Hit]) -> FoundParty | None:
    """A name right after what happened, in the sentence that tells it: "Card purchase SHOP"."""
    first, last = around.sentence
    own = {hit.end for hit in hits if hit.kind == "own"}
    for hit in hits:
        if hit.kind in ("event", "weak") and first <= hit.start < last and hit.end not in own:
            lead = _AFTER_EVENT.match(text, hit.end)
            found = _named_from(text, around, lead.end() if lead else hit.end, "after")
            if lead and lead[0] and found is not None:
                return found
    return None


def _named_from(text: str, around: Surroundings, start: int, kind: str) -> FoundParty | None:
    """The name that starts right there."""
    limit = min(len(text), start + LONGEST)
    index = bisect_left(around.starts, start)
    if index < len(around.starts):
        limit = min(limit, around.starts[index])
    ending = ENDING.search(text, start, limit)
    first, last = trimmed(text, start, ending.start() if ending else limit)
    name = text[first:last]
    if text.startswith(": ", last):
        return _named_from(text, around, last + 2, kind)  # the shop's kind stands before its name
    if not is_name(name, strict=True) or not _is_short(name) or _OWN_MASKED.search(name):
        return None
    return FoundParty(name, first, last, kind, 0.5)


def find_line_name(text: str, subject_end: int) -> FoundParty | None:
    """A name on a line of its own: the one that the subject ends with ("New payment: CAFE"), or
    the first below a line that ends with a colon."""
    heading = text[:subject_end].rpartition(": ")[2].strip().casefold()
    for match in _NAME_LINE.finditer(text, subject_end):
        name = match[1]
        if not is_name(name, strict=True) or BANK_NAME.search(name):
            continue
        lead = text[: match.start()].rstrip(" \n\t")
        introduced = lead.endswith(":") and len(lead) > subject_end
        words = [word for word in name.split() if word.isalpha()]
        titled = sum(word[0].isupper() for word in words) * 2 > len(words)
        if (heading and name.casefold() == heading) or (introduced and titled):
            return FoundParty(name, match.start(1), match.end(1), "line", 0.6)
    return None


def find_korean_name(text: str, around: Surroundings, subject_end: int) -> FoundParty | None:
    """See `korean`."""
    span = korean.bare_name(text, around.spans, subject_end) if korean.HANGUL.search(text) else None
    return FoundParty(text[span[0] : span[1]], *span, "line", 0.5) if span else None


def find_bare_name(text: str, around: Surroundings, after: int) -> FoundParty | None:
    """The first words in capitals between other fields, from `after` (the amount) on or, failing
    that, before it. None in a message all in capitals."""
    if text.isupper():
        return None
    chunks = [trimmed(text, start, end) for start, end in _chunks(text, around)]
    names = [
        (start, end)
        for start, end in chunks
        if _in_capitals(text[start:end])
        and text[end : end + 1] != ":"
        and not _is_greeting(text, start, end)
    ]
    best = min(names, key=lambda span: (span[0] < after, span[0]), default=None)
    return FoundParty(text[best[0] : best[1]], *best, "bare", 0.5) if best else None


def find_between(text: str, around: Surroundings) -> FoundParty | None:
    """A person's or a firm's name right behind one field and before another: "05.05. Ann H.
    Balance: 10"."""
    ends = {end for _, end in around.spans}
    for start, end in _chunks(text, around):
        first, last = trimmed(text, start, end)
        name = text[first:last]
        behind = len(text[:start].rstrip(" \n"))
        if behind not in ends or not _TITLE_CASE.fullmatch(name) or BANK_NAME.search(name):
            continue
        if _is_greeting(text, first, last):
            continue
        if len(name) > 3 and is_name(name, strict=True):
            return FoundParty(name, first, last, "between", 0.4)
    return None


def _is_greeting(text: str, start: int, end: int) -> bool:
    """Whether it is a line of its own that ends with a comma: "Guten Tag Frau Brandt,"."""
    return text[:start].endswith("\n") and _GREETING_END.match(text, end) is not None


_GREETING_END = re.compile(r"[ \t]*[,،，、!][ \t]*\n")


def find_kana_name(text: str, around: Surroundings) -> FoundParty | None:
    """A remitter in katakana that stands free of the other fields."""
    for match in _KANA_NAME.finditer(text):
        first, last = match.span()
        claimed = any(start < last and first < end for start, end in around.spans)
        if not claimed and not _KANA_WORDS.search(match[0]):
            return FoundParty(match[0], first, last, "kana", 0.4)
    return None


def find_purpose(text: str, sentence: tuple[int, int]) -> FoundParty | None:
    """What the sentence of the event says that the money was for."""
    match = _PURPOSE.search(text, *sentence)
    return FoundParty(match[1], *match.span(1), "purpose", 0.1) if match else None


def find_handle(text: str) -> FoundParty | None:
    """A payment handle that nothing introduces: "Rs 200 shop27@bank UPI"."""
    match = _HANDLE.search(text) if "@" in text else None
    return FoundParty(match[0], *match.span(), "handle", 0.3) if match else None


def find_sender(document: Document) -> FoundParty | None:
    """The sender's own name where the message repeats it: a shop's receipt."""
    name = document.sender_name or ""
    if len(name) < 3 or BANK_NAME.search(name):
        return None
    text = document.normalized
    first = text.find(name)
    last = first + len(name)
    if first < 0 or text[first - 1 : first].isalnum() or text[last : last + 1].isalnum():
        return None
    return FoundParty(name, first, last, "sender", 0.4)


def _chunks(text: str, around: Surroundings) -> Iterator[tuple[int, int]]:
    """Pieces of text between the other fields and the marks that end a name."""
    cuts = sorted({0, len(text), *(place for span in around.spans for place in span)})
    for start, end in pairwise(cuts):
        if any(first <= start and end <= last for first, last in around.spans):
            continue
        marks = (place for match in ENDING.finditer(text, start, end) for place in match.span())
        yield from pairwise([start, *marks, end])


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without spaces and marks around; the point of an initial at its end is kept."""
    while start < end and text[start] in TRAIL:
        start += 1
    while end > start and text[end - 1] in TRAIL:
        end -= 1
    if text[end : end + 1] == "." and OWN_POINT.search(text, start, end):
        end += 1
    return start, end


def _is_short(name: str) -> bool:
    return len(name.split()) <= _MOST_WORDS


def _in_capitals(name: str) -> bool:
    letters = [char for char in name if char.isalpha()]
    if not 4 <= len(letters) <= 40 or not is_name(name, strict=True):
        return False
    return all(char.isupper() for char in letters) and len(letters) * 2 > len(name)
