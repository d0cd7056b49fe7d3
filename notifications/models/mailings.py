"""E-mails to one person: a notice at once, or a digest of many."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel


class Frequency(models.TextChoices):
    """When a notice goes out by e-mail."""

    NOW = "now"
    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class MailingState(models.TextChoices):
    WAITING = "waiting"
    SENT = "sent"
    EMPTY = "empty", _("Nothing left to say")
    BOUNCED = "bounced", _("Refused by the mail server")
    CANCELLED = "cancelled"


class Mailing(TenantModel):
    """One e-mail, written when it is sent from the notices that point at it. Its id is the
    Message-ID, so that a repeat after a crash is known as the same message."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    frequency = models.CharField(max_length=8, choices=Frequency)
    send_at = models.DateTimeField(help_text="Not before; UTC.")
    state = models.CharField(max_length=10, choices=MailingState, default=MailingState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="After an attempt that did not succeed: not before; UTC."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="What the mail server said, for a person.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-send_at", "-id")
        constraints = (
            # Whoever plans first makes it; what is due for the same moment goes with it.
            models.UniqueConstraint(
                fields=("tenant", "user", "frequency", "send_at"), name="mailing_once_per_slot"
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant", "send_at"),
                condition=models.Q(state=MailingState.WAITING),
                name="mailing_due",
            ),
            models.Index(fields=("tenant", "-send_at", "-id"), name="mailing_newest"),
        )

    def __str__(self) -> str:
        return f"{self.get_frequency_display()} mail to {self.user_id}"
