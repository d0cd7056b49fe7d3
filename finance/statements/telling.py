"""That a statement has been booked is told, and taken back with it."""

from __future__ import annotations

import uuid
from typing import Final

from django.db.models import Count
from django.urls import reverse

from finance.models import LineOutcome, StatementImport
from notifications.notify import cancel, notify

KIND: Final = "statement_booked"


def tell_booked(row: StatementImport, by: uuid.UUID | None) -> None:
    """To whoever had it booked, or else to all who may know."""
    outcomes = row.lines.order_by().values("outcome").annotate(count=Count("pk"))
    counts = dict(outcomes.values_list("outcome", "count"))
    facts = {
        "name": row.name,
        "new": counts.get(LineOutcome.NEW, 0),
        "matched": counts.get(LineOutcome.MATCHED, 0),
        "known": counts.get(LineOutcome.KNOWN, 0),
        "unreadable": counts.get(LineOutcome.REFUSED, 0),
    }
    people = None if by is None else [by]
    link = reverse("statement", args=[row.pk])
    notify(KIND, key=str(row.pk), facts=facts, link=link, users=people)


def take_back_booked(row: StatementImport) -> None:
    cancel(KIND, key=str(row.pk))
