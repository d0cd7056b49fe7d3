"""Which tags transactions carry, read and written for many at once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping

from finance.models import Tagging, Transaction

Tags = frozenset[uuid.UUID]


def tags_of(row: Transaction) -> Tags:
    return frozenset(Tagging.objects.filter(transaction=row).values_list("tag_id", flat=True))


def tags_of_many(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Tags]:
    """One query; a transaction without any has an empty set."""
    wanted = list(ids)
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    rows = Tagging.objects.filter(transaction__in=wanted)
    for transaction_id, tag_id in rows.values_list("transaction_id", "tag_id"):
        found[transaction_id].add(tag_id)
    return {pk: frozenset(found[pk]) for pk in wanted}


def replace_tags(tags: Mapping[uuid.UUID, Tags]) -> None:
    """Give each transaction exactly these. Inside `writing()`, beside their entries."""
    if not tags:
        return
    Tagging.objects.filter(transaction__in=tags).delete()
    Tagging.objects.bulk_create(
        [Tagging(transaction_id=pk, tag_id=tag) for pk, some in tags.items() for tag in some],
        batch_size=1_000,
    )


def plain_tags(tags: Iterable[uuid.UUID]) -> list[str]:
    """As the audit trail's JSON keeps them."""
    return sorted(map(str, tags))
