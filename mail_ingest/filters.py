"""Filters of lists. Dates are days in UTC, both ends included."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django_filters import (
    BooleanFilter,
    CharFilter,
    ChoiceFilter,
    DateFilter,
    FilterSet,
    UUIDFilter,
)

from mail_ingest.models import (
    SCREENING_LABELS,
    TRUST_LABELS,
    AccountKind,
    AccountState,
    ConnectedAccount,
    Email,
    EmailState,
)


class ConnectedAccountFilter(FilterSet):  # type: ignore[misc] # untyped library
    kind = ChoiceFilter(choices=AccountKind.choices)
    state = ChoiceFilter(choices=AccountState.choices)
    is_own = BooleanFilter()

    class Meta:
        model = ConnectedAccount
        fields = ("kind", "state", "is_own")


class EmailFilter(FilterSet):  # type: ignore[misc]
    account = UUIDFilter(field_name="account_id")
    trust = ChoiceFilter(choices=TRUST_LABELS)
    screening = ChoiceFilter(choices=SCREENING_LABELS)
    state = ChoiceFilter(choices=EmailState.choices)
    sender = CharFilter(
        field_name="from_address", lookup_expr="icontains", label="Part of the From address"
    )
    subject = CharFilter(lookup_expr="icontains", label="Part of the subject")
    since = DateFilter(method="received_since", label="Received on this day or later (UTC)")
    until = DateFilter(method="received_until", label="Received on this day or earlier (UTC)")

    class Meta:
        model = Email
        fields = ("account", "trust", "screening", "state", "subject")

    def received_since(self, rows: QuerySet[Any], name: str, day: date) -> QuerySet[Any]:
        return rows.filter(received_at__gte=_midnight(day))

    def received_until(self, rows: QuerySet[Any], name: str, day: date) -> QuerySet[Any]:
        return rows.filter(received_at__lt=_midnight(day + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
