"""What was merged into a transaction, and into what was: each keeps its files and its message, so
that parting the two gives each its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from finance.ledger.merging import DEEPEST
from finance.models import Transaction


def paths(path: str) -> list[str]:
    """Look-ups from what belongs to a transaction (`path`) to the one it has come to belong to."""
    return [path + "__merged_into" * deep for deep in range(DEEPEST + 1)]


def with_merged(row: Any, path: str = "transaction") -> Q:
    """Of a transaction, and of those that were merged into it."""
    return reduce(or_, (Q(**{each: row}) for each in paths(path)))


def levels(row_id: uuid.UUID) -> Iterator[list[dict[str, Any]]]:
    """Those merged into it, then those merged into these …: id and source of each. A query each."""
    ids: list[uuid.UUID] = [row_id]
    while ids:
        found = Transaction.objects.filter(merged_into__in=ids).order_by("id")
        rows = list(found.values("id", "source_kind", "source_id", "source_item"))
        ids = [row["id"] for row in rows]
        yield rows
