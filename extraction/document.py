"""The document a message is read as. Pure: no Django here.

`text` is what a person is shown, and every evidence span indexes it. `normalized` is the same text
for matching: digits of all scripts as ASCII, exotic spaces as spaces, invisible characters gone.
`folded` is `normalized` in lower case without accents, character by character, so that a position
in one is a position in the other; `span` maps positions back to `text`.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from extraction.reading import Evidence


@dataclass(frozen=True, slots=True)
class Document:
    """One message, ready to be read. `received_at` is an aware datetime."""

    text: str
    normalized: str
    folded: str
    offsets: array[int] | None
    subject_end: int
    sender: str | None = None
    sender_name: str | None = None
    received_at: datetime | None = None
    html: str | None = None
    language_hint: str | None = None
    home_currency: str | None = None
    country: str | None = None
    shown: str | None = None
    """What a mail program shows instead: the text of the HTML, where the plain part is read."""
    is_reordered: bool = False
    """Whether it bids to be shown in another order than it is written, as forgers do."""
    is_forwarded: bool = False
    """Whether sender, subject and time are those of a message that somebody passed on."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in `text` of a span in `normalized` or `folded`."""
        if self.offsets is None or start >= end:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1

    def evidence(self, start: int, end: int) -> Evidence:
        """The evidence for a span of `normalized`."""
        first, last = self.span(start, end)
        return Evidence(self.text[first:last], first, last)


def normalize(text: str) -> tuple[str, array[int] | None]:
    """`text` for matching and, where characters were dropped, the offset of each that is left.
    Of several spaces in a row one is left; more than two set columns apart, like a tab."""
    offsets: array[int] | None = None
    if text.isascii():
        plain = text.replace("\r", " ")
    elif not _DROPPED.search(text):
        plain = text.translate(_PLAIN)
    else:
        offsets = array("l", (i for i, char in enumerate(text) if char not in _DROPPED_CHARS))
        plain = "".join([text[i] for i in offsets]).translate(_PLAIN)
    if "  " in plain:
        plain, offsets = _single_spaced(plain, offsets)
    return _letters_in_numbers(plain), offsets


# Plain mail is broken where the next word would not have fitted: in lines of about this length.
_WIDTHS = range(60, 81)
_NEXT_LINE = re.compile(r"[^\W_]\S*(?<![:\t])(?=[ \n]|$)")


def unwrapped(text: str) -> str:
    """A normalised text, in as many characters, without the line breaks of wrapped plain mail."""
    lines = text.split("\n")
    width = max(map(len, lines))
    if width not in _WIDTHS:
        return text
    parts: list[str] = []
    for line, following in pairwise(lines):
        word = _NEXT_LINE.match(following)
        is_full = word is not None and len(line) + 1 + word.end() > width
        joins = is_full and len(line) >= _WIDTHS.start - 12 and line[-1] != ":"
        parts += (line, " " if joins and "\t" not in line + following else "\n")
    return "".join((*parts, lines[-1]))


_SPACES = re.compile(r" {2,}")


def _single_spaced(text: str, offsets: array[int] | None) -> tuple[str, array[int]]:
    parts: list[str] = []
    left = array("l")
    position = 0
    known = offsets if offsets is not None else range(len(text))
    for match in _SPACES.finditer(text):
        start, end = match.span()
        at_edge = text[start - 1 : start] in ("", "\n") or text[end : end + 1] in ("", "\n")
        between = "" if at_edge else " " if end - start == 2 else "\t"
        parts += (text[position:start], between)
        left.extend(known[position : start + len(between)])
        position = end
    parts.append(text[position:])
    left.extend(known[position:])
    return "".join(parts), left


def fold(text: str) -> str:
    """Lower case without accents, one character for one character."""
    return text.lower() if text.isascii() else text.translate(_FOLDED)


_O_IN_NUMBER = re.compile(r"(\d[.,]?)([Oo]{2,})(?![A-Za-z])")


def _letters_in_numbers(text: str) -> str:
    """Spam writes Rs.15,OOO with letters O: read them as zeros."""
    return _O_IN_NUMBER.sub(lambda match: match[1] + "0" * len(match[2]), text)


def _dropped() -> str:
    invisible = "".join(
        chr(code)
        for start, end in ((0x00AD, 0x00AE), (0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2070),
                           (0xFE00, 0xFE10), (0xFEFF, 0xFF00), (0x064B, 0x0653), (0x0591, 0x05BE))
        for code in range(start, end)
    )  # fmt: skip
    return invisible + "\u034f\u061c\u0640\u180e"


# Left-to-right and right-to-left override (Unicode standard annex 9): no honest mail needs them.
REORDERING = re.compile("[\u202d\u202e]")
_DROPPED_CHARS = frozenset(_dropped())
_DROPPED = re.compile("[" + re.escape(_dropped()) + "]")

_SINGLES = {
    "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"', "«": '"', "»": '"',
    "٫": ".", "٬": ",", "٪": "%", "−": "-", "￥": "¥", "￡": "£", "￦": "₩", "\u3000": " ",
    "⁄": "/", "∕": "/", "․": ".", "…": "…", "\u0085": "\n", "\u2028": "\n", "\r": " ",
}  # fmt: skip


def _plain_table() -> dict[int, str]:
    table: dict[int, str] = {ord(char): to for char, to in _SINGLES.items()}
    for code in range(0x80, 0x1FFFF):
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Nd":
            table[code] = str(unicodedata.decimal(char))
        elif category == "Zs":
            table[code] = " "
        elif category == "Pd":
            table[code] = "-"
        elif 0xFF01 <= code <= 0xFF5E or 0x1D400 <= code <= 0x1D7FF:
            table[code] = unicodedata.normalize("NFKC", char)
    return table


_ALIKE = {
    "ı": "i", "İ": "i", "ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ё": "е",
    "Ё": "е", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه",
    "ؤ": "و", "ئ": "ي", "ς": "σ", "ħ": "h", "Ħ": "h",
}  # fmt: skip


def _folded_table() -> dict[int, str]:
    table: dict[int, str] = {}
    for code in (*range(0x41, 0x590), *range(0x10A0, 0x1100), *range(0x1E00, 0x2000)):
        lower = chr(code).lower()
        lower = lower if len(lower) == 1 else chr(code)
        if not 0x400 <= code < 0x530:
            lower = unicodedata.normalize("NFD", lower)[0]
        table[code] = lower
    table.update({ord(char): to for char, to in _ALIKE.items()})
    return table


_PLAIN = _plain_table()
_FOLDED = _folded_table()
