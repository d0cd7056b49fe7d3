"""The REST doors to what extraction keeps. Readings are made by jobs; what was learned may be
dropped."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from extraction import calibration, learning
from extraction.filters import (
    EmailExtractionFilter,
    LearnedTemplateFilter,
    LLMTransactionFilter,
)
from extraction.models import EmailExtraction, LearnedTemplate, LLMTransaction, TrustedSender
from extraction.serializers import (
    EmailExtractionDetailSerializer,
    EmailExtractionSerializer,
    LearnedTemplateSerializer,
    LLMTransactionSerializer,
    MeasuredSerializer,
    TrustedSenderSerializer,
)
from extraction.trusting import trust_sender
from tenancy.viewsets import TenantViewSet


class EmailExtractionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """What was read from each message, with evidence for every field."""

    resource = "mail"
    queryset = EmailExtraction.objects.select_related("email")
    filterset_class = EmailExtractionFilter
    ordering = ("-created_at", "-id")

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        if self.action == "retrieve":
            return EmailExtractionDetailSerializer
        return EmailExtractionSerializer

    @extend_schema(responses=MeasuredSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def precision(self, request: Request) -> Response:
        """How often the readings of each sender were right, by route, measured on the latest
        answers in review. What falls short of the threshold is asked about."""
        self.filter_queryset(self.get_queryset())
        rows = [
            {"sender": sender, "route": route, **calibration.as_row(found)}
            for (sender, route), found in sorted(calibration.measured().items())
        ]
        return Response(MeasuredSerializer(rows, many=True).data)


class LLMTransactionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Every call to a model, with what it used and cost. Empty until a model is connected."""

    resource = "mail"
    queryset = LLMTransaction.objects.all()
    serializer_class = LLMTransactionSerializer
    filterset_class = LLMTransactionFilter
    ordering = ("-created_at", "-id")


class LearnedTemplateViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, TenantViewSet
):
    """How senders write, learned of what was confirmed. Deleting one drops it for good: the same
    is not learned again."""

    resource = "mail"
    queryset = LearnedTemplate.objects.all()
    serializer_class = LearnedTemplateSerializer
    filterset_class = LearnedTemplateFilter
    ordering = ("-created_at", "-id")

    def perform_destroy(self, instance: LearnedTemplate) -> None:
        learning.drop(instance)


class TrustedSenderViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """Addresses whose verified messages are not asked about for being new."""

    resource = "mail"
    queryset = TrustedSender.objects.all()
    serializer_class = TrustedSenderSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = trust_sender(serializer.validated_data["address"])
