"""Filters of the ledger's lists, shared by the API and the pages."""

from __future__ import annotations

import uuid
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from finance.categories import descendants
from finance.models import (
    Category,
    CategoryKind,
    FinancialAccount,
    ReviewItem,
    ReviewState,
    Split,
    Transaction,
    TransactionState,
)
from finance.money import exponent
from tenancy.models import validate_currency

NONE = "none"


class CategoryField(forms.CharField):
    """A category's id, or "none"."""

    def clean(self, value: Any) -> uuid.UUID | str | None:
        text = super().clean(value)
        if text in ("", NONE):
            return text or None
        try:
            return uuid.UUID(text)
        except ValueError as error:
            message = "Give a category's id, or “none”."
            raise ValidationError(message, code="invalid_id") from error


class CategoryFilter(filters.CharFilter):  # type: ignore[misc] # untyped library
    field_class = CategoryField


class TransactionFilter(filters.FilterSet):  # type: ignore[misc]
    account = filters.UUIDFilter(field_name="account_id")
    category = CategoryFilter(
        method="in_category", help_text="A category with all below it, or “none”."
    )
    state = filters.MultipleChoiceFilter(choices=TransactionState.choices)
    date_from = filters.DateFilter(field_name="booked_on", lookup_expr="gte")
    date_to = filters.DateFilter(field_name="booked_on", lookup_expr="lte")
    amount_min = filters.NumberFilter(
        method="at_least", help_text="Signed, like the amount: an outflow is negative."
    )
    amount_max = filters.NumberFilter(method="at_most")
    currency = filters.CharFilter(validators=[validate_currency])
    event = filters.CharFilter()
    source_kind = filters.CharFilter()
    source_id = filters.CharFilter()
    q = filters.CharFilter(method="containing", max_length=100, help_text="Part of any text.")

    class Meta:
        model = Transaction
        fields: tuple[str, ...] = ()

    @staticmethod
    def in_category(rows: QuerySet[Any], name: str, value: uuid.UUID | str) -> QuerySet[Any]:
        splits = Split.objects.filter(transaction=OuterRef("pk"))
        if isinstance(value, uuid.UUID):
            splits = splits.filter(category__in=descendants(value))
        else:
            splits = splits.filter(category__isnull=True)
        return rows.filter(Exists(splits))

    @staticmethod
    def at_least(rows: QuerySet[Any], name: str, value: Decimal) -> QuerySet[Any]:
        return rows.filter(_in_minor(value, "gte", ROUND_CEILING))

    @staticmethod
    def at_most(rows: QuerySet[Any], name: str, value: Decimal) -> QuerySet[Any]:
        return rows.filter(_in_minor(value, "lte", ROUND_FLOOR))

    @staticmethod
    def containing(rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        anywhere = (
            Q(**{f"{column}__icontains": value})
            for column in ("merchant", "merchant_raw", "description", "notes")
        )
        found = Q()
        for one in anywhere:
            found |= one
        return rows.filter(found)


def _in_minor(value: Decimal, lookup: str, rounding: str) -> Q:
    """The same figure in every currency the tenant has accounts in: 12.34 is 1234 cents, but 13
    yen when rounded up."""
    found = Q(pk__in=())
    currencies = FinancialAccount.objects.order_by().values_list("currency", flat=True).distinct()
    for currency in currencies:
        minor = int(value.scaleb(exponent(currency)).to_integral_value(rounding=rounding))
        capped = max(min(minor, 2**62), -(2**62))
        found |= Q(currency=currency, **{f"amount_minor__{lookup}": capped})
    return found


class ReviewItemFilter(filters.FilterSet):  # type: ignore[misc]
    state = filters.MultipleChoiceFilter(choices=ReviewState.choices)
    reason = filters.CharFilter(method="with_reason", help_text="One of its codes.")
    account = filters.UUIDFilter(field_name="transaction__account_id")
    source_kind = filters.CharFilter()
    source_id = filters.CharFilter()

    class Meta:
        model = ReviewItem
        fields: tuple[str, ...] = ()

    @staticmethod
    def with_reason(items: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        # JSON containment is PostgreSQL's alone; codes hold no quotes.
        return items.filter(reasons__icontains=f'"{value}"')


class AccountFilter(filters.FilterSet):  # type: ignore[misc]
    kind = filters.CharFilter()
    currency = filters.CharFilter(validators=[validate_currency])
    is_archived = filters.BooleanFilter()

    class Meta:
        model = FinancialAccount
        fields: tuple[str, ...] = ()


class CategoryListFilter(filters.FilterSet):  # type: ignore[misc]
    kind = filters.ChoiceFilter(choices=CategoryKind.choices)
    is_archived = filters.BooleanFilter()

    class Meta:
        model = Category
        fields: tuple[str, ...] = ()
