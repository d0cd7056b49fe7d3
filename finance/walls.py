"""What the database itself holds to be true of the ledger: triggers, totals and their policy.

Migrations call `build_walls` after creating the tables, and again after changing them. On SQLite
Django changes a table by making it anew, which loses its triggers, and stumbles over a view, which
the totals once were: there a migration calls `drop_views` first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from tenancy.row_security import POLICY

SQL = Path(__file__).parent / "sql"
TOTALS = "finance_monthly_total"


def build_walls(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """For RunPython. Safe to run again."""
    drop_views(apps, editor)
    vendor = editor.connection.vendor
    text = (SQL / f"{vendor}.sql").read_text(encoding="utf-8")
    with editor.connection.cursor() as cursor:
        for statement in text.split("--;\n") if vendor == "sqlite" else [text]:
            cursor.execute(statement)
        if vendor == "postgresql":
            cursor.execute(f"DROP POLICY IF EXISTS tenant_wall ON {TOTALS}")
            cursor.execute(f"CREATE POLICY tenant_wall ON {TOTALS} USING {POLICY}")
            cursor.execute(f"ALTER TABLE {TOTALS} ENABLE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {TOTALS} FORCE ROW LEVEL SECURITY")
        else:
            index_references(cursor)


def index_references(cursor: Any) -> None:
    """An index for each column of the ledger that names a transaction, where none begins with it.

    The splits of a transaction are written before it, as the walls want it. SQLite then looks, in
    every table that may name the new transaction, for rows that have waited for it
    (https://sqlite.org/foreignkeys.html#fk_indexes): without such an index it reads all of them.
    """
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'finance_%'")
    for (table,) in cursor.fetchall():
        cursor.execute(
            "SELECT DISTINCT f.[from] FROM pragma_foreign_key_list(%s) f"
            " WHERE f.[table] = 'finance_transaction' AND NOT EXISTS ("
            "SELECT 1 FROM pragma_index_list(%s) l JOIN pragma_index_info(l.name) i"
            " WHERE i.seqno = 0 AND i.name = f.[from])",
            [table, table],
        )
        for (column,) in cursor.fetchall():
            name = f"{table}_names_{column.removesuffix('_id')}"
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({column})")


def drop_views(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """For RunPython, before SQLite makes a table of the ledger anew."""
    if editor.connection.vendor == "sqlite":
        with editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = %s", [TOTALS]
            )
            if cursor.fetchone():
                cursor.execute(f"DROP VIEW {TOTALS}")
