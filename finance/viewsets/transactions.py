"""/api/v1/transactions"""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance import ledger, schemas, serializers
from finance.errors import NotInLedger, UnknownReference, WrongState
from finance.filters import TransactionFilter
from finance.ledger import Movement, Source
from finance.ledger.batches import MOST, edit_many
from finance.matching import deciding
from finance.models import Transaction, TransactionState
from finance.query import matching
from finance.querysets import (
    TRANSACTION_ORDER,
    detail_row,
    history,
    list_rows,
    with_links,
)
from finance.rendering import (
    change_json,
    transaction_json,
)
from finance.rules.serializers import BatchInput, EditedShape
from finance.viewsets.base import LedgerViewSet, currency_of
from finance.viewsets.rules import edited_json
from tenancy.wording import worded

API_SOURCE = "api"


class TransactionViewSet(LedgerViewSet):
    """Transactions, newest first. Amounts are signed decimal strings; an outflow is negative."""

    resource = "transactions"
    queryset = Transaction.objects.all()
    filterset_class = TransactionFilter
    ordering = TRANSACTION_ORDER
    serializer_class = serializers.TransactionInput
    inputs = {
        "partial_update": serializers.TransactionPatch,
        "void": serializers.ReasonInput,
        "split": serializers.SplitsInput,
        "transfer": serializers.TransferInput,
        "merge": serializers.MergeInput,
    }

    @extend_schema(responses=schemas.TransactionShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(list_rows(self.filter_queryset(self.get_queryset())))
        return self.get_paginated_response(
            [transaction_json(row) for row in with_links(page or [])]
        )

    @extend_schema(request=BatchInput, responses=EditedShape)
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def batch(self, request: Request) -> Response:
        """Change many at once, all or none; it can be undone at /edit-batches."""
        body = BatchInput(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        rows = self.get_queryset()
        rows = matching(rows, given["q"]) if "q" in given else rows.filter(pk__in=given["ids"])
        ids = rows.order_by("-booked_on", "-id").values_list("pk", flat=True)[: MOST + 1]
        return Response(edited_json(edit_many(dict.fromkeys(ids, body.changes()), "Bulk edit")))

    @extend_schema(responses=schemas.TransactionDetailShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return self.answer(self.row_id)

    @extend_schema(responses={200: schemas.TransactionDetailShape,
                              201: schemas.TransactionDetailShape})  # fmt: skip
    def create(self, request: Request) -> Response:
        """Book (or with `state` propose) one. A repeated `external_id` answers 200 with the
        first."""
        given = self.read(serializers.TransactionInput)
        state = given.validated_data.pop("state")
        external_id = given.validated_data.pop("external_id", None)
        source = Source(API_SOURCE, external_id) if external_id else None
        changes: Any = given.changes(currency_of(given.validated_data["account"]))
        movement = Movement(**changes, source=source)
        known = (
            source is not None
            and Transaction.objects.filter(
                source_kind=source.kind, source_id=source.id, source_item=source.item
            ).exists()
        )
        verb = ledger.post if state == TransactionState.POSTED else ledger.propose
        row = verb(movement)
        return self.answer(row.pk, status.HTTP_200_OK if known else status.HTTP_201_CREATED)

    @extend_schema(responses=schemas.TransactionDetailShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some fields; `splits` replaces all of them."""
        given = self.read(serializers.TransactionPatch)
        version = given.validated_data.pop("version", None)
        changes = given.changes(self.currency(given.validated_data.get("account")))
        row = ledger.edit(self.row_id, changes, expected_version=version)
        return self.answer(row.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Withdraw a proposal. What is posted is voided, not deleted."""
        row = Transaction.objects.filter(pk=self.row_id).first()
        if row is None:
            raise NotInLedger(worded("There is no transaction %(pk)s.", pk=pk))
        if row.state == TransactionState.POSTED:
            raise WrongState(
                gettext(
                    "A posted transaction is not deleted: POST to its /void, which keeps it to be"
                    " seen and takes it out of every balance."
                ),
                code="posted",
            )
        ledger.void(row.pk, "withdrawn")
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=schemas.TransactionDetailShape)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> Response:
        """Take it out of every balance for good."""
        reason = self.read(serializers.ReasonInput).validated_data["reason"]
        return self.answer(ledger.void(self.row_id, reason).pk)

    @extend_schema(responses=schemas.TransactionDetailShape)
    @action(detail=True, methods=["post"])
    def split(self, request: Request, pk: str) -> Response:
        """Replace its splits; they must sum to its amount."""
        given = self.read(serializers.SplitsInput).validated_data["splits"]
        return self.answer(ledger.split(self.row_id, serializers.parts(given, self.currency())).pk)

    @extend_schema(responses=schemas.TransactionDetailShape)
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, pk: str) -> Response:
        """Link it to the other leg of a transfer, or book that leg on another own account."""
        given = self.read(serializers.TransferInput).validated_data
        if "transaction" in given:
            require_transaction(given["transaction"])
            ledger.transfer(self.row_id, given["transaction"])
        else:
            ledger.transfer_to(self.row_id, given["account"])
        return self.answer(self.row_id)

    @extend_schema(responses=schemas.TransactionDetailShape)
    @transfer.mapping.delete
    def unlink(self, request: Request, pk: str) -> Response:
        """Part it from the other leg."""
        row = detail_row(self.row_id)
        if row is None:
            raise NotInLedger(worded("There is no transaction %(pk)s.", pk=pk))
        if row["transfer"] is None:
            raise WrongState(gettext("It is no leg of a transfer."), code="not_linked")
        deciding.unlink(row["transfer"]["id"])
        return self.answer(self.row_id)

    @extend_schema(responses=schemas.TransactionDetailShape)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Another report of the same movement goes into this one."""
        other = self.read(serializers.MergeInput).validated_data["transaction"]
        require_transaction(other)
        return self.answer(ledger.merge(self.row_id, other).pk)

    @extend_schema(responses=schemas.TransactionDetailShape)
    @merge.mapping.delete
    def unmerge(self, request: Request, pk: str) -> Response:
        """Take it out of the one that it was merged into: both are what they were, and are not
        proposed as one again."""
        return self.answer(deciding.part(self.row_id).pk)

    @extend_schema(responses=schemas.HistoryShape)
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """Who changed what, newest first."""
        changes = [change_json(change) for change in history(self.row_id)]
        if not changes or detail_row(self.row_id) is None:
            raise NotInLedger(worded("There is no transaction %(pk)s.", pk=pk))
        return Response({"data": changes})

    def answer(self, pk: uuid.UUID, code: int = status.HTTP_200_OK) -> Response:
        row = detail_row(pk)
        if row is None:
            raise NotInLedger(worded("There is no transaction %(pk)s.", pk=pk))
        return Response(transaction_json(row), status=code)

    def currency(self, account_id: uuid.UUID | None = None) -> str:
        """Of the account that it moves to, or else its own."""
        if account_id is not None:
            return currency_of(account_id)
        found = Transaction.objects.filter(pk=self.row_id).values_list("currency", flat=True)
        if not found:
            raise NotInLedger(worded("There is no transaction %(pk)s.", pk=self.row_id))
        return str(found[0])


def require_transaction(pk: uuid.UUID, field: str = "transaction") -> None:
    """Raises UnknownReference: in a body, a wrong id is a wrong field."""
    if not Transaction.objects.filter(pk=pk).exists():
        raise UnknownReference(worded("There is no transaction %(pk)s.", pk=pk), field=field)
