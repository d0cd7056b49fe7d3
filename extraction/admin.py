"""The operators' view of readings and model calls; both are written by jobs alone."""

from __future__ import annotations

from django.contrib import admin

from extraction.models import EmailExtraction, LLMTransaction
from tenancy.admin import TenantAdmin


@admin.register(EmailExtraction)
class EmailExtractionAdmin(TenantAdmin):
    list_display = ("email", "state", "event", "route", "confidence", "created_at")
    list_filter = ("state", "event", "route")
    list_select_related = ("email", "tenant")
    search_fields = ("email__subject", "email__from_address")


@admin.register(LLMTransaction)
class LLMTransactionAdmin(TenantAdmin):
    list_display = ("purpose", "backend", "requested_model", "outcome", "cost_micros", "created_at")
    list_filter = ("backend", "outcome")
    search_fields = ("requested_model", "request_id")
