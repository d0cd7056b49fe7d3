"""Whether two names mean the same company: "Stadtwerke München" and "STADTWERKE MUENCHEN GMBH".
Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Legal forms and words of many names: sharing one of them means nothing.
COMMON = frozenset(
    {
        "ag", "bank", "bill", "billing", "bv", "co", "com", "company", "corp", "credit",
        "customer", "gesellschaft", "gmbh", "group", "inc", "info", "invoice", "limited", "llc",
        "ltd", "mail", "mbh", "online", "payment", "payments", "plc", "rechnung", "sarl",
        "service", "services", "shop", "spa", "srl", "team", "the", "und", "von",
    }
)  # fmt: skip
SHORTEST = 3
# German letters are spelt out where a bank has none of them.
SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@cache
def words_of(name: str) -> frozenset[str]:
    """The words that tell a name from others, in lower case without accents."""
    spelt = name.casefold().translate(SPELT)
    folded = "".join(
        c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c)
    )
    words = re.findall(r"[^\W_]+", folded)
    telling = frozenset(w for w in words if len(w) >= SHORTEST and w not in COMMON)
    return telling or frozenset(words)


def same_name(one: str, other: str) -> bool:
    """Whether all telling words of the shorter name are in the longer."""
    a, b = words_of(one), words_of(other)
    return bool(a and b) and (a <= b or b <= a)
