"""Reading a query: words, fields, AND, OR, NOT and brackets. Pure.

query   = or
or      = and ("OR" and)*
and     = (not ("AND")?)*
not     = ("NOT" | "-") not | "(" or ")" | term
term    = field operator value | value
value   = word | quoted
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from finance.errors import LedgerError

LONGEST: Final = 500
DEEPEST: Final = 20
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<open>\()|(?P<close>\))
    |(?P<minus>-(?=[^\s\d.,)-]))
    |(?P<field>[^\W\d_][\w-]*)\s*(?P<operator>>=|<=|!=|[:=<>])\s*(?=[^\s)])
    |"(?P<quoted>[^"]*)"
    |(?P<word>[^\s()"]+)""",
    re.VERBOSE,
)
_VALUE = re.compile(r'"(?P<quoted>[^"]*)"|(?P<word>[^\s()"]+)')


class QueryError(LedgerError):
    """A query that means nothing; `position` counts characters from 0."""

    code = "invalid_query"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message, field="q")
        self.position = position


@dataclass(frozen=True, slots=True)
class Term:
    """`field` is "" for a text to find anywhere."""

    field: str
    operator: str
    value: str
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    inner: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them holds; of none, everything does."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Node, ...]


Node = Term | Not | All | Any


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int
    term: Term | None = None


def parse(text: str) -> Node:
    """The tree of a query; All(()) for an empty one. Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(_("The query is too long."), LONGEST)
    parser = _Parser(_tokens(text), len(text))
    tree = parser.either(0)
    if parser.at is not None:
        raise QueryError(_("A bracket is closed that was not opened."), parser.at.position)
    return tree


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(_("A quotation mark is missing."), at)
        kind = match.lastgroup or ""
        at = match.end()
        if kind == "space":
            continue
        if match["operator"]:
            value = _VALUE.match(text, at)
            if value is None:
                raise QueryError(_("A quotation mark is missing."), at)
            at = value.end()
            said = value["quoted"] if value["quoted"] is not None else value["word"]
            term = Term(match["field"].lower(), match["operator"], said, match.start())
            found.append(_Token("term", match[0], match.start(), term))
        elif match["quoted"] is not None or match["word"]:
            said = match["quoted"] if match["quoted"] is not None else match["word"]
            keyword = said if match["word"] and said in ("AND", "OR", "NOT") else ""
            term = Term("", ":", said, match.start())
            found.append(_Token(keyword or "term", said, match.start(), term))
        else:
            found.append(_Token({"minus": "NOT"}.get(kind, kind), match[0], match.start()))
    return found


class _Parser:
    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens, self._next, self._end = tokens, 0, end

    @property
    def at(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, *kinds: str) -> _Token | None:
        token = self.at
        if token is None or token.kind not in kinds:
            return None
        self._next += 1
        return token

    def either(self, depth: int) -> Node:
        parts = [self._every(depth)]
        while token := self._take("OR"):
            if parts[-1] == All(()):
                raise QueryError(_("Something is missing before OR."), token.position)
            parts.append(self._every(depth))
            if parts[-1] == All(()):
                raise QueryError(_("Something is missing after OR."), token.position)
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _every(self, depth: int) -> Node:
        parts: list[Node] = []
        while (token := self.at) is not None and token.kind not in ("OR", "close"):
            if self._take("AND"):
                follows = self.at is not None and self.at.kind not in ("OR", "AND", "close")
                if not parts or not follows:
                    raise QueryError(_("Something is missing beside AND."), token.position)
                continue
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _single(self, depth: int) -> Node:
        token = self.at
        if depth > DEEPEST:
            raise QueryError(
                _("The brackets are nested too deeply."), token.position if token else 0
            )
        if negation := self._take("NOT"):
            if self.at is None or self.at.kind in ("OR", "AND", "close"):
                raise QueryError(_("Something is missing after NOT."), negation.position)
            return Not(self._single(depth + 1))
        if opened := self._take("open"):
            inner = self.either(depth + 1)
            if not self._take("close"):
                raise QueryError(_("A bracket is not closed."), opened.position)
            return inner
        taken = self._take("term")
        assert taken is not None
        assert taken.term is not None
        return taken.term
