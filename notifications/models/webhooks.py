"""Programs that are told, by a request to their address."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel


class WebhookState(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    # Given up after many attempts: like paused, until a person looks after it.
    FAILING = "failing", _("Failing")


class Webhook(TenantModel):
    """An address that is told of events by signed requests. Only an active one collects events:
    whoever resumes one reads what came meanwhile by `updated_since`."""

    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list, help_text="Their names.")
    secret = models.TextField(help_text="Signs the requests; encrypted.", editable=False)
    state = models.CharField(max_length=7, choices=WebhookState, default=WebhookState.ACTIVE)
    problem = models.CharField(max_length=300, blank=True, help_text="Why it failed last.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        ordering = ("name", "id")
        indexes = (models.Index(fields=("tenant", "name", "id"), name="webhook_name"),)

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")


class WebhookDelivery(TenantModel):
    """One event for one webhook, written in the transaction that made it happen. Deliveries go out
    in the order of their ids, one at a time, at least once: `event_id` lets the receiver see a
    repetition."""

    webhook = models.ForeignKey(
        Webhook, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.CharField(max_length=40)
    event_id = models.UUIDField(default=uuid.uuid4)
    data = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.JSONField(
        default=list, help_text="Newest last: at (UTC), status (HTTP, or null), error."
    )
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-id",)
        verbose_name_plural = "webhook deliveries"
        indexes = (
            models.Index(fields=("tenant", "webhook", "-id"), name="delivery_newest"),
            models.Index(
                fields=("tenant", "webhook", "id"),
                condition=models.Q(state=DeliveryState.WAITING),
                name="delivery_waiting",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.event_id}"
