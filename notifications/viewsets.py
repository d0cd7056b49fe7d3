"""/api/v1: notifications, notification-preferences, notification-mails: one's own."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import person_of
from jobs.clock import database_now
from notifications import reading
from notifications.filters import MailingFilter, NotificationFilter
from notifications.kinds import KINDS
from notifications.models import Mailing, Notification
from notifications.preferences import (
    change_delivery,
    choices_of,
    delivery_settings,
    set_preference,
    try_address_again,
)
from notifications.previewing import preview
from notifications.querysets import mailings_of, notices_of
from notifications.serializers import (
    ChoiceSerializer,
    CountSerializer,
    DeliverySerializer,
    MailingSerializer,
    NoticePreviewSerializer,
    NotificationSerializer,
    SnoozeSerializer,
)
from tenancy.viewsets import TenantViewSet


class NotificationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """What the one who asks has been told."""

    resource = "notifications"
    queryset = Notification.objects.all()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    ordering = ("-due_at", "-id")
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return notices_of(person_of(self.request).id)

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        return self._after(reading.mark_read)

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def unread(self, request: Request, pk: str) -> Response:
        return self._after(reading.mark_unread)

    @extend_schema(request=SnoozeSerializer, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Out of sight until then, and unread again."""
        notice = self.get_object()
        body = SnoozeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        reading.snooze(notice, body.validated_data["until"])
        return Response(self.get_serializer(notice).data)

    @extend_schema(request=None, responses=CountSerializer)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Everything shown counts as read. Answers with how many that were."""
        return Response({"count": reading.mark_all_read(person_of(request).id)})

    @extend_schema(responses=NoticePreviewSerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def upcoming(self, request: Request) -> Response:
        """What will I be told in the coming seven days, and by which e-mails? As far as it is known
        now; nothing is sent or changed."""
        found = preview(database_now(), user_id=person_of(request).id)
        body = NoticePreviewSerializer(found, context=self.get_serializer_context())
        return Response(body.data)

    def _after(self, verb: Any) -> Response:
        notice = self.get_object()
        verb(notice)
        return Response(self.get_serializer(notice).data)


class NotificationPreferenceViewSet(TenantViewSet):
    """How the one who asks is told of each kind."""

    resource = "notifications"
    serializer_class = ChoiceSerializer
    pagination_class = None
    filter_backends = ()
    lookup_field = "kind"
    lookup_value_regex = "[^/]+"

    def list(self, request: Request) -> Response:
        """Every kind, with one's own choice or the default."""
        body = ChoiceSerializer(choices_of(person_of(request).id), many=True)
        return Response({"data": body.data, "next": None})

    @extend_schema(
        request=ChoiceSerializer,
        responses=ChoiceSerializer,
        parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH)],
    )
    def partial_update(self, request: Request, kind: str) -> Response:
        if kind not in KINDS:
            raise Http404
        body = ChoiceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user_id = person_of(request).id
        set_preference(user_id, kind, **body.validated_data)
        choice = next(choice for choice in choices_of(user_id) if choice.kind == kind)
        return Response(ChoiceSerializer(choice).data)

    @extend_schema(methods=["get"], responses=DeliverySerializer)
    @extend_schema(methods=["patch"], request=DeliverySerializer, responses=DeliverySerializer)
    @action(detail=False, methods=["get", "patch"], serializer_class=DeliverySerializer)
    def delivery(self, request: Request) -> Response:
        """Quiet hours, the digests' hour, mute; and whether one's address has bounced."""
        user_id = person_of(request).id
        if request.method == "PATCH":
            body = DeliverySerializer(data=request.data, partial=True)
            body.is_valid(raise_exception=True)
            change_delivery(user_id, **body.validated_data)
        return Response(DeliverySerializer(delivery_settings(user_id)).data)

    @extend_schema(request=None, responses=DeliverySerializer)
    @action(detail=False, methods=["post"], url_path="delivery/try-again")
    def try_again(self, request: Request) -> Response:
        """Send mails again to an address that refused one."""
        user_id = person_of(request).id
        try_address_again(user_id)
        return Response(DeliverySerializer(delivery_settings(user_id)).data)


class NotificationMailViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """E-mails to the one who asks: sent, waiting, refused."""

    resource = "notifications"
    queryset = Mailing.objects.all()
    serializer_class = MailingSerializer
    filterset_class = MailingFilter
    ordering = ("-send_at", "-id")
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return mailings_of(person_of(self.request).id)
