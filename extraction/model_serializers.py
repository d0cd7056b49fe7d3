"""JSON of backends, models, prices and the policy."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from extraction.models import LanguageModel, ModelBackend, ModelPolicy, ModelPrice
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class ModelBackendSerializer(StrictModelSerializer):
    base_url = serializers.CharField(
        max_length=300, required=False, help_text="Ends in /v1; left out for a kind's usual one."
    )
    api_key = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=500, trim_whitespace=True
    )
    has_key = serializers.SerializerMethodField()

    class Meta:
        model = ModelBackend
        fields = (
            "id", "label", "kind", "base_url", "api_key", "has_key", "retention", "redact_names",
            "deadline_seconds", "capabilities", "is_enabled", "is_up", "health", "checked_at",
            "retired_at", "created_at",
        )  # fmt: skip
        read_only_fields = (
            "capabilities", "is_enabled", "is_up", "health", "checked_at", "retired_at",
            "created_at",
        )  # fmt: skip
        extra_kwargs = {"retention": {"required": False}}

    def get_has_key(self, row: ModelBackend) -> bool:
        return bool(row.api_key)


class LanguageModelSerializer(StrictModelSerializer):
    class Meta:
        model = LanguageModel
        fields = ("id", "backend", "name", "is_enabled", "created_at")
        read_only_fields = fields


class ModelPriceSerializer(StrictModelSerializer):
    class Meta:
        model = ModelPrice
        fields = ("id", "model", "valid_from", "currency", "prompt", "cached", "completion")


class ModelPolicySerializer(StrictModelSerializer):
    spent_micros = serializers.SerializerMethodField(help_text="In this calendar month.")

    class Meta:
        model = ModelPolicy
        fields = ("monthly_cap_micros", "currency", "allows_unpriced", "spent_micros")

    def get_spent_micros(self, row: ModelPolicy) -> int:
        return int(self.context["spent"])


class ModelNameSerializer(StrictSerializer):
    model = serializers.CharField(max_length=120)


class HealthSerializer(serializers.Serializer[Any]):
    is_up = serializers.BooleanField()
    detail = serializers.CharField()
    models = serializers.ListField(child=serializers.CharField())


class ProbedSerializer(serializers.Serializer[Any]):
    outcome = serializers.CharField()
    detail = serializers.CharField()
    backend = ModelBackendSerializer()


class PreviewRequestSerializer(ModelNameSerializer):
    email = serializers.UUIDField()


class PreviewSerializer(serializers.Serializer[Any]):
    """Exactly what would be sent about a message, and where to."""

    to = serializers.CharField()
    retention = serializers.CharField()
    request = serializers.DictField()
    refusal = serializers.CharField(help_text="Why it would not be sent now; empty if it would.")
