"""What kind of account a message speaks of: a guess from the words beside its number."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from extraction.document import fold
from extraction.reading import Candidate
from finance.models import AccountKind

AROUND = 40


def guess_kind(candidate: Candidate, text: str) -> AccountKind | None:
    """None where nothing speaks for any kind. `text` is the document's."""
    if candidate.available_limit is not None:
        return AccountKind.CREDIT_CARD
    hint = candidate.account_hint
    if hint is None or hint.evidence is None:
        return None
    span = hint.evidence
    beside = fold(text[max(0, span.start - AROUND) : span.end + AROUND])
    for kind, words in _words().items():
        if any(word in beside for word in words):
            return kind
    return None


@cache
def _words() -> dict[AccountKind, tuple[str, ...]]:
    path = Path(__file__).with_name("account_kinds.toml")
    by_kind = tomllib.loads(path.read_text(encoding="utf-8"))
    return {AccountKind(kind): tuple(map(fold, words)) for kind, words in by_kind.items()}
