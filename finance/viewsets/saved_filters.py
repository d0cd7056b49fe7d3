"""/api/v1/saved-filters"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from finance.models import SavedFilter
from finance.querysets import TRANSACTION_ORDER, list_rows, with_links
from finance.rendering import transaction_json
from finance.saved_filters import keeping
from finance.schemas import TransactionShape
from tenancy.serializers import StrictModelSerializer, StrictSerializer
from tenancy.viewsets import TenantViewSet


class SavedFilterSerializer(StrictModelSerializer):
    """`filters` are the fields of the page's address: search (a query), account, category, state,
    since, until."""

    filters = serializers.DictField(
        source="fields", child=serializers.CharField(max_length=500), required=True
    )
    is_shared = serializers.BooleanField(
        required=False, help_text="Whether everybody in the tenant sees it, or you alone."
    )

    class Meta:
        model = SavedFilter
        fields = ("id", "name", "filters", "is_shared", "position", "created_at")
        read_only_fields = ("id", "position", "created_at")

    def to_representation(self, instance: SavedFilter) -> Any:
        instance.is_shared = instance.owner_id is None  # type: ignore[attr-defined]
        return super().to_representation(instance)


class FilterOrderInput(StrictSerializer):
    saved_filters = serializers.ListField(child=serializers.UUIDField(), max_length=1000)


class SavedFilterViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """Filters of the transactions' list under a name: your own, and those shared in the tenant.
    Its `/transactions` lists what one finds."""

    resource = "transactions"
    queryset = SavedFilter.objects.all()
    serializer_class = SavedFilterSerializer
    ordering = ("position", "id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[SavedFilter]:
        return keeping.seen() if not self._is_documented else super().get_queryset()

    @property
    def _is_documented(self) -> bool:
        return bool(getattr(self, "swagger_fake_view", False))

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = keeping.save_filter(SavedFilter(), **serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert serializer.instance is not None
        keeping.save_filter(serializer.instance, **serializer.validated_data)

    @extend_schema(responses=TransactionShape(many=True))
    @action(detail=True, methods=["get"])
    def transactions(self, request: Request, pk: str) -> Response:
        """What it finds now, newest first."""
        rows = keeping.found_by(self.get_object())
        self.ordering = TRANSACTION_ORDER
        page = self.paginate_queryset(list_rows(rows))
        return self.get_paginated_response(
            [transaction_json(row) for row in with_links(page or [])]
        )

    @extend_schema(request=FilterOrderInput, responses={204: None})
    @action(detail=False, methods=["post"], pagination_class=None)
    def order(self, request: Request) -> Response:
        """The filters in a new order."""
        body = FilterOrderInput(data=request.data)
        body.is_valid(raise_exception=True)
        keeping.order_filters(body.validated_data["saved_filters"])
        return Response(status=204)
