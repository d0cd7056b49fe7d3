"""What kind of account messages speak of: a guess from the words beside its number."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from extraction.document import fold
from extraction.reading import Candidate
from finance.models import AccountKind

BEFORE = 40
AFTER = 25


def guess_kinds(told: Iterable[tuple[Candidate, str]]) -> dict[str, AccountKind]:
    """For each account number what most of the messages say; each comes with its document's
    text. Numbers of which nothing is said are left out."""
    votes: dict[str, Counter[AccountKind]] = {}
    for candidate, text in told:
        kind = _kind_in(candidate, text)
        if kind is not None and candidate.account_hint is not None:
            votes.setdefault(candidate.account_hint.value, Counter())[kind] += 1
    return {digits: counted.most_common(1)[0][0] for digits, counted in votes.items()}


def _kind_in(candidate: Candidate, text: str) -> AccountKind | None:
    """The kind whose word stands nearest before the number, else nearest after it."""
    if candidate.available_limit is not None:
        return AccountKind.CREDIT_CARD
    hint = candidate.account_hint
    if hint is None or hint.evidence is None:
        return None
    start, end = hint.evidence.start, hint.evidence.end
    before = fold(text[max(0, start - BEFORE) : start])
    places = [(before.rfind(word), kind) for word, kind in _words() if word in before]
    if places:
        return max(places)[1]
    after = fold(text[end : end + AFTER])
    places = [(-after.find(word), kind) for word, kind in _words() if word in after]
    return max(places)[1] if places else None


@cache
def _words() -> list[tuple[str, AccountKind]]:
    path = Path(__file__).with_name("account_kinds.toml")
    by_kind = tomllib.loads(path.read_text(encoding="utf-8"))
    return [(fold(word), AccountKind(kind)) for kind, words in by_kind.items() for word in words]
