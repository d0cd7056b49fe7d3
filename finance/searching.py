"""Transactions that hold a text anywhere: merchant, as the message had it, description, notes."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Q, QuerySet, TextField, Value
from django.db.models.functions import Lower
from django.db.models.sql.compiler import SQLCompiler

COLUMNS: Final = ("merchant", "merchant_raw", "description", "notes")


class SearchText(Expression):
    """All of them in one, in small letters, as PostgreSQL keeps it (`finance/sql`): the model does
    not know the column, which has an index by its trigrams."""

    output_field = TextField()

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any]]:
        return f'"{compiler.query.get_initial_alias()}"."search_text"', []


def containing(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of some transactions that hold the text in one of the columns, in any case."""
    if connection.vendor == "postgresql":
        # PostgreSQL's own small letters on both sides: which ones it knows depends on its locale.
        known: QuerySet[Any] = rows.alias(search_text=SearchText())
        return known.filter(search_text__contains=Lower(Value(text)))
    found = Q()
    for column in COLUMNS:
        found |= Q(**{f"{column}__icontains": text})
    return rows.filter(found)
