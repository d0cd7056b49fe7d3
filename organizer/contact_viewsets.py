"""/api/v1: contacts, contact-imports"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from organizer.contacts import importing, keeping, merging
from organizer.contacts import serializers as shapes
from organizer.contacts.exporting import as_file
from organizer.contacts.reading import contacts, shown
from organizer.file_import_viewsets import FileImportViewSet, Verbs
from organizer.filters import ContactFilter
from organizer.models import Contact, ContactImport, ContactRelation
from tenancy.viewsets import TenantViewSet

FILE = {(200, "application/octet-stream"): OpenApiTypes.BINARY}


class ContactViewSet(mixins.DestroyModelMixin, TenantViewSet):
    """People and organisations. Addresses, numbers and notes are kept encrypted: an e-mail address,
    its domain or a phone number is found if it is given whole."""

    resource = "contacts"
    queryset = contacts()
    serializer_class = shapes.ContactSerializer
    filterset_class = ContactFilter
    ordering = ("key", "id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    @extend_schema(responses=shapes.ContactSerializer(many=True))
    def list(self, request: Request) -> Response:
        page = tuple(self.paginate_queryset(self.filter_queryset(self.get_queryset())) or [])
        return self.get_paginated_response(self._json(page))

    @extend_schema(responses=shapes.ContactSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self._json([self.get_object()])[0])

    @extend_schema(request=shapes.ContactInput, responses={201: shapes.ContactSerializer})
    def create(self, request: Request) -> Response:
        body = shapes.ContactInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = keeping.add_contact(**body.validated_data)
        return Response(self._json([row])[0], status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ContactInput, responses=shapes.ContactSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """A list that is given replaces the whole list."""
        row: Contact = self.get_object()
        body = shapes.ContactInput(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        return Response(self._json([keeping.change_contact(row.pk, body.validated_data)])[0])

    def perform_destroy(self, instance: Contact) -> None:
        keeping.remove_contact(instance.pk)

    @extend_schema(request=shapes.ContactMergeInput, responses=shapes.ContactSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """It goes into another, which gets what it lacks. Answers with the one that stays."""
        row: Contact = self.get_object()
        body = shapes.ContactMergeInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(
            self._json([merging.merge_contacts(row.pk, body.validated_data["into"])])[0]
        )

    @extend_schema(request=None, responses=shapes.ContactSerializer)
    @action(detail=True, methods=["post"], queryset=Contact.objects.all())
    def part(self, request: Request, pk: str) -> Response:
        """Take back that it was merged into another."""
        row: Contact = self.get_object()
        return Response(self._json([merging.part_contact(row.pk)])[0])

    @extend_schema(request=shapes.MerchantLinkInput, responses=shapes.ContactSerializer)
    @action(detail=True, methods=["post"], url_path="link-merchant")
    def link_merchant(self, request: Request, pk: str) -> Response:
        """What is paid to the merchant is paid to the contact."""
        row: Contact = self.get_object()
        body = shapes.MerchantLinkInput(data=request.data)
        body.is_valid(raise_exception=True)
        keeping.link_merchant(row.pk, body.validated_data["merchant"])
        return Response(self._json([row])[0])

    @extend_schema(request=shapes.MerchantLinkInput, responses=shapes.ContactSerializer)
    @action(detail=True, methods=["post"], url_path="unlink-merchant")
    def unlink_merchant(self, request: Request, pk: str) -> Response:
        row: Contact = self.get_object()
        body = shapes.MerchantLinkInput(data=request.data)
        body.is_valid(raise_exception=True)
        keeping.unlink_merchant(row.pk, body.validated_data["merchant"])
        return Response(self._json([row])[0])

    @extend_schema(methods=["GET"], responses=shapes.RelationSerializer(many=True))
    @extend_schema(
        methods=["POST"], request=shapes.RelationSerializer,
        responses={201: shapes.RelationSerializer},
    )  # fmt: skip
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def relations(self, request: Request, pk: str) -> Response:
        """Whom it belongs with, from both sides."""
        row: Contact = self.get_object()
        if request.method == "GET":
            found = ContactRelation.objects.filter(contact=row) | ContactRelation.objects.filter(
                other=row
            )
            return Response(shapes.RelationSerializer(found.order_by("id"), many=True).data)
        body = shapes.RelationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = keeping.relate(row.pk, body.validated_data["other_id"], body.validated_data["kind"])
        return Response(shapes.RelationSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.UnrelateInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def unrelate(self, request: Request, pk: str) -> Response:
        row: Contact = self.get_object()
        body = shapes.UnrelateInput(data=request.data)
        body.is_valid(raise_exception=True)
        keeping.unrelate(row.pk, body.validated_data["relation"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=shapes.DuplicateShape(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def duplicates(self, request: Request) -> Response:
        """Pairs that may be one: join them with merge."""
        pairs = [
            {"first": one.pk, "second": other.pk, "names": [one.name, other.name]}
            for one, other in merging.duplicates()
        ]
        return Response({"data": shapes.DuplicateShape(pairs, many=True).data})

    @extend_schema(parameters=[shapes.ContactExportQuery], responses=FILE)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def file(self, request: Request) -> StreamingHttpResponse:
        """All of them as vCard 4.0 (everything that is known) or as a table (CSV)."""
        query = shapes.ContactExportQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return as_file(self.get_queryset(), query.validated_data["type"])

    @extend_schema(responses=FILE)
    @action(detail=True, methods=["get"])
    def vcard(self, request: Request, pk: str) -> StreamingHttpResponse:
        row: Contact = self.get_object()
        return as_file(Contact.objects.filter(pk=row.pk), "vcf")

    def _json(self, rows: Sequence[Contact]) -> Any:
        return shapes.ContactSerializer(shown(rows), many=True).data


@extend_schema_view(
    create=extend_schema(
        request={"multipart/form-data": shapes.ContactFileInput},
        responses={201: shapes.ContactImportSerializer},
    ),
    lines=extend_schema(responses=shapes.LineSerializer(many=True)),
)
class ContactImportViewSet(FileImportViewSet):
    """Files of contacts: new ones are added, known ones get what they lack. Nothing is taken over
    before a file is applied."""

    resource = "contacts"
    queryset = ContactImport.objects.defer("data")
    serializer_class = shapes.ContactImportSerializer
    file_shape = shapes.ContactFileInput
    line_shape = shapes.LineSerializer
    verbs = Verbs(importing.upload, importing.preview, importing.apply)
