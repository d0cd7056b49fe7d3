"""The second wall: PostgreSQL's own row policies, and foreign keys that hold tenants apart.

Applied after every `migrate`, by the owner of the tables. The application itself connects as
another role, which policies bind; `require_runtime_role` refuses to start as any other.
Policies alone do not stop a foreign key across tenants (its check bypasses them), hence the
composite keys. SQLite has none of this: there the first wall stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, models

from tenancy.models import Tenant, TenantModel, tenant_models

# `(select …)` makes PostgreSQL evaluate the setting once per statement, not once per row. After a
# transaction a local setting reads '' instead of NULL, hence nullif. The comparison with 'on' is
# inside: outside, the planner takes it for true once in two hundred times. With a thousand tenants
# it then expects one row of any table, as our own filter has counted the tenant's share already.
POLICY = """(
    tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid)
    OR (select current_setting('app.all_tenants', true) = 'on')
)"""
NAME = "tenant_wall"


def apply_walls(*, using: str, **kwargs: Any) -> None:
    """The post_migrate receiver. Does nothing but on PostgreSQL as the owner of the tables."""
    database = connections[using]
    if database.vendor != "postgresql":
        return
    existing = set(database.introspection.table_names())
    tables = [m for m in tenant_models() if m._meta.db_table in existing]
    with database.cursor() as cursor:
        if not _owns(cursor, [m._meta.db_table for m in tables]):
            return
        for model in tables:
            _apply_policy(cursor, model._meta.db_table)
        for model in tables:
            for field in references(model):
                _apply_composite_key(cursor, model, field)
            if any(not field.null for field in references(model)):
                _drop_simple_key(cursor, model._meta.db_table, "tenant_id", Tenant._meta.db_table)
        _renew_policies(cursor)
        _grant_to_runtime_role(cursor)


def references(model: type[TenantModel]) -> Iterator[models.ForeignKey[Any, Any]]:
    """The foreign keys of a tenant table to tenant tables."""
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and issubclass(field.related_model, TenantModel):
            yield field


def _owns(cursor: Any, tables: list[str]) -> bool:
    cursor.execute(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND c.relname = ANY(%s)"
        " AND NOT pg_has_role(c.relowner, 'USAGE')",
        [tables],
    )
    return bool(cursor.fetchone()[0] == 0)


def _apply_policy(cursor: Any, table: str) -> None:
    cursor.execute(
        "SELECT 1 FROM pg_policies WHERE schemaname = current_schema() AND tablename = %s"
        " AND policyname = %s",
        [table, NAME],
    )
    if cursor.fetchone() is None:
        cursor.execute(f'CREATE POLICY {NAME} ON "{table}" USING {POLICY} WITH CHECK {POLICY}')
    cursor.execute(
        "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
        [f'"{table}"'],
    )
    if not cursor.fetchone()[0]:
        cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')


def _renew_policies(cursor: Any) -> None:
    """Policies that an earlier version made otherwise. PostgreSQL keeps them in its own words: they
    are compared with one that is made for it."""
    cursor.execute("CREATE TEMPORARY TABLE wall_as_wanted (tenant_id uuid)")
    cursor.execute(f"CREATE POLICY {NAME} ON wall_as_wanted USING {POLICY}")
    cursor.execute("SELECT qual FROM pg_policies WHERE tablename = 'wall_as_wanted'")
    wanted = cursor.fetchone()[0]
    cursor.execute("DROP TABLE wall_as_wanted")
    cursor.execute(
        "SELECT tablename FROM pg_policies WHERE schemaname = current_schema()"
        " AND policyname = %s AND qual <> %s",
        [NAME, wanted],
    )
    for (table,) in cursor.fetchall():
        cursor.execute(f'ALTER POLICY {NAME} ON "{table}" USING {POLICY} WITH CHECK {POLICY}')


def _apply_composite_key(
    cursor: Any, model: type[TenantModel], field: models.ForeignKey[Any, Any]
) -> None:
    table, target = model._meta.db_table, field.related_model._meta.db_table
    _add_constraint(cursor, target, f"{target}_tenant_key"[:63], "UNIQUE (tenant_id, id)")
    _add_constraint(
        cursor,
        table,
        f"{table}_{field.column}_tenant_fk"[-63:],
        f'FOREIGN KEY (tenant_id, "{field.column}") REFERENCES "{target}" (tenant_id, id)'
        " DEFERRABLE INITIALLY DEFERRED",
    )
    _drop_simple_key(cursor, table, str(field.column), target)


def _drop_simple_key(cursor: Any, table: str, column: str, target: str) -> None:
    """Django's own key asks what the composite one asks, for each row once more: a quarter of what
    booking costs. So does the key to the tenant itself of a row that always points at another row
    of its tenant. Where a migration makes it anew, it goes again after that migration."""
    cursor.execute(
        "SELECT conname FROM pg_constraint c JOIN pg_attribute a"
        " ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]"
        " WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND c.confrelid = %s::regclass"
        " AND a.attname = %s",
        [f'"{table}"', f'"{target}"', column],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')


def _add_constraint(cursor: Any, table: str, name: str, definition: str) -> None:
    cursor.execute(
        "SELECT 1 FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
        [name, f'"{table}"'],
    )
    if cursor.fetchone() is None:
        cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')


def _grant_to_runtime_role(cursor: Any) -> None:
    role = settings.DATABASE_RUNTIME_ROLE
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        return
    cursor.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
    cursor.execute(
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"'
    )
    cursor.execute(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"')


def require_runtime_role() -> None:
    """Refuse to serve as a role that row policies do not bind. Raises ImproperlyConfigured."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        user, superuser, bypass = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM pg_class c WHERE c.relname = ANY(%s)"
            " AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)",
            [[m._meta.db_table for m in tenant_models()]],
        )
        owner = cursor.fetchone()[0] > 0
    faults = [
        text
        for is_so, text in (
            (superuser, "is a superuser"),
            (bypass, "has BYPASSRLS"),
            (owner, "owns the tables"),
        )
        if is_so
    ]
    if faults:
        raise ImproperlyConfigured(
            f"PostgreSQL role “{user}” {' and '.join(faults)}, so row level security would not"
            f" hold tenants apart. Connect as “{settings.DATABASE_RUNTIME_ROLE}” (DATABASE_URL);"
            " run migrations alone as the owner. See docs/operating.md."
        )
