"""/api/v1/merchants"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from finance.filters import MerchantFilter
from finance.merchants import keeping
from finance.merchants import serializers as shapes
from finance.merchants.reading import sums_of
from finance.models import Merchant
from tenancy.viewsets import TenantViewSet

EXAMPLES = 10


class MerchantViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, TenantViewSet,
):  # fmt: skip
    """Whom money went to, and how messages write them. Another name goes to all transactions of
    the merchant. There is one for each name in the ledger, so none is deleted: join it."""

    resource = "transactions"
    queryset = Merchant.objects.all()
    serializer_class = shapes.MerchantSerializer
    filterset_class = MerchantFilter
    ordering = ("name", "id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "head", "options")

    @extend_schema(responses=shapes.MerchantSerializer(many=True))
    def list(self, request: Request) -> Response:
        page = tuple(self.paginate_queryset(self.filter_queryset(self.get_queryset())) or [])
        return self.get_paginated_response(self._json(page))

    @extend_schema(responses=shapes.MerchantSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self._json([self.get_object()])[0])

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = keeping.add_merchant(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert serializer.instance is not None
        serializer.instance = keeping.change_merchant(
            serializer.instance.pk, **serializer.validated_data
        )

    @extend_schema(request=shapes.MerchantMergeInput, responses=shapes.MerchantSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """All its transactions become another's, and so will what is written like it."""
        row: Merchant = self.get_object()
        body = shapes.MerchantMergeInput(data=request.data)
        body.is_valid(raise_exception=True)
        into = keeping.merge_merchants(row.pk, body.validated_data["into"])
        return Response(self._json([into])[0])

    @extend_schema(request=None, responses=shapes.MerchantSerializer)
    @action(detail=True, methods=["post"])
    def part(self, request: Request, pk: str) -> Response:
        """Take back that it was merged into another."""
        row: Merchant = self.get_object()
        return Response(self._json([keeping.part_merchant(row.pk)])[0])

    @extend_schema(methods=["GET"], responses=shapes.AliasSerializer(many=True))
    @extend_schema(
        methods=["POST"], request=shapes.AliasInput, responses={201: shapes.AliasSerializer}
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def aliases(self, request: Request, pk: str) -> Response:
        """How messages and statements write it."""
        row: Merchant = self.get_object()
        if request.method == "GET":
            return Response(shapes.AliasSerializer(row.aliases.all(), many=True).data)
        body = shapes.AliasInput(data=request.data)
        body.is_valid(raise_exception=True)
        alias = keeping.learn_alias(row.pk, **body.validated_data)
        return Response(shapes.AliasSerializer(alias).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ForgetInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def forget(self, request: Request, pk: str) -> Response:
        """It is not written so. What was named by it stays."""
        row: Merchant = self.get_object()
        body = shapes.ForgetInput(data=request.data)
        body.is_valid(raise_exception=True)
        keeping.forget_alias(row.pk, body.validated_data["alias"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=shapes.AliasInput, responses=shapes.AliasPreviewShape)
    @action(detail=True, methods=["post"], pagination_class=None, filterset_class=None)
    def preview(self, request: Request, pk: str) -> Response:
        """What an alias would name. Saves nothing."""
        row: Merchant = self.get_object()
        body = shapes.AliasInput(data=request.data)
        body.is_valid(raise_exception=True)
        alike = keeping.written_like(body.validated_data["text"])
        others = alike.exclude(merchant=row.name).order_by("-booked_on", "-id")
        examples = others.values_list("pk", flat=True)[:EXAMPLES]
        shown = {"matching": alike.count(), "changing": others.count(), "examples": list(examples)}
        return Response(shapes.AliasPreviewShape(shown).data)

    def _json(self, rows: Sequence[Merchant]) -> Any:
        context = {"sums": sums_of(row.name for row in rows)}
        return shapes.MerchantSerializer(rows, many=True, context=context).data
