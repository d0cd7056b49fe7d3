"""Info strings of payment rails: UPI/P2M/612…/SHOP/shop@bank, NEFT-REF-NAME, ACH*NAME. Pure.

Banks print them as they came over the rail: parts separated by `/`, `-` or `*`, in no fixed
order. The payee is the part that looks like a name; a UPI handle stands in for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_RAILS = (
    "UPI|IMPS|NEFT|RTGS|ACH|NACH|ECS|NIP|NIBSS|POS|BIL|BPAY|TRF|m?TFR|TPT|MMT|VPS|VIN|IFN|INF|IFT|EFT|MPS"
    "|CMS|CLG|PIX|SPEI|RTP|FPS|INSTAPAY|PESONET|DUITNOW|GIRO"
)
_INFO = re.compile(
    rf"(?:(?<![A-Za-z0-9])|(?<=Info))(?:{_RAILS})(?:[ _](?:CR|DR|Cr|Dr|IN|OUT|D|C|INB))?"
    rf"(?:[/*]|-[ ]?(?=[A-Z0-9]))[^\n;,()]{{3,90}}"
)
# Every one of them has this; few other messages do.
_RAIL_END = re.compile(r"[A-Zr][/*-]")
_END = re.compile(
    r"\.(?=\s|[A-Z][a-z]|$)|\s-\s|-?\s(?=(?i:avl|avbl|bal|available|on|dt|dated|ref|not|if|call)\b)"
    r"|\s(?=\()|-+$"
)
_AMOUNT_BEGINS = re.compile(r"[A-Z][A-Za-z]{1,2}\.? ?\d{1,3}$")
_NOISE = re.compile(
    rf"(?:{_RAILS}|WEB|PMT|WEB PMT|CR|DR|P2[AMP]|[DC]|IN|OUT|INB|MOB|NET|NA|null|transfer|payment"
    r"|pay|collect|upi|cr|dr|sent|received|from|to)(?:[ _](?:CR|DR|Cr|Dr|C|D))?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"[\w.-]{2,60}@\w{2,30}")
_BANK_CODE = re.compile(r"[A-Z]{4}0?[A-Z0-9]{0,7}\d*|[A-Z]{4}")
_NUMBERED = re.compile(r"(?=(?:\D*\d){6})[A-Z]{0,8}\d[A-Z0-9]{5,30}")


@dataclass(frozen=True, slots=True)
class InfoString:
    """One info string: its span, the payee named in it and the rail's reference, or None."""

    start: int
    end: int
    payee: str | None
    reference: str | None


def find_info_strings(text: str) -> Iterator[InfoString]:
    """All info strings of a normalised text, in order."""
    if not _RAIL_END.search(text):
        return
    for match in _INFO.finditer(text):
        ending = _END.search(text, match.start() + 4, match.end())
        end = ending.start() if ending else match.end()
        raw = text[match.start() : end].rstrip(" -.:/*")
        if _AMOUNT_BEGINS.search(text, match.start(), end):
            continue  # "POS/WEB purchase Rs 2,450.00 SHOP" is a sentence
        parts = [part.strip(" .") for part in re.split(r"[/*:|]", raw) if part.strip(" .")]
        if len(parts) == 1:
            parts = [part.strip() for part in raw.split("-") if part.strip()]
        yield InfoString(match.start(), match.start() + len(raw), _payee(parts), _reference(parts))


def _payee(parts: list[str]) -> str | None:
    handle = next((part for part in parts if _HANDLE.fullmatch(part)), None)
    for part in parts:
        letters = sum(map(str.isalpha, part))
        if _NOISE.fullmatch(part) or _HANDLE.fullmatch(part) or letters < 3:
            continue
        if letters * 2 < len(part) or (_BANK_CODE.fullmatch(part) and part != parts[-1]):
            continue
        return part
    return handle.partition("@")[0] if handle else None


def _reference(parts: list[str]) -> str | None:
    return next((part for part in parts if _NUMBERED.fullmatch(part)), None)
