"""Encrypting everything anew by the newest key of FIELD_KEYS, so that an old one can be removed.

Goes by rows in batches, each in its own transaction: it may be stopped and run again at any time,
beside a running installation. What is encrypted is in `settings.ENCRYPTED_COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from tenancy.encryption import DecryptionError, blind_index, decrypt, encrypt, newest_key_id
from tenancy.scope import all_tenants

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Column:
    """One encrypted column: its model, its name, the place that its ciphertexts are bound to, and
    the column of its blind index, if it has one."""

    model: str
    column: str
    place: str
    index: str = ""


@dataclass(slots=True)
class Rotated:
    """What a run has done. `unreadable` holds what no listed key decrypts: nothing was changed."""

    changed: int = 0
    current: int = 0
    unreadable: int = 0


def columns() -> list[Column]:
    return [Column(*entry) for entry in settings.ENCRYPTED_COLUMNS]


def rotate(column: Column, *, dry_run: bool = False) -> Rotated:
    """Encrypt one column's values by the newest key."""
    model: Any = apps.get_model(column.model)
    done = Rotated()
    with all_tenants("encrypt by the newest key"):
        for ids in _batches(model, column.column):
            with transaction.atomic():
                rows = list(model.objects.select_for_update().filter(pk__in=ids))
                changed = [row for row in rows if _changed(row, column, done)]
                if not dry_run and changed:
                    names = [name for name in (column.column, column.index) if name]
                    model.objects.bulk_update(changed, names)
    return done


def _batches(model: Any, column: str) -> Iterator[list[Any]]:
    last = None
    while True:
        rows = model.objects.exclude(**{column: ""}).order_by("pk")
        if last is not None:
            rows = rows.filter(pk__gt=last)
        ids = list(rows.values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return
        yield ids
        last = ids[-1]


def _changed(row: models.Model, column: Column, done: Rotated) -> bool:
    """Whether the row now holds a value of the newest key."""
    sealed = getattr(row, column.column)
    if not sealed:
        return False
    if sealed.partition(":")[0] == newest_key_id():
        done.current += 1
        return False
    place: dict[str, Any] = {
        "tenant_id": row.tenant_id, "field": column.place,  # type: ignore[attr-defined]
    }  # fmt: skip
    try:
        text = decrypt(sealed, **place, pk=row.pk)
    except DecryptionError:
        done.unreadable += 1
        return False
    setattr(row, column.column, encrypt(text, **place, pk=row.pk))
    if column.index:
        setattr(row, column.index, blind_index(text, **place))
    done.changed += 1
    return True
