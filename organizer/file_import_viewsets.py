"""What the API's imports of files have in common: a preview first, then taken over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from organizer.file_imports import LARGEST_FILE
from organizer.models.imports import FileImport
from tenancy.viewsets import TenantViewSet


@dataclass(frozen=True, slots=True)
class Verbs:
    """What is done with a file, as the pages do it too (`file_import_pages`)."""

    upload: Callable[[str, bytes], FileImport]
    preview: Callable[[Any], Sequence[Any]]
    apply: Callable[[Any], FileImport]


class FileImportViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, TenantViewSet
):
    """Subclasses name the verbs and the shapes of their requests and lines, and tell the API's
    document of the shapes."""

    verbs: ClassVar[Verbs]
    file_shape: ClassVar[type[serializers.Serializer[Any]]]
    line_shape: ClassVar[type[serializers.Serializer[Any]]]
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    parser_classes = (MultiPartParser, JSONParser)
    http_method_names = ("get", "post", "delete", "head", "options")

    def create(self, request: Request) -> Response:
        """Upload a file; `lines` shows what it would do."""
        body = self.file_shape(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data["file"]
        row = self.verbs.upload(file.name or "", file.read(LARGEST_FILE + 1))
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @action(detail=True, methods=["get"], pagination_class=None)
    def lines(self, request: Request, pk: str) -> Response:
        """What applying would do, line by line; none of one that is applied."""
        lines = self.verbs.preview(self.get_object())
        return Response({"data": self.line_shape(lines, many=True).data})

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Take it over."""
        return Response(self.get_serializer(self.verbs.apply(self.get_object())).data)
