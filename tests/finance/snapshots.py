"""What a tenant's tables hold, so that the tables of two tenants can be compared."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Model

from finance.models import Category, FinancialAccount, Merchant, StatementLine, Transaction

VARIES = {"id", "tenant", "merge_batches", "at", "created_at", "updated_at", "decided_at",
          "event_id", "webhook", "next_attempt_at"}  # fmt: skip


def snapshot(*models: type[Model]) -> dict[str, list[str]]:
    """Every row of these tables, with ids by what they stand for."""
    names = _names()
    return {
        model.__name__: sorted(
            (repr(sorted(_told(row, names).items())) for row in model.objects.all()),
        )
        for model in models
    }


def _names() -> dict[str, str]:
    names = {str(row.pk): f"line {row.statement.name} {row.row} {row.is_live}"
             for row in StatementLine.objects.select_related("statement")}  # fmt: skip
    for row in Transaction.objects.order_by("booked_on", "created_at", "id"):
        from_line = names.get(row.source_id)
        told = f"{row.booked_on} {row.amount_minor} {row.merchant_raw or row.merchant}"
        names[str(row.pk)] = from_line or f"transaction of {told}"
        if from_line is None and row.source_id:
            names[row.source_id] = f"message of {told}"
    for account in FinancialAccount.objects.all():
        names[str(account.pk)] = account.name
    for node in Category.objects.all():
        names[str(node.pk)] = node.key
    for merchant in Merchant.objects.all():
        names[str(merchant.pk)] = merchant.name
    return names


def _told(row: Model, names: dict[str, str]) -> dict[str, Any]:
    fields = [
        f for f in row._meta.concrete_fields if f.name not in VARIES and f.attname not in VARIES
    ]
    return {f.attname: _named(getattr(row, f.attname), names) for f in fields}


def _named(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return sorted(
            (key, _named(each, names)) for key, each in value.items() if key not in VARIES
        )
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    if isinstance(value, uuid.UUID | str):
        return names.get(str(value), "some id" if isinstance(value, uuid.UUID) else value)
    return value
