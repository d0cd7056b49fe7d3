"""/api/v1/exchange-rates"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.errors import NotInLedger
from finance.exchange import keeping
from finance.exchange import serializers as shapes
from finance.exchange.rates import rates_to
from finance.filters import ExchangeRateFilter
from finance.models import ExchangeRate
from finance.querysets import home, today
from finance.serializers import money
from finance.viewsets.base import LedgerViewSet
from tenancy.wording import worded


class ExchangeRateViewSet(LedgerViewSet):
    """The ledger's own exchange rates, newest first. Reference rates are the installation's, from
    a file of the European Central Bank; `convert` uses both."""

    resource = "accounts"
    queryset = ExchangeRate.objects.all()
    filterset_class = ExchangeRateFilter
    ordering = ("-valid_on", "-id")
    serializer_class = shapes.ExchangeRateInput
    inputs = {
        "partial_update": shapes.ExchangeRatePatch,
        "convert": shapes.ConversionQuery,
    }
    query_parameters = ("amount", "base", "quote", "on")

    @extend_schema(responses=shapes.ExchangeRateShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([shapes.exchange_rate_json(row) for row in page or []])

    @extend_schema(responses=shapes.ExchangeRateShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        row = self.filter_queryset(self.get_queryset()).filter(pk=self.row_id).first()
        if row is None:
            raise NotInLedger(worded("There is no exchange rate %(pk)s.", pk=pk))
        return Response(shapes.exchange_rate_json(row))

    @extend_schema(responses={201: shapes.ExchangeRateShape})
    def create(self, request: Request) -> Response:
        """Set the rate of a day; one that is there is replaced."""
        row = keeping.set_rate(**self.read(shapes.ExchangeRateInput).validated_data)
        return Response(shapes.exchange_rate_json(row), status=status.HTTP_201_CREATED)

    @extend_schema(responses=shapes.ExchangeRateShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        given = self.read(shapes.ExchangeRatePatch).validated_data
        return Response(shapes.exchange_rate_json(keeping.change_rate(self.row_id, given["rate"])))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove it: the rate before it holds on."""
        keeping.remove_rate(self.row_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=[shapes.ConversionQuery], responses=shapes.ConversionShape)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def convert(self, request: Request) -> Response:
        """An amount by the last rate on or before a day. Nothing is guessed: without a rate,
        `converted` is null."""
        self.filter_queryset(self.get_queryset())
        query = self.read(shapes.ConversionQuery, request.query_params.dict()).validated_data
        amount = money(query["amount"], query["base"])
        quote = query.get("quote") or home().currency
        on = query.get("on") or today()
        rates = rates_to(quote, [(amount.currency, on)])
        return Response(
            shapes.conversion_json(
                amount, on, rates.convert(amount, on), quote, rates.rate(amount.currency, on)
            )
        )
