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


def drop_views(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """For RunPython, before SQLite makes a table of the ledger anew."""
    if editor.connection.vendor == "sqlite":
        with editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = %s", [TOTALS]
            )
            if cursor.fetchone():
                cursor.execute(f"DROP VIEW {TOTALS}")
