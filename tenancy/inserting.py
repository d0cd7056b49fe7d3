"""Many new rows of one model in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Now

Row = TypeVar("Row", bound=Model)


def insert_rows(
    rows: Sequence[Row], *, ignore_conflicts: bool = False, batch_size: int | None = None
) -> None:
    """`bulk_create` that asks PostgreSQL's clock once for what the database dates itself: Django
    sends rows as arrays, in a third of the time, where no column is an expression."""
    if not rows:
        return
    model = type(rows[0])
    if connection.vendor == "postgresql" and len(rows) > 1:
        _date(rows, [field.attname for field in model._meta.concrete_fields
                     if isinstance(field.db_default, Now)])  # fmt: skip
    model._default_manager.bulk_create(
        rows, ignore_conflicts=ignore_conflicts, batch_size=batch_size
    )


def _date(rows: Sequence[Row], names: Sequence[str]) -> None:
    open_ones = [(row, name) for row in rows for name in names
                 if isinstance(getattr(row, name), DatabaseDefault)]  # fmt: skip
    if open_ones:
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            now = cursor.fetchone()[0]
        for row, name in open_ones:
            setattr(row, name, now)
