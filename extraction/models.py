"""What was read from each message, and what every call to a model cost."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from extraction.reading import Event, Verdict
from mail_ingest.models import Email
from tenancy.models import TenantModel


class ExtractionState(models.TextChoices):
    """What came of a message."""

    BOOKED = "booked", "Booked"
    PROPOSED = "proposed", "Waits in review"
    NOTED = "noted", "Financial, nothing to book"
    NOT_FINANCIAL = "not_financial", "Not financial"
    FAILED = "failed", "Could not be read"


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


class LLMTransaction(TenantModel):
    """One call to a model: who, what for, what it used and cost. Never the text itself.

    Costs are in millionths of `currency`, frozen when the call was made.
    """

    email = models.ForeignKey(
        Email, null=True, blank=True, on_delete=models.SET_NULL, related_name="llm_transactions"
    )
    user_id = models.UUIDField(null=True, blank=True)
    purpose = models.CharField(max_length=40)
    backend = models.CharField(max_length=80)
    requested_model = models.CharField(max_length=120)
    response_model = models.CharField(max_length=120, blank=True)
    prompt_version = models.CharField(max_length=40, blank=True)
    prompt_hmac = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=40)
    attempt = models.PositiveSmallIntegerField(default=1)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    usage_known = models.BooleanField(default=False)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    cost_micros = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    retention = models.CharField(max_length=20, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="llm_newest"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.requested_model}: {self.outcome}"
