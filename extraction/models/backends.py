"""Servers of language models that a tenant has connected, their models and prices."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from extraction.backends.base import BackendKind, Retention
from extraction.backends.kinds import PRESETS
from tenancy.models import TenantModel, validate_currency


def choices_of(enum: type[BackendKind] | type[Retention]) -> list[tuple[str, str]]:
    return [(member.value, member.value.replace("_", " ").capitalize()) for member in enum]


class ModelBackend(TenantModel):
    """One server. Off until somebody switches it on; a retired one is asked no more and keeps its
    history."""

    label = models.CharField(max_length=80)
    kind = models.CharField(
        max_length=16, choices=[(kind.value, preset.label) for kind, preset in PRESETS.items()]
    )
    base_url = models.CharField(max_length=300)
    api_key = models.TextField(blank=True, editable=False, help_text="Encrypted.")
    retention = models.CharField(max_length=16, choices=choices_of(Retention))
    redact_names = models.BooleanField(
        default=True, help_text="Names of people are blanked before a message is sent."
    )
    deadline_seconds = models.PositiveIntegerField(default=60, validators=[MinValueValidator(1)])
    capabilities = models.JSONField(
        default=dict, blank=True, help_text="As probed; empty for the usual ones of its kind."
    )
    is_enabled = models.BooleanField(default=False)
    is_up = models.BooleanField(null=True, help_text="At the last check; null before the first.")
    health = models.CharField(max_length=300, blank=True, help_text="In words for a person.")
    checked_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "label"),
                condition=models.Q(retired_at=None),
                name="model_backend_label",
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-created_at", "-id"), name="model_backend_newest"),
        )

    def __str__(self) -> str:
        return self.label


class LanguageModel(TenantModel):
    """One model of a backend. The one that is enabled reads what the rules cannot."""

    backend = models.ForeignKey(ModelBackend, on_delete=models.CASCADE, related_name="models")
    name = models.CharField(max_length=120)
    is_enabled = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "backend", "name"), name="model_name_once"),
            # One model reads a tenant's messages.
            models.UniqueConstraint(
                fields=("tenant",), condition=models.Q(is_enabled=True), name="model_one_enabled"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-created_at", "-id"), name="language_model_newest"),
        )

    def __str__(self) -> str:
        return self.name


class ModelPrice(TenantModel):
    """What a model costs from a day on, in millionths of `currency` for a million tokens."""

    model = models.ForeignKey(LanguageModel, on_delete=models.CASCADE, related_name="prices")
    valid_from = models.DateField()
    currency = models.CharField(max_length=3, validators=[validate_currency])
    prompt = models.PositiveBigIntegerField()
    cached = models.PositiveBigIntegerField()
    completion = models.PositiveBigIntegerField()

    class Meta(TenantModel.Meta):
        ordering = ("-valid_from",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "model", "valid_from"), name="model_price_per_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.model_id} from {self.valid_from}"


class ModelPolicy(TenantModel):
    """What a tenant allows its models. Without a row nothing is allowed."""

    monthly_cap_micros = models.PositiveBigIntegerField(
        default=0, help_text="Millionths of `currency` for a calendar month; 0 is nothing."
    )
    currency = models.CharField(max_length=3, validators=[validate_currency])
    allows_unpriced = models.BooleanField(
        default=False, help_text="Models without a price may be asked: those on one's own machines."
    )

    class Meta(TenantModel.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant",), name="model_policy_once"),)

    def __str__(self) -> str:
        return f"{self.monthly_cap_micros} {self.currency} a month"
