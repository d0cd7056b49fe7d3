"""Bills and photos that people keep beside a transaction."""

from __future__ import annotations

from django.db import models

from finance.models.files import KeptFile
from finance.models.transactions import Transaction


class Attachment(KeptFile):
    """A file of a transaction."""

    owner = "transaction"

    transaction = models.ForeignKey(
        Transaction, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )

    class Meta(KeptFile.Meta):
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
