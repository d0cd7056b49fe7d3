"""The operators' view of readings and model calls; both are written by jobs alone."""

from __future__ import annotations

from django.contrib import admin

from extraction.models import (
    EmailExtraction,
    LearnedTemplate,
    LLMTransaction,
    ModelBackend,
    ModelPrice,
    Replay,
    TrustedSender,
)
from tenancy.admin import TenantAdmin


@admin.register(EmailExtraction)
class EmailExtractionAdmin(TenantAdmin):
    list_display = ("email", "state", "event", "route", "confidence", "created_at")
    list_filter = ("state", "event", "route")
    list_select_related = ("email", "tenant")
    search_fields = ("email__subject", "email__from_address")


@admin.register(LearnedTemplate)
class LearnedTemplateAdmin(TenantAdmin):
    list_display = ("sender", "event", "state", "confirmations", "changed_at")
    list_filter = ("state", "event")
    search_fields = ("sender",)


@admin.register(TrustedSender)
class TrustedSenderAdmin(TenantAdmin):
    list_display = ("address", "created_at")
    search_fields = ("address",)


@admin.register(LLMTransaction)
class LLMTransactionAdmin(TenantAdmin):
    list_display = ("purpose", "backend", "requested_model", "outcome", "cost_micros", "created_at")
    list_filter = ("backend", "outcome")
    search_fields = ("requested_model", "request_id")


@admin.register(ModelBackend)
class ModelBackendAdmin(TenantAdmin):
    list_display = ("label", "kind", "base_url", "is_enabled", "is_up", "health", "checked_at")
    list_filter = ("kind", "is_enabled", "is_up")
    search_fields = ("label", "base_url")


@admin.register(ModelPrice)
class ModelPriceAdmin(TenantAdmin):
    list_display = ("model", "valid_from", "currency", "prompt", "cached", "completion")
    list_select_related = ("model",)


@admin.register(Replay)
class ReplayAdmin(TenantAdmin):
    list_display = ("created_at", "sender", "since", "until", "read", "finished_at")
    search_fields = ("sender",)
