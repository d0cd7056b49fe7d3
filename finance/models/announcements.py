"""What merchants say will be charged, or paid back, and until when a purchase has its rights."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.base import LedgerRow
from finance.models.subscriptions import Subscription
from finance.models.transactions import Transaction
from finance.money import Money


class AnnouncementKind(models.TextChoices):
    TRIAL_ENDS = "trial_ends", _("Trial ends")
    RENEWS = "renews", _("Renews")
    PRICE_CHANGES = "price_changes", _("New price")
    CANCELLED = "cancelled", _("Cancellation confirmed")
    REFUND = "refund", _("Refund promised")
    RETURN_ENDS = "return_ends", _("Return window ends")
    WARRANTY_ENDS = "warranty_ends", _("Warranty ends")


# Until when something can still be asked of a merchant.
DEADLINES = (AnnouncementKind.RETURN_ENDS, AnnouncementKind.WARRANTY_ENDS)


class AnnouncementState(models.TextChoices):
    # The message is not quite trusted: nobody is told, nothing is changed.
    PROPOSED = "proposed", _("To be confirmed")
    OPEN = "open", _("Announced")
    MET = "met", _("Done")
    DISMISSED = "dismissed", _("Dismissed")


class Announcement(LedgerRow):
    """One thing that a message says will happen. It moves no money."""

    kind = models.CharField(max_length=13, choices=AnnouncementKind)
    state = models.CharField(
        max_length=9, choices=AnnouncementState, default=AnnouncementState.OPEN
    )
    name = models.CharField(max_length=200, help_text="Who says so.")
    told_on = models.DateField(help_text="The day of the message, in the tenant's zone.")
    day = models.DateField(
        null=True, blank=True, help_text="When it will happen; a refund's last day."
    )
    amount_minor = models.BigIntegerField(null=True, blank=True, help_text="Positive minor units.")
    old_minor = models.BigIntegerField(null=True, blank=True, help_text="The price before.")
    currency = models.CharField(max_length=3, blank=True)
    doubts = models.JSONField(
        default=list, blank=True, help_text="Stable codes: why it is to be confirmed."
    )
    subscription = models.ForeignKey(
        Subscription, null=True, blank=True, on_delete=models.PROTECT,
        related_name="announcements", db_index=False,
    )  # fmt: skip
    met_by = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.PROTECT,
        related_name="announcements_met", db_index=False,
        help_text="The credit that a promised refund was.",
    )  # fmt: skip
    told = models.BooleanField(default=False, editable=False, help_text="A notice has told of it.")
    source_kind = models.CharField(max_length=20)
    source_id = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "source_kind", "source_id", "kind"), name="announcement_once"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-id"), name="announcement_newest"),
            models.Index(
                fields=("tenant", "day"),
                condition=models.Q(state=AnnouncementState.OPEN),
                name="announcement_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    @property
    def old_amount(self) -> Money | None:
        return None if self.old_minor is None else Money(self.old_minor, self.currency)

    @property
    def cancel_by(self) -> date | None:
        """The last day to cancel before a trial costs something."""
        if self.kind != AnnouncementKind.TRIAL_ENDS or self.day is None:
            return None
        return self.day - timedelta(1)
