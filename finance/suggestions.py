"""Which category a movement probably has. A suggestion, marked as inferred: never a fact.

In order: what the event itself says, the merchant's own category, what the person last chose for
the same merchant, a trade word in the merchant's name. Abstains where two categories fit equally
well.
"""

from __future__ import annotations

import re
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from finance.default_categories import EVENT_CATEGORIES
from finance.ledger.naming import Names
from finance.models import Category, Merchant, Split, TransactionState
from finance.words import plain

INNER_LENGTH = 6
HISTORY = 2_000
# A transfer of which the message says that both accounts are the person's own.
OWN_TRANSFER = "own_transfer"
MORE_EVENTS = {
    "withdrawal": "cash",
    "interest": "interest_income",
    OWN_TRANSFER: "own_transfer",
} | EVENT_CATEGORIES


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`why` is a stable code (`event`, `merchant`, `history`, `merchant_word`), `detail` what it
    rests on."""

    category_id: uuid.UUID
    why: str
    detail: str


class Suggester:
    """Suggestions for one batch in the current tenant: six queries, however long the batch."""

    def __init__(self, merchants: Iterable[str]) -> None:
        self._by_key = dict(
            Category.objects.filter(is_archived=False).exclude(key="").values_list("key", "pk")
        )
        texts = {merchant for merchant in merchants if merchant}
        self._names = Names.of(texts)
        named = {self._names.read(text, "") for text in texts}
        self._of_merchants = _own_categories(named)
        self._history = _last_choices(named)

    def suggest(self, event: str, merchant: str, *, outflow: bool) -> Suggestion | None:
        key = MORE_EVENTS.get(event)
        if event == "interest" and outflow:
            key = "bank_fees"
        if key in self._by_key:
            return Suggestion(self._by_key[key], "event", event)
        name = self._names.read(merchant, "")
        own = self._of_merchants.get(name)
        if own is not None:
            return Suggestion(own, "merchant", name)
        chosen = self._history.get(name.casefold())
        if chosen is not None:
            return Suggestion(chosen, "history", name)
        found = category_of_words(merchant) if outflow or event == "refund" else None
        if found is not None and found[0] in self._by_key:
            return Suggestion(self._by_key[found[0]], "merchant_word", found[1])
        return None


def _own_categories(names: set[str]) -> dict[str, uuid.UUID]:
    """The category that a person gave each merchant, by name."""
    rows = Merchant.objects.filter(name__in=names, default_category__is_archived=False)
    return dict(rows.values_list("name", "default_category"))


def _last_choices(merchants: set[str]) -> dict[str, uuid.UUID]:
    """The category that a person last set for each merchant, by case-folded name."""
    rows = (
        Split.objects.filter(
            transaction__merchant__in=merchants,
            transaction__state=TransactionState.POSTED,
            category__is_archived=False,
            position=0,
        )
        .order_by("-transaction__booked_on", "-transaction_id")
        .values_list("transaction__merchant", "category_id", "transaction__locked")[:HISTORY]
    )
    chosen: dict[str, uuid.UUID] = {}
    for merchant, category, locked in rows:
        if "category_id" in locked:
            chosen.setdefault(merchant.casefold(), category)
    return chosen


@lru_cache(maxsize=4096)
def category_of_words(merchant: str) -> tuple[str, str] | None:
    """The category key and the word that speaks for it; None where none or several do."""
    name = plain(merchant)
    words = set(re.findall(r"\w+", name))
    hits = {
        key: word
        for word, key in _words().items()
        if word in words
        or ((" " in word or len(word) >= INNER_LENGTH) and word in name)
        or (not word.isascii() and word in name)
    }
    if not hits:
        return None
    longest = max(len(word) for word in hits.values())
    best = [(key, word) for key, word in hits.items() if len(word) == longest]
    return best[0] if len(best) == 1 else None


@cache
def _words() -> Mapping[str, str]:
    path = Path(__file__).with_name("merchant_words.toml")
    by_key = tomllib.loads(path.read_text(encoding="utf-8"))
    return {plain(word): key for key, words in by_key.items() for word in words}
