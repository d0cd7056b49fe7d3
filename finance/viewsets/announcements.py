"""/api/v1/announcements"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.errors import NotInLedger
from finance.filters import AnnouncementFilter
from finance.models import Announcement
from finance.subscriptions import announcing
from finance.subscriptions import serializers as shapes
from finance.viewsets.base import LedgerViewSet
from tenancy.wording import worded


class AnnouncementViewSet(LedgerViewSet):
    """What messages say will happen: a trial ends, a plan renews, a price changes, a refund."""

    resource = "transactions"
    queryset = Announcement.objects.all()
    filterset_class = AnnouncementFilter
    ordering = ("-id",)
    serializer_class = shapes.AnnouncementShape
    http_method_names = ("get", "post", "head", "options")

    @extend_schema(responses=shapes.AnnouncementShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([shapes.announcement_json(row) for row in page or []])

    @extend_schema(responses=shapes.AnnouncementShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        row = self.filter_queryset(self.get_queryset()).filter(pk=self.row_id).first()
        if row is None:
            raise NotInLedger(worded("There is no announcement %(pk)s.", pk=pk))
        return Response(shapes.announcement_json(row))

    @extend_schema(request=None, responses=shapes.AnnouncementShape)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """It is so, although its message was doubtful."""
        return Response(shapes.announcement_json(announcing.confirm(self.row_id)))

    @extend_schema(request=None, responses=shapes.AnnouncementShape)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """It is of no interest, or not so."""
        return Response(shapes.announcement_json(announcing.dismiss(self.row_id)))
