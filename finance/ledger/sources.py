"""What is in the ledger already from a source: looked up for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Q

from finance.ledger.movements import Source
from finance.models import ReviewItem, Transaction

SourceKey = tuple[str, str, int]
Row = TypeVar("Row", Transaction, ReviewItem)


def key(source: Source) -> SourceKey:
    return source.kind, source.id, source.item


def at_sources(model: type[Row], sources: Iterable[Source]) -> dict[SourceKey, Row]:
    """The rows of a model that came from these sources: one query."""
    by_kind: dict[tuple[str, int], list[str]] = {}
    for source in sources:
        by_kind.setdefault((source.kind, source.item), []).append(source.id)
    if not by_kind:
        return {}
    wanted = reduce(
        or_,
        (
            Q(source_kind=kind, source_item=item, source_id__in=ids)
            for (kind, item), ids in by_kind.items()
        ),
    )
    rows = model.objects.filter(wanted)
    return {(row.source_kind, row.source_id, row.source_item): row for row in rows}
