"""Files of transactions."""

from __future__ import annotations

import uuid
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q, QuerySet

from finance import files
from finance.models import Attachment

# What was merged into one that was merged itself, so many times.
DEEPEST: Final = 3


def kept() -> QuerySet[Attachment]:
    """Those that are not removed, without their bytes."""
    return files.kept(Attachment)


def with_merged(row: Any, path: str = "transaction") -> Q:
    """Of a transaction, and of those that were merged into it: what a merge drops keeps its files,
    so that parting the two gives each its own."""
    return reduce(or_, (Q(**{path + "__merged_into" * deep: row}) for deep in range(DEEPEST + 1)))


def kept_of(row: Any) -> QuerySet[Attachment]:
    """Those that show beside a transaction."""
    return kept().filter(with_merged(row))


def attach(transaction_id: uuid.UUID, name: str, data: bytes) -> Attachment:
    """See `files.attach`."""
    return files.attach(Attachment, transaction_id, name, data)


def purge(day: date) -> int:
    """For the daily work, see `files.purge`."""
    return files.purge(Attachment)
