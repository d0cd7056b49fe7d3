"""/api/v1: imports, import-lines"""

from __future__ import annotations

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from finance.models import LineOutcome, StatementImport, StatementLine
from finance.statements import importing
from finance.statements.serializers import (
    StatementChoiceSerializer,
    StatementImportSerializer,
    StatementLineSerializer,
    StatementUploadSerializer,
    with_counts,
)
from tenancy.viewsets import TenantViewSet

ACCEPTED = {status.HTTP_202_ACCEPTED: StatementImportSerializer}


class StatementImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Statements of banks and other programs: CSV, OFX, QIF, CAMT.053, MT940, JSON lines. A file
    is read into a preview; nothing is booked before it is applied, and it can be taken back."""

    resource = "transactions"
    queryset = with_counts(StatementImport.objects.all())
    serializer_class = StatementImportSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    parser_classes = (MultiPartParser, JSONParser)

    @extend_schema(request={"multipart/form-data": StatementUploadSerializer}, responses=ACCEPTED)
    def create(self, request: Request) -> Response:
        """Upload a file; the job that the answer names reads it."""
        body = StatementUploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data["file"]
        row = importing.upload(file.read(), file.name or "", account=body.validated_data["account"])
        return self._accepted(row)

    @extend_schema(request=StatementChoiceSerializer, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def choose(self, request: Request, pk: str) -> Response:
        """Say which account it is of, and which column is what; it is read again."""
        row: StatementImport = self.get_object()
        body = StatementChoiceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._accepted(importing.choose(row, **body.validated_data))

    @extend_schema(request=None, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Book what is new, and join what messages have told already."""
        row: StatementImport = self.get_object()
        importing.apply(row)
        return self._accepted(row)

    @extend_schema(request=None, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def revert(self, request: Request, pk: str) -> Response:
        """Take back what it has booked."""
        row: StatementImport = self.get_object()
        importing.revert(row)
        return self._accepted(row)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a file that is not applied."""
        row: StatementImport = self.get_object()
        importing.discard(row)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _accepted(self, row: StatementImport) -> Response:
        shown = with_counts(StatementImport.objects.filter(pk=row.pk)).get()
        return Response(StatementImportSerializer(shown).data, status=status.HTTP_202_ACCEPTED)


class StatementLineFilter(django_filters.FilterSet):  # type: ignore[misc] # untyped library
    statement = django_filters.UUIDFilter(field_name="statement_id")
    outcome = django_filters.MultipleChoiceFilter(choices=LineOutcome.choices)

    class Meta:
        model = StatementLine
        fields = ()


class StatementLineViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """What a statement's lines say, and what applying them does."""

    resource = "transactions"
    queryset = StatementLine.objects.all()
    serializer_class = StatementLineSerializer
    filterset_class = StatementLineFilter
    ordering = ("statement_id", "row", "id")
    lookup_value_converter = "uuid"
