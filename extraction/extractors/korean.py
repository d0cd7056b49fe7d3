"""The other party in a Korean message: banks print the name without any word before it. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

HANGUL = re.compile(r"[\uac00-\ud7af]")
_ISSUER = re.compile(r"(?:카드|은행|뱅크|페이|증권|발신|저축|농협|수협|신협)$")
# How it was done, glued to what was done: "스마트폰출금".
_CHANNEL = re.compile(
    r"^(?:스마트폰|인터넷|모바일|폰뱅킹|체크카드|신용카드|자동이체|창구|타행|당행)"
)
_EDGE = re.compile(r"[\n\[\]()/→]| {2,}")
# A firm's legal form, before its name.
_FIRM = "(주)"
_TRAIL = " \t-,.:;*|"


def bare_name(text: str, walls: list[tuple[int, int]], start: int) -> tuple[int, int] | None:
    """The span of the last piece of text from `start` on that no other field (`walls`) claims and
    that may be a name. One with an asterisk, or with "my" before it, is the reader's own."""
    cuts = sorted({start, len(text), *(at for span in walls for at in span if at >= start)})
    best: tuple[int, int] | None = None
    for first, last in pairwise(cuts):
        if any(begin <= first and last <= end for begin, end in walls):
            continue
        edges = [match.span() for match in _EDGE.finditer(text, first, last)]
        for left, right in pairwise([first, *(at for edge in edges for at in edge), last]):
            name = text[left:right].strip(_TRAIL)
            if (
                len(HANGUL.findall(name)) < 2
                or _CHANNEL.match(name)
                or "*" in name
                or name.startswith("내 ")
                or text[left - 1 : left] == "["
            ):
                continue
            if not _ISSUER.search(name.split(" ")[0]):
                begin = text.index(name, left)
                end = begin + len(name)
                best = begin - 3 * text.startswith(_FIRM, begin - 3), end
    return best
