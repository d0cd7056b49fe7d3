"""Keyset pages: `{"data": […], "next": address or null}`.

A page continues after the last row of the one before, by that row's ordering values, so a deep
page costs what the first does and rows that arrive meanwhile neither repeat nor skip others.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.exceptions import ValidationError as FieldValidationError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Field, Func, Q, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.db.models.sql.compiler import SQLCompiler
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

DEFAULT_LIMIT = 50
GREATEST_LIMIT = 200

Position = list[Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One column of the order. Empty values come last, in either direction and on any database."""

    name: str
    field: Field[Any, Any]
    descending: bool

    def order_by(self) -> OrderBy:
        last = True if self.field.null else None
        column = F(self.name)
        return column.desc(nulls_last=last) if self.descending else column.asc(nulls_last=last)

    def equals(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def after(self, value: Any) -> Q:
        if value is None:
            return Q(pk__in=())
        beyond = Q(**{f"{self.name}__{'lt' if self.descending else 'gt'}": value})
        return beyond | Q(**{f"{self.name}__isnull": True}) if self.field.null else beyond

    def read(self, row: Any) -> Any:
        """The row's value, as JSON can hold it without loss."""
        value = row[self.name] if isinstance(row, Mapping) else getattr(row, self.name)
        if value is None or isinstance(value, (int, str)):
            return value
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    def parse(self, value: Any) -> Any:
        """Raises Django's ValidationError, ValueError for text that UTF-8 cannot hold,
        OverflowError for times that no calendar has."""
        if value is None and not self.field.null:
            raise FieldValidationError("A value is missing.")
        if isinstance(value, int) and abs(value) >= 2**63:
            raise FieldValidationError("No column holds this number.")
        if isinstance(value, str) and b"\0" in value.encode():
            raise FieldValidationError("No column holds this text.")
        found = self.field.to_python(value)
        # In UTC at once: near the ends of the calendar an offset leads out of it.
        return found.astimezone(UTC) if isinstance(found, datetime) else found


class RowAfter(Func):
    """`(a, b) < (x, y)`: the comparison that an index on (a, b) answers in one step."""

    output_field = BooleanField()

    def __init__(self, keys: list[Key], position: Position) -> None:
        columns = [F(key.name) for key in keys]
        values = [Value(v, output_field=k.field) for k, v in zip(keys, position, strict=True)]
        super().__init__(*columns, *values)
        self.operator = "<" if keys[0].descending else ">"

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any]]:
        parts = [compiler.compile(part) for part in self.source_expressions]
        middle = len(parts) // 2
        left = ", ".join(sql for sql, _ in parts[:middle])
        right = ", ".join(sql for sql, _ in parts[middle:])
        params = [value for _, values in parts for value in values]
        return f"({left}) {self.operator} ({right})", params


def rows_after(keys: list[Key], position: Position) -> Q:
    uniform = len({key.descending for key in keys}) == 1
    if uniform and not any(key.field.null for key in keys):
        return Q(RowAfter(keys, position))
    condition = Q(pk__in=())
    for key, value in reversed(list(zip(keys, position, strict=True))):
        condition = key.after(value) | (key.equals(value) & condition)
    return condition


class KeysetPagination(BasePagination):
    """Reads `view.ordering` (or the model's): names of the model's own columns, each with or
    without a minus; the primary key is added to break ties. Works on `.values()` rows that
    include those columns."""

    parameters = ("limit", "cursor", "count")
    keys: list[Key]
    rows: list[Any]
    limit: int
    has_more: bool
    count: int | None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.keys = keys_of(queryset, view)
        self.limit = read_limit(request)
        position = read_cursor(request, self.keys)
        self.count = queryset.count() if wants_count(request) else None
        page = queryset.order_by(*(key.order_by() for key in self.keys))
        if position is not None:
            page = page.filter(rows_after(self.keys, position))
        rows = list(page[: self.limit + 1])
        self.has_more = len(rows) > self.limit
        self.rows = rows[: self.limit]
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        body = {"data": data, "next": self.next_address()}
        if self.count is not None:
            body["count"] = self.count
        return Response(body)

    def next_address(self) -> str | None:
        if not self.has_more:
            return None
        cursor = write_cursor([key.read(self.rows[-1]) for key in self.keys])
        address = self.request.build_absolute_uri()
        return replace_query_param(address, "cursor", cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["data", "next"],
            "properties": {
                "data": schema,
                "next": {
                    "type": "string",
                    "format": "uri",
                    "nullable": True,
                    "description": "The address of the next page; null on the last.",
                },
                "count": {"type": "integer", "description": "Only with count=true."},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {
            "type": "integer", "minimum": 1, "maximum": GREATEST_LIMIT, "default": DEFAULT_LIMIT,
        }  # fmt: skip
        return [
            parameter("limit", limit, "Rows a page."),
            parameter("cursor", {"type": "string"}, "Where to go on, from `next`."),
            parameter("count", {"type": "boolean", "default": False}, "Count all matching rows."),
        ]


def parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name, "in": "query", "required": False, "schema": schema,
        "description": description,
    }  # fmt: skip


def keys_of(queryset: QuerySet[Any], view: Any) -> list[Key]:
    meta = queryset.model._meta
    names = [str(name) for name in getattr(view, "ordering", None) or meta.ordering]
    if not names:
        raise ImproperlyConfigured(f"{type(view).__name__} or its model must have an ordering.")
    plain = {name.removeprefix("-") for name in names}
    if meta.pk.name not in plain:
        names.append(f"-{meta.pk.name}" if names[-1].startswith("-") else meta.pk.name)
    return [
        Key(name.removeprefix("-"), meta.get_field(name.removeprefix("-")), name.startswith("-"))
        for name in names
    ]


def read_limit(request: Request) -> int:
    text = request.query_params.get("limit", "")
    if text == "":
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= GREATEST_LIMIT:
        return int(text)
    message = f"limit must be a whole number from 1 to {GREATEST_LIMIT}."
    raise ValidationError({"limit": message}, code="invalid_limit")


def wants_count(request: Request) -> bool:
    text = request.query_params.get("count", "").lower()
    if text in ("", "false", "true"):
        return text == "true"
    raise ValidationError({"count": "Say true or false."}, code="invalid_boolean")


def write_cursor(position: Position) -> str:
    text = json.dumps(position, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(request: Request, keys: list[Key]) -> Position | None:
    text = request.query_params.get("cursor", "")
    if text == "":
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        values = json.loads(base64.b64decode(padded, altchars="-_", validate=True))
        return [key.parse(value) for key, value in zip(keys, values, strict=True)]
    except (
        binascii.Error, ValueError, TypeError, FieldValidationError, OverflowError, RecursionError,
    ) as error:  # fmt: skip
        message = "This cursor is not one of ours. Start again without it, or follow `next`."
        raise ValidationError({"cursor": message}, code="invalid_cursor") from error
