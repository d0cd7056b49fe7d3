"""/api/v1/recurring"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.filters import RecurringFilter
from finance.models import Recurring
from finance.months import month_of
from finance.querysets import detail_row, today
from finance.recurring import reading, templates
from finance.recurring import serializers as shapes
from finance.rendering import transaction_json
from finance.schemas import TransactionDetailShape
from finance.viewsets.base import LedgerViewSet, currency_of


class RecurringViewSet(LedgerViewSet):
    """Recurring transactions: templates, and the rules of their due dates."""

    resource = "transactions"
    queryset = Recurring.objects.all()
    filterset_class = RecurringFilter
    ordering = ("name", "id")
    serializer_class = shapes.RecurringInput
    inputs = {
        "partial_update": shapes.RecurringPatch,
        "skip": shapes.DueInput,
        "record": shapes.RecordInput,
        "calendar": shapes.MonthInput,
    }
    query_parameters = ("month",)

    @extend_schema(responses=shapes.RecurringShape(many=True))
    def list(self, request: Request) -> Response:
        rows = reading.with_last(self.filter_queryset(self.get_queryset()))
        page = self.paginate_queryset(rows)
        return self.get_paginated_response([shapes.recurring_json(row) for row in page or []])

    @extend_schema(responses=shapes.RecurringDetailShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return self.answer()

    @extend_schema(responses={201: shapes.RecurringDetailShape})
    def create(self, request: Request) -> Response:
        given = self.read(shapes.RecurringInput).validated_data
        fields = shapes.columns(given, currency_of(given["account"]))
        row = templates.add_recurring(templates.Template(**fields))
        return self.answer(row, status.HTTP_201_CREATED)

    @extend_schema(responses=shapes.RecurringDetailShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some fields. `state` pauses it, ends it, and takes it up again."""
        given = self.read(shapes.RecurringPatch).validated_data
        row = templates.recurring_named(self.row_id)
        currency = currency_of(given["account"]) if "account" in given else row.currency
        return self.answer(templates.change_recurring(row.pk, shapes.columns(given, currency)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """End it; what it has recorded stays."""
        templates.end_recurring(self.row_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=shapes.RecurringDetailShape)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        """Leave the next due date out."""
        given = self.read(shapes.DueInput).validated_data
        templates.skip(self.row_id, given["due_on"])
        return self.answer()

    @extend_schema(responses=TransactionDetailShape)
    @action(detail=True, methods=["post"])
    def record(self, request: Request, pk: str) -> Response:
        """Record the next due date's transaction today."""
        given = self.read(shapes.RecordInput).validated_data
        row = templates.recurring_named(self.row_id)
        made = templates.record_now(row.pk, given["due_on"], shapes.amount_of(given, row))
        return Response(transaction_json(detail_row(made.pk) or {}))

    @extend_schema(parameters=[shapes.MonthInput], responses=shapes.CalendarShape)
    @action(detail=False, methods=["get"], pagination_class=None)
    def calendar(self, request: Request) -> Response:
        """The due dates of a month, past and to come."""
        query = self.read(shapes.MonthInput, request.query_params.dict())
        first, last = month_of(query.validated_data.get("month") or today())
        found = [shapes.happening_json(h) for h in reading.happenings(first, last)]
        return Response({"month": first, "data": found})

    def answer(self, row: Recurring | None = None, code: int = status.HTTP_200_OK) -> Response:
        row_id = row.pk if row is not None else self.row_id
        templates.recurring_named(row_id)
        found: Any = reading.with_last(Recurring.objects.filter(pk=row_id))[0]
        slots = [shapes.slot_json(slot) for slot in reading.slots_of(found)]
        return Response(shapes.recurring_json(found) | {"slots": slots}, status=code)
