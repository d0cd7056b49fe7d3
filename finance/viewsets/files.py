"""Files kept beside something, at the API."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters as filters
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from finance import files
from finance.models import KeptFile
from tenancy.serializers import StrictSerializer
from tenancy.viewsets import TenantViewSet

FIELDS = ("id", "name", "media_type", "size", "sha256", "created_at", "removed_at")


class FileInput(StrictSerializer):
    """A PDF or a photo (JPEG, PNG, WebP, HEIC) of at most 10 MB."""

    file = serializers.FileField()


class FileFilter(filters.FilterSet):  # type: ignore[misc]
    is_removed = filters.BooleanFilter(
        field_name="removed_at", lookup_expr="isnull", exclude=True,
        help_text="Whether it was removed, and can be brought back.",
    )  # fmt: skip


class FileViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, TenantViewSet
):
    """A removed file can be brought back for thirty days."""

    model: ClassVar[type[KeptFile]]
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    parser_classes = (MultiPartParser, JSONParser)
    http_method_names = ("get", "post", "delete", "head", "options")

    def attached(self, request: Request, shape: type[FileInput]) -> Response:
        """Keep the file of a request of this shape, whose other field is the owner."""
        body = shape(data=request.data)
        body.is_valid(raise_exception=True)
        file, owner_id = body.validated_data["file"], body.validated_data[self.model.owner]
        data = file.read(files.LARGEST + 1)
        row = files.attach(self.model, owner_id, file.name or "", data)
        return Response(self.get_serializer(row).data, 201)

    def perform_destroy(self, instance: Any) -> None:
        files.remove(self.model, instance.pk)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: str) -> HttpResponse:
        """Its bytes."""
        return files.download(self.get_object())

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Bring a removed one back."""
        row: KeptFile = self.get_object()
        return Response(self.get_serializer(files.restore(self.model, row.pk)).data)
