"""How every verb writes: one atomic block, one writer per tenant at a time, audit trail first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.utils import timezone

from finance.errors import NotInLedger
from finance.ledger.movements import Part, clean_text
from finance.models import (
    Category,
    ChangeSubject,
    FinancialAccount,
    LedgerChange,
    LedgerRow,
    ReviewItem,
    Split,
    Transaction,
)
from finance.money import Money
from tenancy.ids import new_id
from tenancy.models import TenantModel
from tenancy.scope import current_actor, current_tenant_id

Row = TypeVar("Row", bound=TenantModel)

SUBJECTS: dict[type[LedgerRow], ChangeSubject] = {
    FinancialAccount: ChangeSubject.ACCOUNT,
    Category: ChangeSubject.CATEGORY,
    Transaction: ChangeSubject.TRANSACTION,
    ReviewItem: ChangeSubject.REVIEW_ITEM,
}


@contextmanager
def writing() -> Iterator[None]:
    """An atomic block in which nobody else writes this tenant's ledger.

    Two writers of one tenant would meet at its monthly totals anyway, and in different orders:
    that is a deadlock. SQLite has one writer at a time by itself.
    """
    tenant_id = current_tenant_id()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ledger:{tenant_id}"]
                )
        yield


def locked(model: type[Row], pk: uuid.UUID) -> Row:
    """The row, locked until the end of the block. Raises NotInLedger."""
    try:
        row: Row = model.objects.select_for_update(no_key=True).get(pk=pk)
    except ObjectDoesNotExist as error:
        name = model._meta.verbose_name
        raise NotInLedger(f"There is no {name} {pk}.") from error
    return row


def is_person() -> bool:
    """Whether a person acts, rather than a job, a rule or the system."""
    return current_actor().kind in {"user", "token"}


def plain(value: Any) -> Any:
    """A field's value as the audit trail's JSON keeps it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def plain_parts(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [
        {"amount_minor": p.amount.minor, "category_id": plain(p.category_id), "note": p.note}
        for p in parts
    ]


def announcement(
    row: LedgerRow, verb: str, before: Mapping[str, Any], after: Mapping[str, Any], note: str = ""
) -> LedgerChange:
    """The entry, not yet saved, for the version that `row` now carries."""
    actor = current_actor()
    return LedgerChange(
        subject=SUBJECTS[type(row)],
        subject_id=row.pk,
        version=row.version,
        verb=verb,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        actor=actor.label[:200],
        before=dict(before),
        after=dict(after),
        note=clean_text(note, 300),
    )


def insert(rows: Sequence[LedgerRow], verb: str, details: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of one model, announced with what they are. Inside `writing()`."""
    if not rows:
        return
    LedgerChange.objects.bulk_create(
        [announcement(row, verb, {}, after) for row, after in zip(rows, details, strict=True)]
    )
    type(rows[0]).objects.bulk_create(rows)


def change(row: LedgerRow, verb: str, fields: Mapping[str, Any], *, note: str = "") -> bool:
    """Set fields of a locked row, announced. Returns False, and writes nothing, when every field
    already has its value."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if not changed:
        return False
    _write(row, verb, changed, {}, {}, note)
    return True


def change_with_parts(
    row: Transaction, verb: str, fields: Mapping[str, Any], parts: Sequence[Part], note: str = ""
) -> None:
    """As `change`, for a transaction whose splits are replaced as well."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    old = parts_of(row)
    if not changed and list(parts) == old:
        return
    _write(
        row, verb, changed, {"splits": plain_parts(old)}, {"splits": plain_parts(parts)}, note,
        parts,
    )  # fmt: skip


def _write(
    row: LedgerRow,
    verb: str,
    changed: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    note: str,
    parts: Sequence[Part] | None = None,
) -> None:
    was = {name: plain(getattr(row, name)) for name in changed}
    now = {name: plain(value) for name, value in changed.items()}
    row.version += 1
    announcement(row, verb, {**was, **before}, {**now, **after}, note).save(force_insert=True)
    if parts is not None and isinstance(row, Transaction):
        Split.objects.filter(transaction=row).delete()
        Split.objects.bulk_create(splits_for(row, parts))
    for name, value in changed.items():
        setattr(row, name, value)
    saved = ["version", *changed]
    if isinstance(row, Transaction):
        row.updated_at = timezone.now()
        saved.append("updated_at")
    row.save(update_fields=saved)


def splits_for(row: Transaction, parts: Sequence[Part]) -> list[Split]:
    return [
        Split(
            id=new_id(),
            transaction=row,
            position=position,
            amount_minor=part.amount.minor,
            category_id=part.category_id,
            note=clean_text(part.note, 200),
        )
        for position, part in enumerate(parts)
    ]


def parts_of(row: Transaction) -> list[Part]:
    from_splits = Split.objects.filter(transaction=row).order_by("position")
    return [Part(Money(s.amount_minor, row.currency), s.category_id, s.note) for s in from_splits]
