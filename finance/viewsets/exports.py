"""/api/v1/exports"""

from __future__ import annotations

from typing import Any, Final

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.exports.entries import Period
from finance.exports.formats import FORMATS
from finance.exports.writing import export, file_name
from finance.models import Transaction
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id
from tenancy.serializers import StrictSerializer
from tenancy.viewsets import TenantViewSet

NAMES: Final = tuple(FORMATS)


class FormatSerializer(StrictSerializer):
    format = serializers.CharField(source="name")
    content_type = serializers.CharField()


class ExportQuery(StrictSerializer):
    """Days are those of booking, both included; `account` is an account's id."""

    type = serializers.ChoiceField(choices=NAMES)
    since = serializers.DateField(required=False, allow_null=True, default=None)
    until = serializers.DateField(required=False, allow_null=True, default=None)
    account = serializers.UUIDField(required=False, allow_null=True, default=None)


class ExportViewSet(TenantViewSet):
    """The ledger's posted transactions as a file, oldest first."""

    resource = "transactions"
    queryset = Transaction.objects.none()
    serializer_class = FormatSerializer
    pagination_class = None

    @extend_schema(responses=FormatSerializer(many=True))
    @action(detail=False, methods=["get"])
    def formats(self, request: Request) -> Response:
        """The formats there are."""
        return Response({"data": FormatSerializer(FORMATS.values(), many=True).data})

    @extend_schema(
        parameters=[ExportQuery],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    @action(detail=False, methods=["get"])
    def file(self, request: Request) -> StreamingHttpResponse:
        """The file, streamed."""
        query = ExportQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        given = query.validated_data
        name, period = given["type"], Period(given["since"], given["until"], given["account"])
        tenant = Tenant.objects.get(pk=current_tenant_id())
        pieces: Any = export(name, period)
        attached = file_name(name, period, tenant)
        return StreamingHttpResponse(
            pieces,
            content_type=FORMATS[name].content_type,
            headers={"Content-Disposition": f'attachment; filename="{attached}"'},
        )
