"""/api/v1/bills"""

from __future__ import annotations

from collections.abc import Callable

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.bills import managing, reading
from finance.bills import serializers as shapes
from finance.filters import BillFilter
from finance.models import Bill, BillNotice
from finance.querysets import today
from finance.viewsets.base import LedgerViewSet


class BillViewSet(LedgerViewSet):
    """Bills, newest first. One is paid while the transaction that paid it is posted."""

    resource = "transactions"
    queryset = Bill.objects.all()
    filterset_class = BillFilter
    ordering = ("-id",)
    serializer_class = shapes.BillInput
    inputs = {"partial_update": shapes.BillPatch, "pay": shapes.PaymentInput}

    @extend_schema(responses=shapes.BillShape(many=True))
    def list(self, request: Request) -> Response:
        bills = reading.shown(self.filter_queryset(self.get_queryset()))
        page, day = self.paginate_queryset(bills), today()
        return self.get_paginated_response([shapes.bill_json(bill, day) for bill in page or []])

    @extend_schema(responses=shapes.BillDetailShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return self.answer(managing.bill_named(self.row_id))

    @extend_schema(responses={201: shapes.BillDetailShape})
    def create(self, request: Request) -> Response:
        given = self.read(shapes.BillInput).validated_data
        bill = managing.add_bill(**shapes.columns(given, given["currency"]))
        return self.answer(bill, status.HTTP_201_CREATED)

    @extend_schema(responses=shapes.BillDetailShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        given = self.read(shapes.BillPatch).validated_data
        bill = managing.bill_named(self.row_id)
        fields = shapes.columns(given, given.get("currency", bill.currency))
        return self.answer(managing.change_bill(bill.pk, fields))

    @extend_schema(responses=shapes.BillDetailShape)
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, pk: str) -> Response:
        """Say which posted transaction paid it."""
        given = self.read(shapes.PaymentInput).validated_data
        return self.answer(managing.pay(self.row_id, given["transaction"]))

    @extend_schema(request=None, responses=shapes.BillDetailShape)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """It is a bill, although its message was doubtful."""
        return self.by(managing.confirm)

    @extend_schema(request=None, responses=shapes.BillDetailShape)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """It is not to be paid."""
        return self.by(managing.dismiss)

    @extend_schema(request=None, responses=shapes.BillDetailShape)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take back that it was dismissed, or paid."""
        return self.by(managing.reopen)

    def by(self, verb: Callable[..., Bill]) -> Response:
        return self.answer(verb(self.row_id))

    def answer(self, bill: Bill, code: int = status.HTTP_200_OK) -> Response:
        found = reading.shown(Bill.objects.filter(pk=bill.pk))[0]
        messages = BillNotice.objects.filter(bill=bill).order_by("told_on", "id")
        body = shapes.bill_json(found, today())
        told = [shapes.message_json(notice) for notice in messages]
        return Response(body | {"messages": told}, status=code)
