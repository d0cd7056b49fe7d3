"""What the database knows of its tables when it plans a query."""

from __future__ import annotations

from typing import Final

from django.db import connection

# Rows looked at in each index: enough to tell a tenant's many rows from an id's one.
LOOKED_AT: Final = 1_000


def look_at_tables() -> None:
    """Let SQLite learn how many rows a value has; it takes milliseconds, whatever the size.
    PostgreSQL does so by itself. Without, SQLite takes a tenant for ten rows and reads all of a
    ledger where an index would have found a few of them."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA analysis_limit = {LOOKED_AT}")
            cursor.execute("ANALYZE")
