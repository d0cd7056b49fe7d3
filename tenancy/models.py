"""The tenant, and the model that every tenant's row is made of."""

from __future__ import annotations

import uuid
import zoneinfo
from typing import Any

from babel import Locale
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from tenancy.ids import new_id
from tenancy.scope import AllTenants, current_scope, current_tenant_id


def validate_currency(code: str) -> None:
    if code not in Locale("en").currencies:
        raise ValidationError(
            "“%(value)s” is not an ISO 4217 currency code.", code="currency", params={"value": code}
        )


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "“%(value)s” is not an IANA time zone.", code="time_zone", params={"value": name}
        )


class Tenant(models.Model):
    """One ledger and the people who share it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="EUR", validators=[validate_currency])
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    booking_held_since = models.DateTimeField(
        null=True, blank=True,
        help_text="From then on messages are read only; nothing is booked before somebody says so.",
    )  # fmt: skip
    onboarding_step = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Where setting up goes on, from 1; empty when it is done."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class InScope(models.Func):
    """True for rows of the active scope's tenant.

    The scope is read when SQL is compiled, not when the queryset is built, so querysets at class
    level (viewsets, forms, related fields) are safe, and fail closed.
    """

    output_field = models.BooleanField()

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any]]:
        tenant = current_scope().tenant
        if isinstance(tenant, AllTenants):
            return "(1 = 1)", []
        sql, params = compiler.compile(self.source_expressions[0])
        value = models.UUIDField().get_db_prep_value(tenant, connection)
        return f"({sql} = %s)", [*params, value]


class TenantManager(models.Manager["Any"]):
    """The only manager of a tenant table; Django uses it for related objects too."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(InScope(models.F("tenant_id")))


class TenantModel(models.Model):
    """A row that belongs to one tenant. Unique constraints and indexes start with `tenant`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, default=current_tenant_id, editable=False, db_index=False,
        related_name="+",
    )  # fmt: skip

    objects = TenantManager()

    class Meta:
        abstract = True
        # Related objects, refresh_from_db() and save() read through this manager as well.
        base_manager_name = "objects"
        default_manager_name = "objects"


def tenant_models() -> list[type[TenantModel]]:
    """Every concrete, managed tenant table's model."""
    found: list[type[TenantModel]] = []
    pending = list(TenantModel.__subclasses__())
    while pending:
        model = pending.pop()
        pending.extend(model.__subclasses__())
        if not model._meta.abstract and model._meta.managed and model not in found:
            found.append(model)
    return sorted(found, key=lambda model: model._meta.db_table)


def tenant_id_from(text: str) -> uuid.UUID:
    """A tenant id that somebody typed. Raises ValidationError."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise ValidationError(f"“{text}” is not a tenant id.", code="tenant_id") from error
