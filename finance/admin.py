"""The ledger in the operators' admin: to be looked at and searched. What writes goes by a verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from finance.errors import LedgerError
from finance.ledger import dismiss, void
from finance.models import (
    Announcement,
    Attachment,
    Category,
    FinancialAccount,
    LedgerChange,
    Match,
    Merchant,
    MerchantAlias,
    MonthlyTotal,
    ReviewItem,
    RuleTag,
    SavedFilter,
    Split,
    Subscription,
    TagRemoval,
    Transaction,
    Transfer,
)
from finance.money import Money
from tenancy.admin import TenantAdmin
from tenancy.scope import tenant_scope


def by_verb(verb: Callable[..., Any], queryset: QuerySet[Any], request: HttpRequest) -> None:
    """Call a verb for each row, as its own tenant, and say how it went."""
    done = 0
    for row in queryset:
        try:
            with tenant_scope(row.tenant_id):
                verb(row.pk, "by an operator")
            done += 1
        except LedgerError as error:
            messages.warning(request, f"{row}: {error}")
    messages.success(request, f"{done} done.")


@admin.register(Transaction)
class TransactionAdmin(TenantAdmin):
    list_display = ("booked_on", "account", "money", "merchant", "event", "state")
    list_select_related = ("tenant", "account")
    list_filter = ("state", "currency", "event")
    search_fields = ("merchant", "merchant_raw", "description", "id", "source_id")
    # Not an inline: its blank form would ask which of all tenants a new split belongs to.
    readonly_fields = ("parts",)
    actions = ("void_selected",)

    @admin.display(description="amount", ordering="amount_minor")
    def money(self, row: Transaction) -> str:
        return f"{row.amount} {row.currency}"

    @admin.display(description="splits")
    def parts(self, row: Transaction) -> str:
        lines = (
            (Money(part.amount_minor, row.currency), part.category or "–", part.note)
            for part in row.splits.select_related("category")
        )
        return format_html_join(mark_safe("<br>"), "{} {} {}", lines)

    @admin.action(description="Void the selected transactions")
    def void_selected(self, request: HttpRequest, queryset: QuerySet[Transaction]) -> None:
        by_verb(void, queryset, request)


@admin.register(ReviewItem)
class ReviewItemAdmin(TenantAdmin):
    list_display = ("created_at", "state", "reasons", "transaction", "decided_by", "decided_at")
    list_select_related = ("tenant", "transaction")
    list_filter = ("state", "source_kind")
    search_fields = ("id", "source_id", "transaction__merchant")
    actions = ("dismiss_selected",)

    @admin.action(description="Dismiss the selected items")
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> None:
        by_verb(dismiss, queryset, request)


@admin.register(FinancialAccount)
class FinancialAccountAdmin(TenantAdmin):
    list_display = ("name", "kind", "currency", "institution", "last_digits", "is_archived")
    list_filter = ("kind", "currency", "is_archived", "origin")
    search_fields = ("name", "institution", "last_digits", "id")
    exclude = ("number_encrypted", "number_index")


@admin.register(Category)
class CategoryAdmin(TenantAdmin):
    list_display = ("label", "kind", "parent", "key", "is_archived")
    list_select_related = ("tenant", "parent")
    list_filter = ("kind", "is_archived")
    search_fields = ("name", "key", "id")


@admin.register(Split)
class SplitAdmin(TenantAdmin):
    list_display = ("transaction_id", "position", "amount_minor", "category", "note")
    list_select_related = ("tenant", "category")
    search_fields = ("transaction__id", "note")


@admin.register(Transfer)
class TransferAdmin(TenantAdmin):
    list_display = ("created_at", "outflow", "inflow")
    list_select_related = ("tenant", "outflow", "inflow")
    search_fields = ("outflow__id", "inflow__id")


@admin.register(Match)
class MatchAdmin(TenantAdmin):
    list_display = ("created_at", "kind", "state", "score", "first", "second", "decided_by")
    list_select_related = ("tenant", "first", "second")
    list_filter = ("kind", "state")
    search_fields = ("id", "first__id", "second__id")


@admin.register(Announcement)
class AnnouncementAdmin(TenantAdmin):
    list_display = ("told_on", "kind", "name", "day", "amount_minor", "currency", "state")
    list_select_related = ("tenant",)
    list_filter = ("kind", "state")
    search_fields = ("name", "id", "source_id")


@admin.register(Subscription)
class SubscriptionAdmin(TenantAdmin):
    list_display = (
        "name",
        "account",
        "amount_minor",
        "currency",
        "unit",
        "every",
        "next_on",
        "state",
    )
    list_select_related = ("tenant", "account")
    list_filter = ("state", "currency", "unit")
    search_fields = ("name", "id")


@admin.register(Merchant)
class MerchantAdmin(TenantAdmin):
    list_display = ("name", "default_category", "sender_domain", "merged_into")
    list_select_related = ("tenant", "default_category", "merged_into")
    search_fields = ("name", "id")


@admin.register(MerchantAlias)
class MerchantAliasAdmin(TenantAdmin):
    list_display = ("text", "merchant", "key")
    list_select_related = ("tenant", "merchant")
    search_fields = ("text", "key")


@admin.register(TagRemoval)
class TagRemovalAdmin(TenantAdmin):
    list_display = ("removed_at", "name", "joined_into")
    search_fields = ("name", "id")


@admin.register(RuleTag)
class RuleTagAdmin(TenantAdmin):
    list_display = ("rule", "tag")
    list_select_related = ("tenant", "rule", "tag")
    search_fields = ("rule__name", "tag__name")


@admin.register(Attachment)
class AttachmentAdmin(TenantAdmin):
    list_display = ("name", "media_type", "size", "created_at", "removed_at")
    exclude = ("data",)
    search_fields = ("name", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attachment]:
        rows: QuerySet[Attachment] = super().get_queryset(request).defer("data")
        return rows


@admin.register(SavedFilter)
class SavedFilterAdmin(TenantAdmin):
    list_display = ("name", "owner", "position")
    list_select_related = ("tenant", "owner")
    search_fields = ("name", "id")


@admin.register(LedgerChange)
class LedgerChangeAdmin(TenantAdmin):
    list_display = ("at", "subject", "subject_id", "version", "verb", "actor")
    list_filter = ("subject", "verb", "actor_kind")
    search_fields = ("subject_id", "actor", "note")


@admin.register(MonthlyTotal)
class MonthlyTotalAdmin(TenantAdmin):
    list_display = ("month", "account", "category", "currency", "total_minor", "count")
    list_select_related = ("tenant", "account", "category")
    list_filter = ("currency",)
    search_fields = ("account__name",)
    ordering = ("-month", "id")
