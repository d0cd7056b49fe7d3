"""Names that are made to be taken for another: nordbаnk (with a Cyrillic letter), n0rdbank,
nordbank-secure, nordbamk. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

# Letters that look like others, after Unicode's confusables (UTS 39), and digits used as letters.
_ALIKE: Final = str.maketrans(
    {
        "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "һ": "h", "і": "i", "ј": "j", "к": "k",
        "ӏ": "l", "м": "m", "н": "h", "о": "o", "р": "p", "ԛ": "q", "ѕ": "s", "т": "t", "у": "y",
        "ѵ": "v", "ԝ": "w", "х": "x", "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k",
        "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ı": "i", "ł": "l", "ø": "o",
        "đ": "d", "ɑ": "a", "ɡ": "g", "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t",
        "8": "b", "$": "s", "|": "l",
    }
)  # fmt: skip
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
SHORTEST: Final = 5


def looks_like(label: str, known: Iterable[str]) -> str | None:
    """The known name that a domain's label imitates; None for that name itself and for others."""
    label = readable(label)
    for name in known:
        plain = name.casefold().replace(" ", "")
        if len(plain) >= SHORTEST and label != plain and _imitates(label, plain):
            return name
    return None


def wears_another_domain(address: str) -> bool:
    """Whether the address puts a whole domain before the one that it belongs to, so that who
    reads only its beginning is misled: alerts@bank.com.example.net."""
    labels = address.rpartition("@")[2].casefold().split(".")
    # "bank.com.br" is a domain of Brazil; two labels behind "com" are somebody's own.
    return any(
        label in _TOP_LEVEL and (len(labels) - at > 2 or len(labels[-1]) > 2)
        for at, label in enumerate(labels[:-1])
        if at > 0
    )


_TOP_LEVEL: Final = frozenset({"com", "net", "org"})


def readable(label: str) -> str:
    """A label of an internationalised domain (RFC 3492) as it is shown."""
    if label.startswith("xn--"):
        try:
            label = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return label
    return label.casefold()


def _imitates(label: str, name: str) -> bool:
    ours, theirs = _skeleton(name), _skeleton(label)
    if ours in (theirs, theirs.replace("-", "")):
        return True
    parts = theirs.split("-")
    return ours in parts or _is_one_off(ours, theirs.replace("-", "")) or ours in theirs


def _skeleton(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char)).translate(_ALIKE)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


def _is_one_off(one: str, other: str) -> bool:
    """Whether one letter is changed, added, left out, or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, others = one[start:], other[start:]
    swapped = len(rest) > 1 and rest[1::-1] + rest[2:] == others
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:] or swapped
