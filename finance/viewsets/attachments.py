"""/api/v1/attachments"""

from __future__ import annotations

import uuid
from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from finance import attachments
from finance.models import Attachment
from tenancy.serializers import StrictModelSerializer, StrictSerializer
from tenancy.viewsets import TenantViewSet


class AttachmentSerializer(StrictModelSerializer):
    transaction = serializers.UUIDField(source="transaction_id", read_only=True)

    class Meta:
        model = Attachment
        fields = (
            "id", "transaction", "name", "media_type", "size", "sha256", "created_at",
            "removed_at",
        )  # fmt: skip
        read_only_fields = fields


class AttachmentInput(StrictSerializer):
    """A PDF or a photo (JPEG, PNG, WebP, HEIC) of at most 10 MB."""

    transaction = serializers.UUIDField()
    file = serializers.FileField()


class AttachmentFilter(filters.FilterSet):  # type: ignore[misc]
    transaction = filters.UUIDFilter(
        method="of_transaction", help_text="And of what was merged into it."
    )
    is_removed = filters.BooleanFilter(
        field_name="removed_at", lookup_expr="isnull", exclude=True,
        help_text="Whether it was removed, and can be brought back.",
    )  # fmt: skip

    class Meta:
        model = Attachment
        fields: tuple[str, ...] = ()

    def of_transaction(
        self, rows: QuerySet[Attachment], name: str, value: uuid.UUID
    ) -> QuerySet[Attachment]:
        return rows.filter(attachments.with_merged(value))


class AttachmentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, TenantViewSet
):
    """Files beside transactions. A removed one can be brought back for thirty days. The message
    that told of a transaction is no attachment: see its `source`."""

    resource = "transactions"
    queryset = Attachment.objects.defer("data")
    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilter
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    parser_classes = (MultiPartParser, JSONParser)
    http_method_names = ("get", "post", "delete", "head", "options")

    @extend_schema(
        request={"multipart/form-data": AttachmentInput}, responses={201: AttachmentSerializer}
    )
    def create(self, request: Request) -> Response:
        """Attach a file to a transaction. The same file again gives the first one."""
        body = AttachmentInput(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data["file"]
        data = file.read(attachments.LARGEST + 1)
        row = attachments.attach(body.validated_data["transaction"], file.name or "", data)
        return Response(AttachmentSerializer(row).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Any) -> None:
        attachments.remove(instance.pk)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: str) -> HttpResponse:
        """Its bytes."""
        return attachments.download(self.get_object())

    @extend_schema(request=None, responses=AttachmentSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Bring a removed one back."""
        row: Attachment = self.get_object()
        return Response(AttachmentSerializer(attachments.restore(row.pk)).data)
