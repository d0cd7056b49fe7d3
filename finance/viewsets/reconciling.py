"""/api/v1/stated-balances"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from finance.errors import NotInLedger
from finance.filters import StatedBalanceFilter
from finance.models import StatedBalance
from finance.reconciling import serializers as shapes
from finance.reconciling.stating import state_balance, withdraw_stated
from finance.serializers import money
from finance.viewsets.base import LedgerViewSet, currency_of
from tenancy.wording import worded


class StatedBalanceViewSet(LedgerViewSet):
    """What messages, statements and people say of balances, newest day first. They change nothing:
    `/accounts/{id}/reconciliation` compares them with the ledger."""

    resource = "accounts"
    queryset = StatedBalance.objects.all()
    filterset_class = StatedBalanceFilter
    ordering = ("-stated_on", "-id")
    serializer_class = shapes.StatedBalanceInput

    @extend_schema(responses=shapes.StatedBalanceShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([shapes.stated_json(row) for row in page or []])

    @extend_schema(responses=shapes.StatedBalanceShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        row = self.filter_queryset(self.get_queryset()).filter(pk=self.row_id).first()
        if row is None:
            raise NotInLedger(worded("There is no stated balance %(pk)s.", pk=pk))
        return Response(shapes.stated_json(row))

    @extend_schema(responses={201: shapes.StatedBalanceShape})
    def create(self, request: Request) -> Response:
        """What a statement says of the end of a day; it replaces what was entered for it before."""
        given = self.read(shapes.StatedBalanceInput).validated_data
        amount = money(given["balance"], currency_of(given["account"]), "balance")
        row = state_balance(given["account"], given["stated_on"], amount)
        return Response(shapes.stated_json(row), status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Only what was entered by hand."""
        withdraw_stated(self.row_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
