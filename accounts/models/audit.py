"""The trail of who did what to accounts and access."""

from __future__ import annotations

from django.db import models

from tenancy.models import Tenant, TenantModel


class AuditEntry(TenantModel):
    """One thing that happened. The database refuses to change or delete it (see the migration).

    Names tenant and user without foreign keys: it must outlive both.
    """

    tenant = models.ForeignKey(  # type: ignore[assignment]
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True,
        editable=False, db_index=False, related_name="+",
    )  # fmt: skip
    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=254, blank=True)
    target = models.CharField(max_length=254, blank=True)
    address = models.CharField(max_length=64, blank=True, help_text="The client's network address")
    detail = models.JSONField(default=dict, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=("tenant", "-at", "-id"), name="audit_newest"),
            models.Index(fields=("actor_id", "-at"), name="audit_of_actor"),
        )
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"
