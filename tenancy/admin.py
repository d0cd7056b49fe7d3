"""The operators' admin on tenant rows: searchable, across tenants, read-only by default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.paginator import InfinitePaginator

from tenancy.models import Tenant


class OperatorAdmin(ModelAdmin):  # type: ignore[misc] # unfold is untyped
    """Base of every model's admin. Nothing is added, changed or deleted here, because that would
    go around the verbs; `editable_fields` names the exceptions.

    Never counts: a table may hold millions of rows.
    """

    editable_fields: ClassVar[Sequence[str]] = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = InfinitePaginator
    list_per_page = 50
    list_filter_submit = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.editable_fields) and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        declared = list(super().get_readonly_fields(request, obj))
        hidden = set(self.get_exclude(request, obj) or ())
        columns = [field.name for field in self.model._meta.fields if field.name not in hidden]
        fixed = [name for name in columns if name not in self.editable_fields]
        return declared + [name for name in fixed if name not in declared]


class TenantAdmin(OperatorAdmin):
    """The same for a TenantModel: with its tenant's column and filter."""

    list_select_related: ClassVar[Any] = ("tenant",)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = list(super().get_list_display(request))
        return columns if "tenant" in columns else [*columns, "tenant"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [("tenant", AutocompleteSelectFilter), *super().get_list_filter(request)]


@admin.register(Tenant)
class TenantsAdmin(OperatorAdmin):
    list_display = ("name", "currency", "time_zone", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name", "id")
    editable_fields = ("name", "is_active")
