"""/api/v1/push-devices: one's own devices that take notices by web push."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import person_of
from notifications.models import PushDevice
from notifications.push import keys
from notifications.push.devices import (
    LONGEST_ENDPOINT,
    Subscription,
    add_device,
    device_name,
    devices_of,
    remove_device,
    try_device,
)
from tenancy.serializers import StrictModelSerializer, StrictSerializer
from tenancy.viewsets import TenantViewSet


class PushDeviceSerializer(StrictModelSerializer):
    name = serializers.SerializerMethodField(help_text="Browser and system.")

    class Meta:
        model = PushDevice
        fields = ("id", "name", "user_agent", "created_at", "last_success_at", "problem")
        read_only_fields = fields

    def get_name(self, device: PushDevice) -> str:
        return device_name(device.user_agent)


class PushKeysInput(StrictSerializer):
    p256dh = serializers.CharField(max_length=120)
    auth = serializers.CharField(max_length=40)


class PushSubscriptionInput(StrictSerializer):
    """As `PushSubscription.toJSON()` gives it."""

    endpoint = serializers.CharField(max_length=LONGEST_ENDPOINT)
    expirationTime = serializers.FloatField(required=False, allow_null=True)
    keys = PushKeysInput()


class PushKeySerializer(serializers.Serializer[Any]):
    is_on = serializers.BooleanField(help_text="Whether the operator has switched web push on.")
    public_key = serializers.CharField(
        help_text="`applicationServerKey`, base64url; empty while it is off."
    )


class PushDeviceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """One's own devices that are told by web push in this ledger."""

    resource = "notifications"
    queryset = PushDevice.objects.all()
    serializer_class = PushDeviceSerializer
    ordering = ("created_at", "id")
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return devices_of(person_of(self.request).id)

    @extend_schema(request=PushSubscriptionInput, responses={201: PushDeviceSerializer})
    def create(self, request: Request) -> Response:
        """Add the browser that asks; one that is known already stays one."""
        given = PushSubscriptionInput(data=request.data)
        given.is_valid(raise_exception=True)
        subscription = Subscription(
            given.validated_data["endpoint"], **given.validated_data["keys"]
        )
        agent = request.headers.get("User-Agent", "")
        row = add_device(person_of(request).id, subscription, agent)
        row.refresh_from_db()
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        remove_device(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={202: PushDeviceSerializer})
    @action(detail=True, methods=["post"], url_path="try")
    def try_it(self, request: Request, pk: str) -> Response:
        """Send it a notice that says that it works. What came of it is on the device a moment
        later."""
        device = self.get_object()
        try_device(device)
        return Response(self.get_serializer(device).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=PushKeySerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def key(self, request: Request) -> Response:
        """What a browser subscribes with."""
        is_on = keys.is_on()
        return Response({"is_on": is_on, "public_key": keys.public_key() if is_on else ""})
