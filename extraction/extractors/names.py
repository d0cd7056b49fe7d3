"""Where a name ends that no mark and no known word ends. Pure."""

from __future__ import annotations

import re

# The other side of a transfer between wallets, where it has no name.
TELEPHONE = re.compile(r"\+?\d{9,13}")


def end_of_capitals(text: str, start: int, end: int) -> int:
    """The end of a name in capitals without the words in small letters behind it: "LUCA BIANCHI
    eseguito". Those between capitals belong to it: "CASA do PAO"."""
    words = text[start:end].rstrip().split(" ")
    kept = len(words)
    while kept > 1 and words[kept - 1].isalpha() and words[kept - 1].islower():
        kept -= 1
    name = " ".join(words[:kept])
    letters = sum(map(str.isalpha, words[0]))
    return start + len(name) if words[0].isupper() and letters > 1 and name.isupper() else end
