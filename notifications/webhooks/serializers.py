"""Webhooks as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from notifications.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from notifications.webhooks.outbox import EVENTS
from tenancy.serializers import StrictSerializer


class WebhookPatch(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    url = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=list(EVENTS)), allow_empty=False, required=False
    )
    state = serializers.ChoiceField(
        choices=[WebhookState.ACTIVE.value, WebhookState.PAUSED.value], required=False
    )


class WebhookInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=500, help_text="https://; not in a private network.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=list(EVENTS)), allow_empty=False
    )


class WebhookSerializer(serializers.ModelSerializer[Any]):
    events = serializers.ListField(child=serializers.ChoiceField(choices=list(EVENTS)))
    state = serializers.ChoiceField(choices=WebhookState.choices)

    class Meta:
        model = Webhook
        fields = ("id", "name", "url", "events", "state", "problem", "created_at")


class WebhookWithSecretSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Shown this once.")

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")  # type: ignore[assignment]


class AttemptSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()


class WebhookDeliverySerializer(serializers.ModelSerializer[Any]):
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = AttemptSerializer(many=True)
    data = serializers.DictField()  # type: ignore[assignment] # a field, not DRF's attribute

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "webhook", "event", "event_id", "data", "state", "attempts", "created_at",
            "delivered_at",
        )  # fmt: skip
