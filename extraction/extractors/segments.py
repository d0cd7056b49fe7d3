"""Sentences and table cells of a document, by position. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_BREAK = re.compile(r"\n+|[!?;](?=\s|$)|[。！？।｡]|\.(?=\s|$)|\. ?(?=[A-Z][a-z])")
_ABBREVIATIONS = frozenset([
    "rs", "no", "nos", "bal", "avl", "avbl", "avail", "av", "mr", "mrs", "ms", "dr", "inc",
    "ltd", "pvt", "co", "txn", "amt", "acc", "acct", "ac", "ref", "st", "sr", "jr", "num",
    "nr", "tel", "usd", "inr", "lim", "ltda", "sa", "cta", "ct", "cuenta", "nro", "núm",
    "crd", "cr", "dep", "trx", "trf", "tran", "bs", "gs", "lps", "kr", "руб", "коп", "сч",
    "р", "карт", "счет", "тел", "ст", "rub", "grn", "ф", "т", "т.д", "ч", "dt", "vs",
    "approx", "min", "max", "ext", "art", "av", "transf", "disp", "saldo", "sal", "op",
    "aprox", "tarj", "kc", "ul", "al", "cca", "esp", "hrs", "p.m", "a.m", "pm", "am",
])  # fmt: skip
_WRAP = 58


@dataclass(frozen=True, slots=True)
class Segments:
    """Start positions of sentences, ascending."""

    starts: tuple[int, ...]
    end: int

    def index(self, position: int) -> int:
        """The number of the sentence at a position."""
        return bisect_right(self.starts, position) - 1

    def bounds(self, position: int) -> tuple[int, int]:
        """Start and end of the sentence at a position."""
        number = self.index(position)
        last = number + 1 >= len(self.starts)
        return self.starts[number], self.end if last else self.starts[number + 1]


def split_sentences(text: str) -> Segments:
    """Sentence boundaries; an abbreviation's point and the line breaks of wrapped plain text do
    not end one."""
    starts = [0]
    for match in _BREAK.finditer(text):
        if match[0].startswith("."):
            if _abbreviated(text, match.start()):
                continue
        elif match[0] == "\n" and _wrapped(text, match.start()):
            continue
        if match.end() < len(text):
            starts.append(match.end())
    return Segments(tuple(starts), len(text))


_LAST_WORD = re.compile(r"[^\W\d_]+$")


def _abbreviated(text: str, position: int) -> bool:
    match = _LAST_WORD.search(text, max(0, position - 12), position)
    return match is not None and (len(match[0]) == 1 or match[0].lower() in _ABBREVIATIONS)


def _wrapped(text: str, position: int) -> bool:
    line_start = text.rfind("\n", 0, position) + 1
    following = text[position + 1 : position + 2]
    return position - line_start >= _WRAP and (following.islower() or following.isdigit())


def line_bounds(text: str, position: int) -> tuple[int, int]:
    """Start and end of the line at a position."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return start, len(text) if end < 0 else end


def cell_below(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where a table has a row of labels: the cell below the label at `start:end`. A row of two
    cells may as well be a label and its value."""
    if text[end : end + 1] not in ("\t", "\n") or text[start - 1 : start] not in ("", "\t", "\n"):
        return None
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    if last < 0:
        return None
    labels = text[first:last].split("\t")
    below = text[last + 1 :].partition("\n")[0].split("\t")
    if len(labels) < 3 or len(below) != len(labels):
        return None
    column = text.count("\t", first, start)
    left = last + 1 + sum(len(cell) + 1 for cell in below[:column])
    return (left, left + len(below[column])) if below[column] else None
