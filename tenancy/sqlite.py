"""LIKE on SQLite, for all alphabets. Its own knows the capitals of ASCII alone, and nobody would
find "МАГАЗИН" by "магазин" (https://sqlite.org/lang_expr.html#like)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def teach_letters(connection: BaseDatabaseWrapper, **signal: Any) -> None:
    """For `connection_created`."""
    if connection.vendor == "sqlite":
        for arguments in (2, 3):
            connection.connection.create_function("like", arguments, like, deterministic=True)


def like(pattern: Any, text: Any, escape: str = "") -> bool | None:
    """Whether a text is like a pattern of `%` and `_`, in any case; None where either is NULL."""
    if pattern is None or text is None:
        return None
    return _test(str(pattern), escape)(str(text).lower())


@lru_cache(maxsize=512)
def _test(pattern: str, escape: str) -> Callable[[str], bool]:
    """Tells of a text in small letters."""
    parts = _parts(pattern.lower(), escape.lower())
    words = [part for part in parts if part not in (ANY, ONE)]
    if len(words) <= 1 and ONE not in parts:
        # As most are, and to look for a word takes a fifth of the time.
        word = words[0] if words else ""
        opened, closed = parts[:1] == [ANY], parts[-1:] == [ANY]
        if opened and closed:
            return lambda text: word in text
        if opened:
            return lambda text: text.endswith(word)
        return (lambda text: text.startswith(word)) if closed else (lambda text: text == word)
    found = "".join({ANY: ".*", ONE: "."}.get(part, re.escape(part)) for part in parts)
    whole = re.compile(found, re.DOTALL).fullmatch
    return lambda text: whole(text) is not None


# No text holds what stands for a wildcard here.
ANY, ONE = "\0%", "\0_"


def _parts(pattern: str, escape: str) -> list[str]:
    """Its words and wildcards, in their order."""
    parts: list[str] = []
    word, rest = "", iter(pattern)
    for letter in rest:
        if letter == escape:
            word += next(rest, "")
        elif letter in "%_":
            parts += [word] * bool(word) + [ANY if letter == "%" else ONE]
            word = ""
        else:
            word += letter
    return parts + [word] * bool(word)
