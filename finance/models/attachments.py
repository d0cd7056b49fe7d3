"""Bills and photos that people keep beside a transaction."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from finance.models.transactions import Transaction
from tenancy.models import TenantModel


class Attachment(TenantModel):
    """A file of a transaction, kept in the database as messages are. One that was removed can be
    brought back for a while (`attachments.KEPT_DAYS`), and is gone after it."""

    transaction = models.ForeignKey(
        Transaction, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40, help_text="As its content says.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "transaction", "sha256"), name="attachment_once"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-created_at", "-id"), name="attachment_newest"),
            models.Index(
                fields=("tenant", "removed_at"),
                condition=models.Q(removed_at__isnull=False),
                name="attachment_removed",
            ),
        )

    def __str__(self) -> str:
        return self.name
