"""Senders whom a person trusts."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tenancy.models import TenantModel


class TrustedSender(TenantModel):
    """An address whose verified messages are not asked about for being the first of their sender.
    Any other doubt stays one."""

    address = models.CharField(max_length=320)
    created_by_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "address"), name="trusted_sender_once"),
        )
        indexes = (
            models.Index(fields=("tenant", "-created_at", "-id"), name="trusted_sender_newest"),
        )

    def __str__(self) -> str:
        return self.address
