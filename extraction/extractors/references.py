"""Reference numbers: UTR, RRN, transaction id, authorisation code … Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extraction.extractors.phrases import Hit
from extraction.extractors.rails import find_info_strings
from extraction.extractors.segments import cell_below

_LINK = re.compile(
    r"\.?[ \t]{0,2}(?:\(?(?:no|nr|nro|num|numero|number|numéro|id|code|is|n[o°º]|№|#)\b[.:#)]{0,2}"
    r"[ \t]{0,2}){0,2}"
    r"(?:\([A-Za-z ]{2,12}\))?(?:[ \t]is)?[ \t]{0,3}[.:#=\-–|]{0,3}[\s]{0,3}[#:(】」]?[ ]?",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"(?=[A-Za-z0-9/_.-]*\d)[A-Za-z0-9](?:[A-Za-z0-9_-]|/(?=[A-Za-z0-9])|\.(?=[A-Za-z0-9])(?![A-Z][a-z]))"
    r"{2,39}"
)
# "Ref. No. 9012 3345 120": digits in groups.
_GROUPED = re.compile(r"\d{4}(?: \d{3,6}){1,4}(?![\w/:-]|[.,]\d)")
# "Ref 310902003574-Bank": the sender's name after the number.
_SIGNATURE = re.compile(r"(?<=\d)-[A-Za-z]{2,}$")
_RAIL = re.compile(
    r"(?<![\w])(?:UPI|IMPS|NEFT|RTGS)[/: -]{1,2}(?:[A-Z0-9]{2,5}[/-])?([A-Z]{0,6}\d{9,22})(?!\w)"
)
# The end-to-end id of a Pix payment (Banco Central do Brasil, manual of the DICT).
_PIX = re.compile(r"(?<![A-Za-z0-9])(E\d{8}20\d{10}[A-Za-z0-9]{11})(?![A-Za-z0-9])")
# "… to SHOP. ID 8812004417": an id that begins a sentence or a line is the transaction's.
_BARE_ID = re.compile(
    r"(?:^|[\n.;,|] ?)ID[: ]{1,2}((?=[A-Z0-9.]{0,36}\d{4})[A-Z0-9](?:\.?[A-Z0-9]){7,34})\b"
)
# Labels that banks of all languages write in English: "Txn 998877665544", "Trx ID: 881234".
_ENGLISH = re.compile(
    r"\b(?:Txn|TXN|Trx|TRX|TrxID|TxnID|TID|RRN|UTR|Ref|REF|Transaction(?=[ ]\d{9}))[ ]?"
    r"(?:ID|Id|No|NO|Nr)?[.:# ]{1,3}"
    r"((?=[A-Z0-9-]*\d{4})[A-Z0-9][A-Z0-9-]{5,29})\b"
)
_MEMO_NUMBER = re.compile(
    r"[ \t]{0,3}:[ \t]{0,3}((?=\S*\d{4})[A-Z0-9][A-Z0-9/-]{5,34})[ \t]*(?:\n|$)"
)
_CONFIRMED = re.compile(r"(?:^|\n|: )([A-Z0-9]{8,12})[ ](?=(?i:confirmed|imethibitishwa))")

# What each of them cannot be without: to look for a word is quick.
_BY_SHAPE = (
    (_RAIL, ("UPI", "IMPS", "NEFT", "RTGS")),
    (_CONFIRMED, ("onfirmed", "ONFIRMED", "methibitishwa", "METHIBITISHWA")),
    (_PIX, ("E0", "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9")),
    (_BARE_ID, ("ID",)),
)


@dataclass(frozen=True, slots=True)
class FoundReference:
    """A reference as written, its span, and what kind of label it had."""

    value: str
    start: int
    end: int
    kind: str


def find_references(text: str, hits: list[Hit], blocked: set[int]) -> list[FoundReference]:
    """References, the transaction's own first."""
    found: list[FoundReference] = []
    for hit in hits:
        if hit.kind != "reference":
            found += _of_memo(text, hit)
            continue
        link = _LINK.match(text, hit.end)
        position = link.end() if link else hit.end
        if position == hit.end and text[position : position + 1].isalnum():
            continue
        if cell := cell_below(text, hit.start, hit.end):
            position = cell[0]
        match = _TOKEN.match(text, position)
        if match is None or position in blocked or not _plausible(match[0]):
            continue
        grouped = _GROUPED.match(text, position)
        value = grouped[0] if grouped else _SIGNATURE.sub("", match[0].rstrip("-_"))
        found.append(FoundReference(value, match.start(), match.start() + len(value), hit.name))
    for pattern, words in _BY_SHAPE:
        if not any(word in text for word in words):
            continue
        for match in pattern.finditer(text):
            if sum(map(str.isdigit, match[1])) >= 2:
                found.append(FoundReference(match[1], match.start(1), match.end(1), "number"))
    if not any(item.kind == "number" for item in found):
        for match in _ENGLISH.finditer(text):
            found.append(FoundReference(match[1], *match.span(1), "number"))
        for info in find_info_strings(text):
            if info.reference:
                start = text.index(info.reference, info.start)
                end = start + len(info.reference)
                found.append(FoundReference(info.reference, start, end, "number"))
    rank = {"number": 0, "approval": 1, "order": 2}
    return sorted(found, key=lambda item: (rank.get(item.kind, 3), _asked(text, item), item.start))


def _of_memo(text: str, hit: Hit) -> Iterator[FoundReference]:
    """ "Verwendungszweck: R-2026-0883": the number of what is paid, where nothing else is told."""
    if (hit.kind, hit.name) == ("merchant", "memo"):
        match = _MEMO_NUMBER.match(text, hit.end)
        if match and _plausible(match[1]):
            yield FoundReference(match[1], match.start(1), match.end(1), "order")


def _asked(text: str, item: FoundReference) -> bool:
    """Whether it is a number to quote in a complaint, not the transaction's."""
    return "complaint" in text[max(0, item.start - 50) : item.start].lower()


def _plausible(token: str) -> bool:
    digits = sum(map(str.isdigit, token))
    code = digits >= 1 and len(token) >= 7 and token.isupper()
    dated = re.fullmatch(r"\d{1,2}[/.-]\d{1,2}.*", token)
    return (code or (digits >= 2 and len(token) >= 4)) and not dated
