"""How often a sender's messages were read right, measured on this tenant's own answers in review.

The answers are counted as they stand: one counts at once, one that is taken back no more.

measured        sender and route -> what people said of such readings: two queries
"""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from extraction.reading import THRESHOLD
from extraction.senders import SOURCE_KIND
from finance.models import ReviewItem, ReviewState
from mail_ingest.models import Email

# The latest answers that are looked at.
REMEMBERED: Final = 500
# One-sided 95 % of the normal distribution.
_Z: Final = 1.645
# Answers that say nothing of the reading: a second telling and a reservation may be read right.
_SAYS_NOTHING: Final = frozenset({"possible_duplicate", "hold", "forwarded"})

Key = tuple[str, str]
"""A sender's address and the route by which its messages were read."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Of `reviewed` readings that a person answered, `right` had the right amount of a real
    movement."""

    reviewed: int
    right: int

    @property
    def at_least(self) -> float:
        """The precision that 95 % confidence leaves at least (Wilson's lower bound), 0 to 1."""
        return _bound(self.right, self.reviewed, -1)

    @property
    def at_most(self) -> float:
        """The same from above."""
        return _bound(self.right, self.reviewed, 1)

    @property
    def at_least_percent(self) -> int:
        """Rounded down, for people."""
        return math.floor(100 * self.at_least)

    def falls_short(self, threshold: float) -> bool:
        """Whether the answers show that such readings are not right often enough. Few answers
        show it only where many of them were wrong; otherwise the measure abstains."""
        could_show = _bound(self.reviewed, self.reviewed, -1) >= threshold
        return (could_show and self.at_least < threshold) or self.at_most < threshold


def _bound(right: int, reviewed: int, side: int) -> float:
    """Wilson's bound of a share. Of nothing it is 0 from below and 1 from above."""
    if not reviewed:
        return 0.0 if side < 0 else 1.0
    share, z2 = right / reviewed, _Z * _Z
    spread = _Z * math.sqrt(share * (1 - share) / reviewed + z2 / (4 * reviewed**2))
    bound = (share + z2 / (2 * reviewed) + side * spread) / (1 + z2 / reviewed)
    return min(1.0, max(0.0, bound))


def measured(senders: Iterable[str] | None = None) -> dict[Key, Measured]:
    """What was answered about the messages of these addresses, or of all, in the current
    tenant."""
    answers = (
        ReviewItem.objects.filter(
            source_kind=SOURCE_KIND, state__in=(ReviewState.ACCEPTED, ReviewState.DISMISSED)
        )
        .order_by("-id")
        .values_list("source_id", "state", "reasons", "draft", "transaction__provenance")
    )[:REMEMBERED]
    told = [row for row in answers if _SAYS_NOTHING.isdisjoint(row[2])]
    if not told:
        return {}
    emails = Email.objects.filter(pk__in={uuid.UUID(row[0]) for row in told})
    if senders is not None:
        emails = emails.filter(from_address__in=set(senders))
    addresses = dict(emails.values_list("pk", "from_address"))
    reviewed, right = Counter[Key](), Counter[Key]()
    for source_id, state, _, draft, provenance in told:
        address = addresses.get(uuid.UUID(source_id))
        fields = provenance or draft.get("provenance") or {}
        route = _route(fields)
        if address is None or not route:
            continue
        reviewed[address, route] += 1
        right[address, route] += state == ReviewState.ACCEPTED and "route" in fields.get(
            "amount", {}
        )
    return {key: Measured(count, right[key]) for key, count in reviewed.items()}


def as_row(found: Measured) -> dict[str, Any]:
    """For the API."""
    return {
        "reviewed": found.reviewed,
        "right": found.right,
        "at_least": round(found.at_least, 4),
        "falls_short": found.falls_short(THRESHOLD),
    }


def _route(provenance: Mapping[str, Any]) -> str:
    """By what a movement was read; a field that a person has changed does not tell it any more."""
    for name in ("amount", "occurred_on", "merchant_raw", "account_hint", "event"):
        route = provenance.get(name, {}).get("route")
        if route:
            return str(route)
    return ""
