"""Transactions that hold a text anywhere: merchant, as the message had it, description, notes."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, Final

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
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


def searchable(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same transactions, ready for `holding`."""
    if connection.vendor == "postgresql":
        rows = rows.alias(search_text=SearchText())
    return rows


def holding(text: str) -> Q:
    """That one of the columns holds the text, in any case."""
    if connection.vendor == "postgresql":
        # PostgreSQL's own small letters on both sides: which ones it knows depends on its locale.
        return Q(search_text__contains=Lower(Value(text)))
    if len(text) >= TRIGRAM and not _is_common(phrase := _phrase(text)):
        return Q(pk__in=RawSQL(INDEXED, [phrase]))  # noqa: S611 - a constant statement
    return reduce(or_, (Q(**{f"{column}__icontains": text}) for column in COLUMNS))


def containing(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of some transactions that hold the text in one of the columns, in any case."""
    return searchable(rows).filter(holding(text))


# --- SQLite's index -------------------------------------------------------------------------------

TRIGRAM: Final = 3
# What more rows hold is found sooner among the newest than by all that hold it.
COMMON: Final = 1_000
FOUND: Final = "FROM finance_search WHERE finance_search MATCH %s"
INDEXED: Final = (
    f"SELECT transaction_id FROM finance_search_text WHERE id IN (SELECT rowid {FOUND})"  # noqa: S608
)


def _phrase(text: str) -> str:
    """The text as one string of SQLite's query language for its text index."""
    return '"' + text.replace('"', '""') + '"'


def _is_common(phrase: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 {FOUND} LIMIT {COMMON + 1})",  # noqa: S608
            [phrase],
        )
        return bool(cursor.fetchone()[0] > COMMON)
