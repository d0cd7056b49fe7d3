"""/api/v1/mail-uploads: files of messages in pieces."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from mail_ingest import uploading
from mail_ingest.errors import MailError
from mail_ingest.models import MailUpload
from mail_ingest.serializers import MailUploadSerializer
from mail_ingest.upload_files import received_bytes
from tenancy.viewsets import TenantViewSet

PIECE = "application/offset+octet-stream"
OFFSET = OpenApiParameter(
    "Upload-Offset", int, OpenApiParameter.HEADER, required=True,
    description="Where the piece begins: how many bytes are there.",
)  # fmt: skip


class MailUploadViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """Begin an upload with its name and size, then send its pieces one after the other by PATCH,
    with the header Upload-Offset. When a connection was cut, ask by HEAD where to go on. With the
    last piece the file is imported; what was not finished is forgotten after a day."""

    resource = "mail"
    queryset = MailUpload.objects.all()
    serializer_class = MailUploadSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "head", "options", "post", "patch", "delete")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = uploading.begin_upload(**serializer.validated_data)

    def perform_destroy(self, instance: MailUpload) -> None:
        uploading.cancel_upload(instance)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How far an upload has come. HEAD gives the headers Upload-Offset and Upload-Length."""
        return self._answer(self.get_object())

    @extend_schema(
        request={PIECE: OpenApiTypes.BINARY}, parameters=[OFFSET], responses=MailUploadSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Send the next piece."""
        upload: MailUpload = self.get_object()
        if request.content_type != PIECE:
            raise UnsupportedMediaType(request.content_type or "")
        offset = offset_of(request)
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if offset + length > upload.size:
            raise MailError(
                gettext("The piece is longer than the file that was announced."),
                code="piece_too_long",
            )
        read = request._request.read
        return self._answer(uploading.append(upload, offset, read))

    def _answer(self, upload: MailUpload) -> Response:
        headers = {
            "Upload-Offset": str(received_bytes(upload)),
            "Upload-Length": str(upload.size),
            "Cache-Control": "no-store",
        }
        body = self.get_serializer(upload).data
        return Response(body, status=status.HTTP_200_OK, headers=headers)


def offset_of(request: Request) -> int:
    text = request.headers.get("Upload-Offset", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise MailError(
            gettext("Give the header Upload-Offset: how many bytes were sent before."),
            code="offset_missing",
        )
    return int(text)
