"""What was learned of how a sender writes."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mail_ingest.models import Email
from tenancy.models import TenantModel


class TemplateState(models.TextChoices):
    LEARNING = "learning", _("Learning: proposes only")
    ACTIVE = "active", _("Active")
    DROPPED = "dropped", _("Dropped")


class LearnedTemplate(TenantModel):
    """One shape of one sender's messages, learned of what a person has confirmed.

    `pattern` holds `lines` (words, a field, words … of each line with fields), `statics` (the
    lines that do not vary) and `warnings` (kinds of phrases against booking that the example has
    too). Without an event it says that such messages are no transactions.
    """

    sender = models.CharField(max_length=320)
    key = models.CharField(max_length=32, help_text="Digest of what it matches and says.")
    state = models.CharField(max_length=8, choices=TemplateState, default=TemplateState.LEARNING)
    event = models.CharField(max_length=20, blank=True)
    direction = models.CharField(max_length=8, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    pattern = models.JSONField()
    confirmations = models.PositiveIntegerField(default=1, help_text="Messages that agree.")
    example = models.ForeignKey(
        Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="The message that it was last confirmed by.",
    )  # fmt: skip
    dropped_because = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "sender", "key"), name="template_once"),
        )
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="template_newest"),)

    def __str__(self) -> str:
        return f"{self.sender}: {self.event or 'no transaction'}"


class LearningProgress(TenantModel):
    """Up to which decision a tenant's decisions have been learned of."""

    upto = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant",), name="learning_once"),)

    def __str__(self) -> str:
        return f"up to {self.upto}"
