"""JSON of readings and of calls to models."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from extraction.models import EmailExtraction, LearnedTemplate, LLMTransaction, TrustedSender
from tenancy.serializers import StrictModelSerializer


class EmailExtractionSerializer(StrictModelSerializer):
    """A reading as lists show it."""

    subject = serializers.CharField(source="email.subject", read_only=True)
    from_address = serializers.CharField(source="email.from_address", read_only=True)
    received_at = serializers.DateTimeField(source="email.received_at", read_only=True)

    class Meta:
        model = EmailExtraction
        fields = (
            "id", "email", "subject", "from_address", "received_at", "reader_version", "state",
            "verdict", "event", "route", "confidence", "reasons", "error", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class EmailExtractionDetailSerializer(EmailExtractionSerializer):
    """A reading with its candidates and their evidence."""

    class Meta(EmailExtractionSerializer.Meta):
        fields = read_only_fields = (  # type: ignore[assignment] # one more than the base's
            *EmailExtractionSerializer.Meta.fields,
            "candidates",
        )


class MeasuredSerializer(serializers.Serializer[Any]):
    """What people answered about the readings of one sender by one route."""

    sender = serializers.CharField()
    route = serializers.CharField()
    reviewed = serializers.IntegerField(help_text="Readings that were answered in review.")
    right = serializers.IntegerField(help_text="Of those, accepted with the amount as read.")
    at_least = serializers.FloatField(help_text="Wilson's lower bound at 95 %, 0 to 1.")
    falls_short = serializers.BooleanField(help_text="Whether such readings are asked about.")


class LLMTransactionSerializer(StrictModelSerializer):
    class Meta:
        model = LLMTransaction
        fields = (
            "id", "email", "user_id", "purpose", "backend", "requested_model", "response_model",
            "prompt_version", "outcome", "attempt", "latency_ms", "usage_known", "prompt_tokens",
            "cached_tokens", "completion_tokens", "cost_micros", "currency", "retention",
            "request_id", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class TrustedSenderSerializer(StrictModelSerializer):
    address = serializers.EmailField(max_length=320)

    class Meta:
        model = TrustedSender
        fields = ("id", "address", "created_by_id", "created_at")
        read_only_fields = ("id", "created_by_id", "created_at")


class LearnedTemplateSerializer(StrictModelSerializer):
    class Meta:
        model = LearnedTemplate
        fields = (
            "id", "sender", "state", "event", "direction", "currency", "pattern", "confirmations",
            "example", "dropped_because", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields
