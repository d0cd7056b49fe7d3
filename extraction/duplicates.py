"""Is this movement perhaps in the ledger already, told by another message?

Nothing is dropped for being alike: a likely duplicate becomes a question, which `finance.matching`
answers where it is certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from finance.ledger import Movement
from finance.matching.scoring import LIKELY, Facts, same_purchase
from finance.matching.searching import near


def told(movement: Movement, sender: str) -> Facts:
    """What a movement tells that is not in the ledger yet."""
    source = movement.source
    return Facts(
        source=f"{source.kind}:{source.id}" if source else "",
        teller=sender,
        account=movement.account_id,
        amount=movement.amount,
        booked_on=movement.booked_on,
        occurred_at=movement.occurred_at,
        merchant=movement.merchant,
        merchant_raw=movement.merchant_raw,
        reference=movement.description,
        event=movement.event,
        original=movement.original,
    )


def in_ledger(facts: Sequence[Facts]) -> list[Facts]:
    """What the ledger knows already that may be the same: a few queries."""
    return [report.facts for report in near(facts)]


def is_told(mine: Facts, known: Iterable[Facts]) -> bool:
    """Whether another report may tell of the same movement. A hold is none of its posting: that
    one counts, the hold goes into it."""
    for other in known:
        if other.is_hold and not mine.is_hold:
            continue
        score = same_purchase(mine, other)
        if score is not None and score.points >= LIKELY:
            return True
    return False
