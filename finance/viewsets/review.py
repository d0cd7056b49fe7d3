"""/api/v1/review-items"""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance import ledger, schemas, serializers
from finance.errors import LedgerError, NotInLedger
from finance.filters import ReviewItemFilter
from finance.models import ReviewItem, Transaction
from finance.querysets import (
    detail_row,
    list_rows,
    with_links,
)
from finance.rendering import (
    review_json,
    transaction_json,
)
from finance.viewsets.base import LedgerViewSet, currency_of
from tenancy.wording import worded


class ReviewItemViewSet(LedgerViewSet):
    """What a person is asked to decide, newest first."""

    resource = "transactions"
    queryset = ReviewItem.objects.all()
    filterset_class = ReviewItemFilter
    ordering = ("-id",)
    serializer_class = serializers.IdsInput
    inputs = {
        "accept": serializers.TransactionFields,
        "dismiss": serializers.ReasonInput,
        "snooze": serializers.SnoozeInput,
    }

    @extend_schema(responses=schemas.ReviewItemShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(review_jsons(page or []))

    @extend_schema(responses=schemas.ReviewItemShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return self.answer(self.row_id)

    @extend_schema(responses=schemas.TransactionDetailShape)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Post it, with changes to what was read."""
        given = self.read(serializers.TransactionFields)
        account_id = given.validated_data.get("account")
        currency = currency_of(account_id) if account_id else self.currency()
        if currency == "" and {"amount", "splits"} & given.validated_data.keys():
            raise LedgerError(
                gettext("The message did not tell the account: give it."),
                code="incomplete",
                field="account",
            )
        changes = given.changes(currency or given.validated_data.get("currency", ""))
        row = ledger.accept(self.row_id, changes)
        return Response(transaction_json(detail_row(row.pk) or {}))

    @extend_schema(responses=schemas.ReviewItemShape)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """It is not a transaction."""
        reason = self.read(serializers.ReasonInput).validated_data["reason"]
        return self.answer(ledger.dismiss(self.row_id, reason).pk)

    @extend_schema(responses=schemas.ReviewItemShape)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Ask again at a time to come; `reopen` asks at once."""
        until = self.read(serializers.SnoozeInput).validated_data["until"]
        return self.answer(ledger.snooze(self.row_id, until).pk)

    @extend_schema(request=None, responses=schemas.ReviewItemShape)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take a decision back."""
        return self.answer(ledger.reopen(self.row_id).pk)

    @extend_schema(operation_id="review_items_accept_many", responses=schemas.AcceptedShape)
    @action(detail=False, methods=["post"], url_path="accept")
    def accept_many(self, request: Request) -> Response:
        """Accept all of them as they are, or none."""
        ids = self.read(serializers.IdsInput).validated_data["ids"]
        accepted = [row.pk for row in ledger.accept_many(ids)]
        rows = with_links(list(list_rows(Transaction.objects.filter(pk__in=accepted))))
        return Response({"data": [transaction_json(row) for row in rows]})

    def answer(self, pk: uuid.UUID) -> Response:
        items = review_jsons(list(ReviewItem.objects.filter(pk=pk)))
        if not items:
            raise NotInLedger(worded("There is no review item %(pk)s.", pk=pk))
        return Response(items[0])

    def currency(self) -> str:
        """Of the proposed transaction or the draft's account; "" when there is none."""
        item = ReviewItem.objects.filter(pk=self.row_id).select_related("transaction").first()
        if item is None:
            raise NotInLedger(worded("There is no review item %(pk)s.", pk=self.row_id))
        if item.transaction is not None:
            return str(item.transaction.currency)
        account_id = item.draft.get("account_id")
        return currency_of(uuid.UUID(account_id)) if account_id else ""


def review_jsons(items: list[ReviewItem]) -> list[dict[str, Any]]:
    """With their transactions: three queries for the page."""
    wanted = [item.transaction_id for item in items if item.transaction_id]
    rows = with_links(list(list_rows(Transaction.objects.filter(pk__in=wanted))))
    by_id = {row["id"]: row for row in rows}
    return [review_json(item, by_id.get(item.transaction_id)) for item in items]
