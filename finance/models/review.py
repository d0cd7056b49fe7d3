"""What a person is asked to decide."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.base import LedgerRow
from finance.models.transactions import Transaction


class ReviewState(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    DISMISSED = "dismissed", _("Not a transaction")


class ReviewItem(LedgerRow):
    """A question. About a proposed transaction, or about a message that seems to report one but
    lacks what a transaction needs: then `draft` holds the fields that were read, named as in
    `ledger.DRAFT_FIELDS`."""

    transaction = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="review_items",
        db_index=False,
    )  # fmt: skip
    source_kind = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=100, blank=True)
    source_item = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list, blank=True, help_text="Stable codes.")
    draft = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=9, choices=ReviewState, default=ReviewState.OPEN)
    decided_by_id = models.UUIDField(null=True, blank=True, editable=False)
    decided_by = models.CharField(max_length=120, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "source_kind", "source_id", "source_item"),
                condition=~models.Q(source_kind=""),
                name="review_source_once",
            ),
            models.UniqueConstraint(
                fields=("tenant", "transaction"),
                condition=models.Q(transaction__isnull=False),
                name="review_one_per_transaction",
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant", "-id"),
                condition=models.Q(state=ReviewState.OPEN),
                name="review_open",
            ),
            models.Index(fields=("tenant", "state", "-id"), name="review_state"),
        )

    def __str__(self) -> str:
        return f"{', '.join(self.reasons)} ({self.state})"
