"""Filters of the ledger's lists, shared by the API and the pages."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from finance.bills.reading import standing
from finance.categories import descendants
from finance.ledger.writing import SUBJECTS
from finance.merchants.reading import called
from finance.models import (
    Announcement,
    AnnouncementKind,
    AnnouncementState,
    Bill,
    BillStatus,
    Budget,
    Category,
    CategoryKind,
    ExchangeRate,
    FinancialAccount,
    Goal,
    LedgerChange,
    Match,
    MatchKind,
    MatchState,
    Merchant,
    Recurring,
    RecurringMode,
    RecurringState,
    ReviewItem,
    ReviewState,
    Split,
    StatedBalance,
    StatedBy,
    Subscription,
    SubscriptionState,
    Transaction,
    TransactionState,
    Transfer,
)
from finance.money import exponent
from finance.query import matching
from finance.querysets import for_reason, today
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


class ChangedFilter(filters.FilterSet):  # type: ignore[misc]
    """Rows by their last change. Rows of the ledger are not deleted: what was voided, merged or
    archived is in the list, and says so."""

    updated_since = filters.IsoDateTimeFilter(
        method="changed_since",
        help_text="Changed at or after this time. A change is dated when its transaction began: ask"
        " again from two minutes before the last answer.",
    )

    @staticmethod
    def changed_since(rows: QuerySet[Any], name: str, value: datetime) -> QuerySet[Any]:
        changes = LedgerChange.objects.filter(subject=SUBJECTS[rows.model], at__gte=value)
        return rows.filter(pk__in=changes.values("subject_id"))


class TransactionFilter(ChangedFilter):
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
    merchant = filters.CharFilter(help_text="The whole name.")
    source_kind = filters.CharFilter()
    source_id = filters.CharFilter()
    q = filters.CharFilter(
        method="by_query",
        max_length=500,
        help_text="Words, or a query: amount>=50 date:last-month -is:transfer.",
    )

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
    def by_query(rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return matching(rows, value)


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


class ReviewItemFilter(ChangedFilter):
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
        return for_reason(items, value)


class MatchFilter(ChangedFilter):
    kind = filters.MultipleChoiceFilter(choices=MatchKind.choices)
    state = filters.MultipleChoiceFilter(choices=MatchState.choices)
    transaction = filters.UUIDFilter(method="with_transaction", help_text="One of the two.")
    review_item = filters.UUIDFilter(field_name="item_id")

    class Meta:
        model = Match
        fields: tuple[str, ...] = ()

    @staticmethod
    def with_transaction(rows: QuerySet[Any], name: str, value: uuid.UUID) -> QuerySet[Any]:
        return rows.filter(Q(first=value) | Q(second=value))


class TransferFilter(filters.FilterSet):  # type: ignore[misc]
    account = filters.UUIDFilter(method="with_account", help_text="Of one of the legs.")
    transaction = filters.UUIDFilter(method="with_transaction", help_text="One of the legs.")
    date_from = filters.DateFilter(field_name="outflow__booked_on", lookup_expr="gte")
    date_to = filters.DateFilter(field_name="outflow__booked_on", lookup_expr="lte")

    class Meta:
        model = Transfer
        fields: tuple[str, ...] = ()

    @staticmethod
    def with_account(rows: QuerySet[Any], name: str, value: uuid.UUID) -> QuerySet[Any]:
        return rows.filter(Q(outflow__account=value) | Q(inflow__account=value))

    @staticmethod
    def with_transaction(rows: QuerySet[Any], name: str, value: uuid.UUID) -> QuerySet[Any]:
        return rows.filter(Q(outflow=value) | Q(inflow=value))


class AccountFilter(ChangedFilter):
    kind = filters.CharFilter()
    group = filters.CharFilter()
    currency = filters.CharFilter(validators=[validate_currency])
    is_archived = filters.BooleanFilter()

    class Meta:
        model = FinancialAccount
        fields: tuple[str, ...] = ()


class CategoryListFilter(ChangedFilter):
    kind = filters.ChoiceFilter(choices=CategoryKind.choices)
    is_archived = filters.BooleanFilter()

    class Meta:
        model = Category
        fields: tuple[str, ...] = ()


class RecurringFilter(ChangedFilter):
    account = filters.UUIDFilter(field_name="account_id")
    mode = filters.ChoiceFilter(choices=RecurringMode.choices)
    state = filters.MultipleChoiceFilter(choices=RecurringState.choices)

    class Meta:
        model = Recurring
        fields: tuple[str, ...] = ()


class AnnouncementFilter(ChangedFilter):
    kind = filters.MultipleChoiceFilter(choices=AnnouncementKind.choices)
    state = filters.MultipleChoiceFilter(choices=AnnouncementState.choices)
    subscription = filters.UUIDFilter(field_name="subscription_id")

    class Meta:
        model = Announcement
        fields: tuple[str, ...] = ()


class SubscriptionFilter(ChangedFilter):
    account = filters.UUIDFilter(field_name="account_id")
    state = filters.MultipleChoiceFilter(choices=SubscriptionState.choices)

    class Meta:
        model = Subscription
        fields: tuple[str, ...] = ()


class BudgetFilter(ChangedFilter):
    is_archived = filters.BooleanFilter()

    class Meta:
        model = Budget
        fields: tuple[str, ...] = ()


class MerchantFilter(filters.FilterSet):  # type: ignore[misc]
    q = filters.CharFilter(
        method="called", max_length=200, help_text="In its name, or as messages write it."
    )
    name = filters.CharFilter(help_text="The whole name.")
    is_merged = filters.BooleanFilter(
        field_name="merged_into", lookup_expr="isnull", exclude=True,
        help_text="Whether it was merged into another.",
    )  # fmt: skip

    class Meta:
        model = Merchant
        fields: tuple[str, ...] = ()

    @staticmethod
    def called(rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return called(rows, value)


class GoalFilter(ChangedFilter):
    is_archived = filters.BooleanFilter()

    class Meta:
        model = Goal
        fields: tuple[str, ...] = ()


class ExchangeRateFilter(ChangedFilter):
    base = filters.CharFilter(validators=[validate_currency])
    quote = filters.CharFilter(validators=[validate_currency])
    date_from = filters.DateFilter(field_name="valid_on", lookup_expr="gte")
    date_to = filters.DateFilter(field_name="valid_on", lookup_expr="lte")

    class Meta:
        model = ExchangeRate
        fields: tuple[str, ...] = ()


class BillFilter(ChangedFilter):
    status = filters.MultipleChoiceFilter(choices=BillStatus.choices, method="standing_so")
    account = filters.UUIDFilter(field_name="account_id")
    due_from = filters.DateFilter(field_name="due_on", lookup_expr="gte")
    due_to = filters.DateFilter(field_name="due_on", lookup_expr="lte")

    class Meta:
        model = Bill
        fields: tuple[str, ...] = ()

    @staticmethod
    def standing_so(bills: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        return bills.filter(standing(value, today())) if value else bills


class StatedBalanceFilter(filters.FilterSet):  # type: ignore[misc]
    account = filters.UUIDFilter(field_name="account_id")
    stated_by = filters.ChoiceFilter(choices=StatedBy.choices)
    date_from = filters.DateFilter(field_name="stated_on", lookup_expr="gte")
    date_to = filters.DateFilter(field_name="stated_on", lookup_expr="lte")

    class Meta:
        model = StatedBalance
        fields: tuple[str, ...] = ()
