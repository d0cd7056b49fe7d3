"""Pairs that seem to belong together, and what was decided of them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from finance.models.base import LedgerRow
from finance.models.review import ReviewItem
from finance.models.transactions import Transaction


class MatchKind(models.TextChoices):
    SAME = "same", _("The same purchase")
    TRANSFER = "transfer", _("Two legs of a transfer")
    REFUND = "refund", _("A refund and its purchase")


class MatchState(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    # Remembered: the same pair is never proposed again.
    REJECTED = "rejected", _("Not together")


class Match(LedgerRow):
    """Two reports that may be one purchase (`first` stays, `second` or the question `item` goes
    into it), an outflow and an inflow that may be one transfer, or a purchase and its refund.

    One row for each pair, whatever is decided of it, so that nobody is asked twice."""

    kind = models.CharField(max_length=8, choices=MatchKind)
    state = models.CharField(max_length=8, choices=MatchState, default=MatchState.OPEN)
    first = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="matches_first", db_index=False
    )
    second = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.PROTECT,
        related_name="matches_second", db_index=False,
    )  # fmt: skip
    item = models.ForeignKey(
        ReviewItem, null=True, blank=True, on_delete=models.PROTECT, related_name="matches",
        db_index=False, help_text="A message's question that is no transaction yet.",
    )  # fmt: skip
    score = models.PositiveSmallIntegerField(default=0, help_text="0 to 100.")
    reasons = models.JSONField(default=list, blank=True, help_text="Codes with their figures.")
    decided_by = models.CharField(max_length=120, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name_plural = "matches"
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "kind", "first", "second"),
                condition=models.Q(second__isnull=False),
                name="match_pair_once",
            ),
            models.UniqueConstraint(
                fields=("tenant", "first", "item"),
                condition=models.Q(item__isnull=False),
                name="match_item_once",
            ),
            models.CheckConstraint(
                condition=models.Q(second__isnull=False, item__isnull=True)
                | models.Q(second__isnull=True, item__isnull=False, kind=MatchKind.SAME),
                name="match_of_two",
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "second"), name="match_second"),
            models.Index(fields=("tenant", "first"), name="match_first"),
            models.Index(fields=("tenant", "item"), name="match_item"),
            models.Index(fields=("tenant", "state", "-id"), name="match_state"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.first_id} {self.second_id or self.item_id} ({self.state})"
