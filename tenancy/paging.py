"""Pages of long lists by keyset: the next page starts after the last row, however far down, and
rows that arrive meanwhile shift nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import DateTimeField, Model, Q, QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """`next_href` asks for the following page of the same address and query; "" at the end."""

    rows: list[Any]
    next_href: str


def newest_first(
    request: HttpRequest,
    queryset: QuerySet[Any],
    field: str,
    *,
    columns: Sequence[str] = (),
    size: int = PAGE_SIZE,
) -> Page:
    """The page that `?after=` names, ordered by `-field, -id`; rows are dictionaries of `columns`
    where some are given. Raises BadRequest."""
    rows = queryset.order_by(f"-{field}", "-id")
    after = request.GET.get("after", "")
    if after:
        value, row_id = _parse(after, rows.model, field)
        before = Q(**{f"{field}__lt": value}) | Q(**{field: value, "id__lt": row_id})
        rows = rows.filter(before, **{f"{field}__lte": value})
    found: list[Any] = list((rows.values(*columns) if columns else rows)[: size + 1])
    if len(found) <= size:
        return Page(found, "")
    last = found[size - 1]
    query = request.GET.copy()
    value, row_id = (last[field], last["id"]) if columns else (getattr(last, field), last.pk)
    query["after"] = f"{value.isoformat()}~{row_id}"
    return Page(found[:size], f"{request.path}?{query.urlencode()}")


def _parse(after: str, model: type[Model], field: str) -> tuple[date, uuid.UUID]:
    value, _, row_id = after.partition("~")
    column: Any = model._meta.get_field(field)
    try:
        if not isinstance(column, DateTimeField):
            return date.fromisoformat(value), uuid.UUID(row_id)
        # In UTC at once: near the ends of the calendar an offset leads out of it.
        return datetime.fromisoformat(value).astimezone(UTC), uuid.UUID(row_id)
    except (ValueError, OverflowError) as error:
        raise BadRequest("“after” is not the end of a page of this list.") from error
