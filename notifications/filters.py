"""Filters of the notification centre."""

from __future__ import annotations

import django_filters as filters

from notifications.kinds import KINDS
from notifications.models import DeliveryState, Mailing, Notification, WebhookDelivery
from notifications.webhooks.outbox import EVENTS, PING


class NotificationFilter(filters.FilterSet):  # type: ignore[misc] # untyped library
    kind = filters.ChoiceFilter(choices=[(name, name) for name in KINDS])
    is_read = filters.BooleanFilter(field_name="read_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()


class MailingFilter(filters.FilterSet):  # type: ignore[misc]
    class Meta:
        model = Mailing
        fields = ("state", "frequency")


class WebhookDeliveryFilter(filters.FilterSet):  # type: ignore[misc]
    webhook = filters.UUIDFilter(field_name="webhook_id")
    state = filters.ChoiceFilter(choices=DeliveryState.choices)
    event = filters.ChoiceFilter(choices=[(name, name) for name in (*EVENTS, PING)])

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = ()
