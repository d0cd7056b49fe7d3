"""/api/v1: replays, replay-differences, extractions/replay."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from extraction.models import DifferenceKind, DifferenceState, Replay, ReplayDifference
from extraction.replaying import running
from extraction.replaying.serializers import (
    DecisionSerializer,
    DismissedSerializer,
    ReplayDetailSerializer,
    ReplayDifferenceSerializer,
    ReplaySerializer,
)
from mail_ingest.viewsets import ACCEPTED, accepted
from tenancy.viewsets import TenantViewSet


class ReplayViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Stored mail read again with today's rules; nothing changes until it is accepted."""

    resource = "transactions"
    queryset = Replay.objects.all()
    serializer_class = ReplaySerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return ReplayDetailSerializer if self.action == "retrieve" else ReplaySerializer

    @extend_schema(responses={status.HTTP_202_ACCEPTED: ReplaySerializer})
    def create(self, request: Request) -> Response:
        """Read the messages of a sender, or of some days, or all, again."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        replay, _job = running.start(**body.validated_data)
        return Response(self.get_serializer(replay).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=DecisionSerializer, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Apply a group, or some differences. What changed meanwhile is refused, and says so."""
        replay: Replay = self.get_object()
        body = self._decision(request)
        return accepted(running.accept(replay, group=body["group"], ids=body["differences"]))

    @extend_schema(request=DecisionSerializer, responses=DismissedSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """Leave the ledger as it is."""
        replay: Replay = self.get_object()
        body = self._decision(request)
        count = running.dismiss(replay, group=body["group"], ids=body["differences"])
        return Response(DismissedSerializer({"dismissed": count}).data)

    @staticmethod
    def _decision(request: Request) -> dict[str, Any]:
        body = DecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)


class ReplayDifferenceFilter(django_filters.FilterSet):  # type: ignore[misc] # untyped library
    replay = django_filters.UUIDFilter(field_name="replay_id")
    group = django_filters.CharFilter()
    kind = django_filters.MultipleChoiceFilter(choices=DifferenceKind.choices)
    state = django_filters.MultipleChoiceFilter(choices=DifferenceState.choices)

    class Meta:
        model = ReplayDifference
        fields = ()


class ReplayDifferenceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """What today's rules read differently, event by event."""

    resource = "transactions"
    queryset = ReplayDifference.objects.select_related("email")
    serializer_class = ReplayDifferenceSerializer
    filterset_class = ReplayDifferenceFilter
    ordering = ("group", "id")
    lookup_value_converter = "uuid"
