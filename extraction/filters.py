"""Query parameters of the extraction lists."""

from __future__ import annotations

import django_filters

from extraction.models import (
    EmailExtraction,
    ExtractionState,
    LearnedTemplate,
    LLMTransaction,
    TemplateState,
)


class EmailExtractionFilter(django_filters.FilterSet):  # type: ignore[misc] # untyped library
    state = django_filters.MultipleChoiceFilter(choices=ExtractionState.choices)
    email = django_filters.UUIDFilter(field_name="email_id")
    account = django_filters.UUIDFilter(field_name="email__account_id")
    route = django_filters.CharFilter()
    event = django_filters.CharFilter()
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = EmailExtraction
        fields = ()


class LLMTransactionFilter(django_filters.FilterSet):  # type: ignore[misc] # untyped library
    backend = django_filters.CharFilter()
    outcome = django_filters.CharFilter()
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = LLMTransaction
        fields = ()


class LearnedTemplateFilter(django_filters.FilterSet):  # type: ignore[misc] # untyped library
    sender = django_filters.CharFilter()
    state = django_filters.MultipleChoiceFilter(choices=TemplateState.choices)

    class Meta:
        model = LearnedTemplate
        fields = ()
