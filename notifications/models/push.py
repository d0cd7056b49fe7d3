"""Devices that are told by web push, and what they are told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel
from tenancy.wording_field import WordingField


class PushState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    EMPTY = "empty", _("Nothing left to say")
    FAILED = "failed", _("No device got it")


class PushDevice(TenantModel):
    """One browser of one person that takes notices of this tenant, by the address and the keys
    that its push service gave it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.TextField(help_text="The push service's address; encrypted.", editable=False)
    # Long and random, so a plain hash of it gives nothing away, and finds it in every tenant.
    endpoint_hash = models.CharField(max_length=64, help_text="SHA-256 of the address, in hex.")
    keys = models.TextField(help_text="The browser's keys; encrypted.", editable=False)
    user_agent = models.CharField(max_length=300, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    problem = WordingField(blank=True, help_text="Why it failed last.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "endpoint_hash"), name="push_device_of_one_person"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "user", "created_at", "id"), name="push_device_own"),
        )

    def __str__(self) -> str:
        return f"A device of {self.user_id}"


class Push(TenantModel):
    """One message to all devices of a person, written when it is sent from the notices that point
    at it. Its id is the message's topic and tag, so that a repeat after a crash replaces it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    send_at = models.DateTimeField(help_text="Not before; UTC.")
    state = models.CharField(max_length=7, choices=PushState, default=PushState.WAITING)
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="After an attempt that did not succeed: not before; UTC."
    )
    reached = models.JSONField(default=list, help_text="The ids of the devices that have it.")
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-send_at", "-id")
        verbose_name_plural = "pushes"
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "user", "send_at"), name="push_once_per_moment"
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant", "send_at"),
                condition=models.Q(state=PushState.WAITING),
                name="push_due",
            ),
        )

    def __str__(self) -> str:
        return f"Push to {self.user_id}"
