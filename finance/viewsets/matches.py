"""/api/v1/matches and /api/v1/transfers"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance import ledger
from finance.errors import NotInLedger
from finance.filters import MatchFilter, TransferFilter
from finance.matching import deciding
from finance.matching import serializers as shapes
from finance.models import Match, Transfer
from finance.viewsets.base import LedgerViewSet
from finance.viewsets.transactions import require_transaction
from tenancy.wording import worded


class MatchViewSet(LedgerViewSet):
    """Pairs that seem to belong together, newest first, with the reasons."""

    resource = "transactions"
    queryset = Match.objects.all()
    filterset_class = MatchFilter
    ordering = ("-id",)
    serializer_class = shapes.MatchShape
    http_method_names = ("get", "post", "head", "options")

    @extend_schema(responses=shapes.MatchShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([shapes.match_json(match) for match in page or []])

    @extend_schema(responses=shapes.MatchShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        match = Match.objects.filter(pk=self.row_id).first()
        if match is None:
            raise NotInLedger(worded("There is no match %(pk)s.", pk=pk))
        return Response(shapes.match_json(match))

    @extend_schema(request=None, responses=shapes.MatchShape)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """They belong together: merge them, or link the transfer or the refund."""
        return Response(shapes.match_json(deciding.accept(self.row_id)))

    @extend_schema(request=None, responses=shapes.MatchShape)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """They do not: what was done is taken back, and the pair is never proposed again."""
        return Response(shapes.match_json(deciding.reject(self.row_id)))

    @extend_schema(request=None, responses=shapes.MatchShape)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Undo the decision."""
        return Response(shapes.match_json(deciding.reopen(self.row_id)))


class TransferViewSet(LedgerViewSet):
    """Two legs of one movement between own accounts, newest first."""

    resource = "transactions"
    queryset = Transfer.objects.select_related("outflow", "inflow")
    filterset_class = TransferFilter
    ordering = ("-id",)
    serializer_class = shapes.TransferLinkInput

    @extend_schema(responses=shapes.LinkedTransferShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(shapes.transfers_json(page or []))

    @extend_schema(responses=shapes.LinkedTransferShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return Response(shapes.transfer_json(self._row()))

    @extend_schema(responses={201: shapes.LinkedTransferShape})
    def create(self, request: Request) -> Response:
        """Link an outflow and an inflow. Linked with each other already: that link."""
        given = self.read(shapes.TransferLinkInput).validated_data
        for name in ("outflow", "inflow"):
            require_transaction(given[name], field=name)
        link = ledger.transfer(given["outflow"], given["inflow"])
        return Response(
            shapes.transfer_json(self.get_queryset().get(pk=link.pk)),
            status=status.HTTP_201_CREATED,
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Part the legs; they get back the categories that they had before."""
        deciding.unlink(self._row().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _row(self) -> Transfer:
        link: Transfer | None = self.get_queryset().filter(pk=self.row_id).first()
        if link is None:
            raise NotInLedger(worded("There is no transfer %(pk)s.", pk=self.kwargs["pk"]))
        return link
