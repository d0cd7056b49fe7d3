"""/api/v1/webhooks and /api/v1/webhook-deliveries"""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.filters import WebhookDeliveryFilter
from notifications.models import Webhook, WebhookDelivery
from notifications.webhooks import managing
from notifications.webhooks.serializers import (
    WebhookDeliverySerializer,
    WebhookInput,
    WebhookPatch,
    WebhookSerializer,
    WebhookWithSecretSerializer,
)
from tenancy.viewsets import TenantViewSet


class WebhookViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Addresses that are told of events by signed requests (docs/webhooks.md)."""

    resource = "webhooks"
    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer
    ordering = ("name", "id")
    lookup_value_converter = "uuid"

    @extend_schema(request=WebhookInput, responses={201: WebhookWithSecretSerializer})
    def create(self, request: Request) -> Response:
        """The answer holds the secret, which is not shown again."""
        given = WebhookInput(data=request.data)
        given.is_valid(raise_exception=True)
        row, secret = managing.add_webhook(**given.validated_data)
        return self.told(row, secret, status.HTTP_201_CREATED)

    @extend_schema(request=WebhookPatch, responses=WebhookSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some fields; `state` pauses and resumes it."""
        self.get_object()
        given = WebhookPatch(data=request.data)
        given.is_valid(raise_exception=True)
        row = managing.change_webhook(uuid.UUID(str(pk)), given.validated_data)
        return Response(WebhookSerializer(row).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        managing.remove_webhook(uuid.UUID(str(pk)))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=WebhookWithSecretSerializer)
    @action(detail=True, methods=["post"], url_path="renew-secret")
    def renew_secret(self, request: Request, pk: str) -> Response:
        """The old secret signs nothing any more."""
        return self.told(*managing.renew_secret(uuid.UUID(str(pk))), status.HTTP_200_OK)

    @extend_schema(request=None, responses={202: WebhookDeliverySerializer})
    @action(detail=True, methods=["post"])
    def ping(self, request: Request, pk: str) -> Response:
        """Send an event that says nothing."""
        made = managing.send_ping(uuid.UUID(str(pk)))
        made.refresh_from_db()
        return Response(WebhookDeliverySerializer(made).data, status=status.HTTP_202_ACCEPTED)

    @staticmethod
    def told(row: Webhook, secret: str, code: int) -> Response:
        body: dict[str, Any] = dict(WebhookSerializer(row).data)
        return Response(body | {"secret": secret}, status=code)


class WebhookDeliveryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """What was sent, or waits, newest first; kept for thirty days after it was delivered."""

    resource = "webhooks"
    queryset = WebhookDelivery.objects.all()
    serializer_class = WebhookDeliverySerializer
    filterset_class = WebhookDeliveryFilter
    ordering = ("-id",)
    lookup_value_converter = "uuid"

    @extend_schema(request=None, responses={202: WebhookDeliverySerializer})
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        """Once more, with the same event id."""
        row = managing.resend(uuid.UUID(str(pk)))
        return Response(WebhookDeliverySerializer(row).data, status=status.HTTP_202_ACCEPTED)
