"""What a list of jobs can be narrowed by."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from jobs.models import Job, JobQueue, JobState
from jobs.querysets import needs_attention


class JobFilter(django_filters.FilterSet):  # type: ignore[misc] # django-filter is untyped
    state = django_filters.MultipleChoiceFilter(choices=JobState.choices)
    kind = django_filters.CharFilter()
    subject = django_filters.CharFilter()
    queue = django_filters.ChoiceFilter(choices=JobQueue.choices)
    needs_attention = django_filters.BooleanFilter(
        method="filter_attention",
        label="Failed for good, and the same work has not been taken up again since.",
    )
    created_after = django_filters.IsoDateTimeFilter("created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter("created_at", lookup_expr="lt")

    class Meta:
        model = Job
        fields = ()

    def filter_attention(
        self,
        queryset: QuerySet[Job],
        name: str,
        value: bool,  # noqa: FBT001 - django-filter's
    ) -> QuerySet[Job]:
        wanted = needs_attention(queryset)
        return wanted if value else queryset.exclude(pk__in=wanted.values("pk"))
