"""Files of transactions."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.db.models import QuerySet

from finance import files
from finance.merged import with_merged
from finance.models import Attachment


def kept() -> QuerySet[Attachment]:
    """Those that are not removed, without their bytes."""
    return files.kept(Attachment)


def kept_of(row: Any) -> QuerySet[Attachment]:
    """Those that show beside a transaction."""
    return kept().filter(with_merged(row))


def attach(transaction_id: uuid.UUID, name: str, data: bytes) -> Attachment:
    """See `files.attach`."""
    return files.attach(Attachment, transaction_id, name, data)


def purge(day: date) -> int:
    """For the daily work, see `files.purge`."""
    return files.purge(Attachment)
