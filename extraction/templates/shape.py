"""The shape of a message: its lines with what varies hidden. Pure.

A template knows a field by the words around it on its line. Whatever holds a digit varies from
message to message and stands for itself; the words do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Span = tuple[int, int]
Line = tuple[str, ...]
"""Words, a field's name, words, a field's name … words; the words as regular expressions."""

_VARIES = re.compile(r"\S*\d\S*")
_PARTS = re.compile(r"(\S*\d\S*)|(\s+)|([^\s\d]+)")
MOST_LINES = 80
LONGEST_LINE = 2_000
LONGEST_FIELD = 80


def lines_of(folded: str) -> Iterator[Span]:
    """Start and end of each line that says something."""
    start = 0
    for line in folded.split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1


def skeleton(line: str) -> str:
    """A line with what varies hidden: two lines of one shape are equal."""
    return " ".join(_VARIES.sub("0", line).split())


def statics(folded: str, fields: Mapping[str, Span]) -> list[str]:
    """The skeletons of the lines that hold no field, in order, each once."""
    held = list(fields.values())
    found = (
        skeleton(folded[start:end])
        for start, end in lines_of(folded)
        if not any(first < end and start < last for first, last in held)
    )
    return list(dict.fromkeys(found))[:MOST_LINES]


def line_patterns(folded: str, fields: Mapping[str, Span]) -> list[Line]:
    """What stands on each line that holds fields: words, a field, words, a field … words."""
    return [
        _pieces(folded, start, end, here)
        for start, end in lines_of(folded)
        if (here := _on_line(folded, fields, start, end))
    ]


def letters_beside(folded: str, fields: Mapping[str, Span]) -> int:
    """How many letters stand in words that do not vary."""
    text = folded
    for first, last in fields.values():
        text = text[:first] + "0" * (last - first) + text[last:]
    return sum(map(str.isalpha, _VARIES.sub("0", text)))


def _on_line(
    folded: str, fields: Mapping[str, Span], start: int, end: int
) -> list[tuple[Span, str]]:
    """Fields that lie on a line, in order; of two that nothing parts the first one named."""
    here: list[tuple[Span, str]] = []
    for name, (first, last) in fields.items():
        if start <= first < last <= end and all(
            folded[last : taken[0]].strip() or folded[taken[1] : first].strip() for taken, _ in here
        ):
            here.append(((first, last), name))
    return sorted(here)


def _pieces(folded: str, start: int, end: int, here: list[tuple[Span, str]]) -> Line:
    pieces: list[str] = []
    place = start
    for (first, last), name in here:
        pieces += (_words(folded[place:first]), name)
        place = last
    return (*pieces, _words(folded[place:end]))


def _words(text: str) -> str:
    """A regular expression for the text between two fields."""
    return "".join(
        r"\S*\d\S*" if varies else r"\s+" if space else re.escape(words)
        for varies, space, words in _PARTS.findall(text.strip())
    )


def match_line(line: Line, folded: str, start: int, end: int) -> dict[str, Span] | None:
    """Where the fields of a pattern stand on a line. Each field ends where the words behind it
    first come: no way back, so that no message can make this slow."""
    if end - start > LONGEST_LINE:
        return None
    found: dict[str, Span] = {}
    first = re.compile(rf"\s*{line[0]}\s*").match(folded, start, end)
    if first is None:
        return None
    place = first.end()
    for name, words in zip(line[1::2], line[2::2], strict=True):
        is_last = len(found) == len(line) // 2 - 1
        behind = re.compile(rf"\s*{words}\s*{'$' if is_last else ''}")
        limit = min(end, place + LONGEST_FIELD)
        hit = (
            behind.search(folded[:end], place + 1)
            if is_last
            else behind.search(folded, place + 1, end)
        )
        if place >= end or hit is None or hit.start() > limit:
            return None
        found[name] = (place, hit.start())
        place = hit.end()
    return found
