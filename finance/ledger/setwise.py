"""Different values for many rows in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection

from tenancy.models import TenantModel
from tenancy.scope import current_tenant_id

AT_ONCE: Final = 500


def update_rows(rows: Sequence[TenantModel], names: Sequence[str]) -> None:
    """Save these fields of rows of one model of the active tenant: `bulk_update` by arrays, where
    PostgreSQL takes a third of the time that a CASE for each row and column needs."""
    if not rows:
        return
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model.objects.bulk_update(rows, list(names), batch_size=AT_ONCE)
        return
    wanted = {name: field for field in model._meta.concrete_fields
              for name in (field.name, field.attname)}  # fmt: skip
    fields = [wanted["id"], *(wanted[name] for name in names)]
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field in fields]
    # Without the length of varchar(200), which an array has not.
    arrays = ", ".join(f"%s::{str(field.db_type(connection)).split('(')[0]}[]" for field in fields)
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows]
        for field in fields
    ]
    table = quote(model._meta.db_table)
    sets = ", ".join(f"{column} = given.{column}" for column in columns[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS given ({', '.join(columns)})"  # noqa: S608 - names of our own columns
            f" WHERE {table}.{columns[0]} = given.{columns[0]} AND {table}.tenant_id = %s",
            [*values, current_tenant_id()],
        )
