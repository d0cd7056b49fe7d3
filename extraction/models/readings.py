"""What was read from each message."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from extraction.reading import Event, Verdict
from mail_ingest.models import Email
from tenancy.models import TenantModel


class ExtractionState(models.TextChoices):
    """What came of a message."""

    BOOKED = "booked", _("Booked")
    PROPOSED = "proposed", _("Waits in review")
    NOTED = "noted", _("Financial, nothing to book")
    NOT_FINANCIAL = "not_financial", _("Not financial")
    FAILED = "failed", _("Could not be read")
    HELD = "held", _("Read, not booked yet")


class EmailExtraction(TenantModel):
    """One reading of one message, kept even where it failed.

    `candidates` is a list of objects, one an event: `event`, `direction`, `confidence`,
    `reasons`, and `fields`: name → `{value, inferred, quote, start, end}`. Spans count characters
    of the message's readable text (`Document.text`). Amounts are decimal strings with their
    currency, positive; the direction says which way.
    """

    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="extractions")
    reader_version = models.PositiveIntegerField(help_text="Version of the rules that read it.")
    state = models.CharField(max_length=16, choices=ExtractionState)
    verdict = models.CharField(
        max_length=16, blank=True, choices=[(v.value, v.value) for v in Verdict]
    )
    event = models.CharField(max_length=20, blank=True, choices=[(e.value, e.value) for e in Event])
    route = models.CharField(max_length=40, blank=True)
    confidence = models.FloatField(default=0.0, help_text="Of the leading candidate, 0 to 1.")
    reasons = models.JSONField(default=list, help_text="Why a person should look; stable codes.")
    candidates = models.JSONField(default=list)
    error = models.TextField(blank=True, help_text="In words for a person.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "email", "reader_version"), name="extraction_once_per_version"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-created_at", "-id"), name="extraction_newest"),
            models.Index(fields=("tenant", "state", "-created_at"), name="extraction_by_state"),
        )

    def __str__(self) -> str:
        return f"{self.email}: {self.get_state_display()}"
