"""/api/v1/attachments"""

from __future__ import annotations

import uuid

import django_filters as filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance.merged import with_merged
from finance.models import Attachment
from finance.viewsets.files import FIELDS, FileFilter, FileInput, FileViewSet
from tenancy.serializers import StrictModelSerializer


class AttachmentSerializer(StrictModelSerializer):
    transaction = serializers.UUIDField(source="transaction_id", read_only=True)

    class Meta:
        model = Attachment
        fields = ("transaction", *FIELDS)
        read_only_fields = fields


class AttachmentInput(FileInput):
    transaction = serializers.UUIDField()


class AttachmentFilter(FileFilter):
    transaction = filters.UUIDFilter(
        method="of_transaction", help_text="And of what was merged into it."
    )

    class Meta:
        model = Attachment
        fields: tuple[str, ...] = ()

    def of_transaction(
        self, rows: QuerySet[Attachment], name: str, value: uuid.UUID
    ) -> QuerySet[Attachment]:
        return rows.filter(with_merged(value))


class AttachmentViewSet(FileViewSet):
    """Files beside transactions. A removed one can be brought back for thirty days. The message
    that told of a transaction is no attachment: see its `source`."""

    resource = "transactions"
    model = Attachment
    queryset = Attachment.objects.defer("data")
    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilter

    @extend_schema(
        request={"multipart/form-data": AttachmentInput}, responses={201: AttachmentSerializer}
    )
    def create(self, request: Request) -> Response:
        """Attach a file to a transaction. The same file again gives the first one."""
        return self.attached(request, AttachmentInput)
