"""What every call to a model used and cost, and the answers that have been paid for."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from extraction.models.backends import LanguageModel, ModelPrice
from mail_ingest.models import Email
from tenancy.models import TenantModel


class LLMTransaction(TenantModel):
    """One call to a model: who, what for, how it ended (`backends.base.Outcome`), what it used and
    cost. Never the text itself.

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
    is_final = models.BooleanField(
        default=True, help_text="The message is not asked about again with this prompt."
    )
    attempt = models.PositiveSmallIntegerField(default=1)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    usage_known = models.BooleanField(default=False)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(null=True, blank=True)
    cache_write_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    reasoning_tokens = models.PositiveIntegerField(null=True, blank=True)
    price = models.ForeignKey(
        ModelPrice, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    cost_micros = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    retention = models.CharField(max_length=20, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    detail = models.CharField(max_length=300, blank=True, help_text="How it ended, in words.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="llm_newest"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.requested_model}: {self.outcome}"


class ModelAnswer(TenantModel):
    """What a model answered about a message: paid for once, and used again whenever the same is
    asked. Its body quotes the message, so it is encrypted, and goes with the message."""

    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="model_answers")
    model = models.ForeignKey(LanguageModel, on_delete=models.CASCADE, related_name="+")
    prompt_version = models.CharField(max_length=40)
    prompt_hmac = models.CharField(max_length=64)
    body = models.TextField(help_text="JSON, encrypted.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "model", "prompt_hmac"), name="model_answer_once"
            ),
        )
        indexes = (models.Index(fields=("tenant", "email"), name="model_answer_of_email"),)

    def __str__(self) -> str:
        return f"{self.model_id} about {self.email_id}"
