"""The REST doors to what extraction keeps. Read-only: readings are made by jobs."""

from __future__ import annotations

from typing import Any

from rest_framework import mixins
from rest_framework.serializers import BaseSerializer

from extraction.filters import EmailExtractionFilter, LLMTransactionFilter
from extraction.models import EmailExtraction, LLMTransaction
from extraction.serializers import (
    EmailExtractionDetailSerializer,
    EmailExtractionSerializer,
    LLMTransactionSerializer,
)
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


class LLMTransactionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Every call to a model, with what it used and cost. Empty until a model is connected."""

    resource = "mail"
    queryset = LLMTransaction.objects.all()
    serializer_class = LLMTransactionSerializer
    filterset_class = LLMTransactionFilter
    ordering = ("-created_at", "-id")
