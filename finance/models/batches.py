"""Many transactions that were changed at once, so that it can be taken back as one."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from finance.models.transactions import Transaction
from tenancy.models import TenantModel


class EditBatch(TenantModel):
    """One bulk edit, or one run of a rule."""

    title = models.CharField(max_length=200, help_text="What was done, in words for a person.")
    count = models.PositiveIntegerField()
    actor = models.CharField(max_length=120, blank=True)
    actor_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="batch_newest"),)
        verbose_name_plural = "edit batches"

    def __str__(self) -> str:
        return self.title


class EditedTransaction(TenantModel):
    """What one of them was before; `version` is the one that the batch gave it."""

    batch = models.ForeignKey(
        EditBatch, on_delete=models.CASCADE, related_name="transactions", db_index=False
    )
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    before = models.JSONField()
    version = models.PositiveIntegerField()

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "batch", "transaction"), name="batch_edits_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.batch}: {self.transaction_id}"
