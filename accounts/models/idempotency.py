"""Requests that may be sent twice."""

from __future__ import annotations

from django.db import models

from accounts.models.users import User
from tenancy.models import Tenant, TenantModel


class IdempotencyKey(TenantModel):
    """One POST that a client named, and what was answered (see `idempotency`)."""

    # A first tenant is created by somebody who has none yet.
    tenant = models.ForeignKey(  # type: ignore[assignment]
        Tenant, on_delete=models.CASCADE, null=True, blank=True, editable=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, address and body")
    started_at = models.DateTimeField(help_text="Of the attempt that holds it")
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty while it is running")
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True, help_text="Encrypted: an answer may show a secret once")

    class Meta(TenantModel.Meta):
        ordering = ("-started_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "user", "key"), name="idempotency_key_once"),
            # Not nulls_distinct=False: SQLite has no such thing.
            models.UniqueConstraint(
                fields=("user", "key"),
                condition=models.Q(tenant=None),
                name="idempotency_key_once_without_tenant",
            ),
        )
        indexes = (models.Index(fields=("started_at",), name="idempotency_key_age"),)

    def __str__(self) -> str:
        return self.key
