"""Which part of the review queue is shown: all, one reason, one merchant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from finance.models import ReviewItem
from finance.querysets import for_reason, open_review_items
from finance.views.rows import reason_labels

# Of so many the parts are counted; a longer queue is counted by its newest.
COUNTED: Final = 2_000
MOST_MERCHANTS: Final = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One link that narrows the queue, and how many wait there."""

    label: str
    count: int
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the address asks for; both may be empty."""

    reason: str = ""
    merchant: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Narrowing:
        return cls(query.get("reason", "")[:60], query.get("merchant", "")[:200])

    @property
    def query(self) -> str:
        """As part of an address: "" or "?reason=…"."""
        given = {name: value for name, value in self._given() if value}
        return f"?{urlencode(given)}" if given else ""

    def apply(self, items: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        if self.reason:
            items = for_reason(items, self.reason)
        if self.merchant:
            proposed = Q(transaction__merchant=self.merchant)
            drafted = Q(transaction=None, draft__merchant=self.merchant)
            items = items.filter(proposed | drafted)
        return items

    def _given(self) -> Iterable[tuple[str, str]]:
        return (("reason", self.reason), ("merchant", self.merchant))


@dataclass(frozen=True, slots=True)
class Queue:
    """The size and age of the whole queue, and its parts."""

    count: int
    oldest: date | None
    reasons: list[Part]
    merchants: list[Part]


def queue_parts(now: Narrowing) -> Queue:
    """One query."""
    rows: list[tuple[Any, datetime, str | None, Any]] = list(
        open_review_items().values_list("reasons", "created_at", "transaction__merchant", "draft")[
            :COUNTED
        ]
    )
    reasons = Counter(code for row in rows for code in set(row[0]))
    merchants = Counter(str(m or d.get("merchant") or "") for _, _, m, d in rows)
    return Queue(
        count=len(rows),
        oldest=min((row[1].date() for row in rows), default=None),
        reasons=[
            Part(
                reason_labels([code])[0], n, Narrowing(reason=code).query or "?",
                code == now.reason,
            )
            for code, n in reasons.most_common()
        ],
        merchants=[
            Part(name, n, Narrowing(merchant=name).query, name == now.merchant)
            for name, n in merchants.most_common(MOST_MERCHANTS + 1)
            if name and (n > 1 or name == now.merchant)
        ][:MOST_MERCHANTS],
    )  # fmt: skip
