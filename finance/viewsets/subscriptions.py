"""/api/v1/subscriptions"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.filters import SubscriptionFilter
from finance.models import Subscription
from finance.querysets import today
from finance.subscriptions import deciding, reading
from finance.subscriptions import serializers as shapes
from finance.subscriptions.finding import find_subscriptions
from finance.viewsets.base import LedgerViewSet


class SubscriptionViewSet(LedgerViewSet):
    """Charges that come again and again: suggested from history, until somebody decides."""

    resource = "transactions"
    queryset = Subscription.objects.all()
    filterset_class = SubscriptionFilter
    ordering = ("name", "id")
    serializer_class = shapes.SubscriptionShape
    http_method_names = ("get", "post", "head", "options")

    @extend_schema(responses=shapes.SubscriptionShape(many=True))
    def list(self, request: Request) -> Response:
        rows = reading.listed(self.filter_queryset(self.get_queryset()), today())
        page = reading.shown(self.paginate_queryset(rows) or [])
        return self.get_paginated_response([shapes.subscription_json(entry) for entry in page])

    @extend_schema(responses=shapes.SubscriptionDetailShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return self.answer(deciding.subscription_named(self.row_id))

    @extend_schema(request=None, responses=shapes.FoundShape)
    @action(detail=False, methods=["post"])
    def find(self, request: Request) -> Response:
        """Look through the history now; it is done every day anyhow."""
        return Response({"found": find_subscriptions(today())}, status=status.HTTP_200_OK)

    @extend_schema(request=None, responses=shapes.SubscriptionDetailShape)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """It is one: watch for its next charge."""
        return self.answer(deciding.accept(self.row_id))

    @extend_schema(request=None, responses=shapes.SubscriptionDetailShape)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """It is none, and is not suggested again."""
        return self.answer(deciding.reject(self.row_id))

    @extend_schema(request=None, responses=shapes.SubscriptionDetailShape)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """It has been cancelled: no charge is expected any more."""
        return self.answer(deciding.cancel(self.row_id))

    def answer(self, row: Subscription) -> Response:
        return Response(shapes.detail_json(reading.shown([row])[0]))
