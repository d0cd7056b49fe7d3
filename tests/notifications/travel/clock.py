"""One clock for all processes and the database of an installation; it runs on, and it is set."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

PLACES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
)
# Names without a schema are looked for here first, by defaults of columns as well.
SEARCH_PATH = "public, travel, pg_catalog"
SQL = """
CREATE SCHEMA travel;
CREATE TABLE travel.clock (ahead interval NOT NULL);
INSERT INTO travel.clock VALUES ('0');
CREATE FUNCTION travel.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.statement_timestamp() + ahead FROM travel.clock';
CREATE FUNCTION travel.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.now() + ahead FROM travel.clock';
GRANT USAGE ON SCHEMA travel TO PUBLIC;
GRANT SELECT ON travel.clock TO PUBLIC;
"""


def library() -> str | None:
    """Where libfaketime is: LIBFAKETIME, or where Debian's package puts it."""
    wanted = os.environ.get("LIBFAKETIME")
    return next((path for path in (wanted, *PLACES) if path and Path(path).exists()), None)


class Clock:
    def __init__(self, folder: Path, owner_url: str) -> None:
        self._file = folder / "clock"
        self._owner_url = owner_url
        self._ahead = timedelta(0)
        self._write()

    def install(self, database: str) -> None:
        """Before the database's tables are made, since defaults keep the function they found."""
        with psycopg.connect(self._owner_url, autocommit=True) as server:
            server.execute(SQL)
            server.execute(f"ALTER DATABASE {database} SET search_path = {SEARCH_PATH}")

    def environment(self) -> dict[str, str]:
        found = library()
        assert found is not None, "libfaketime is not installed"
        return {
            "LD_PRELOAD": found,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            # Waiting takes as long as ever.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def set(self, moment: datetime) -> None:
        self._ahead = moment - datetime.now(UTC)
        self._write()
        with psycopg.connect(self._owner_url, autocommit=True) as server:
            server.execute("UPDATE travel.clock SET ahead = %s", [self._ahead])

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{self._ahead.total_seconds():+.6f}\n")
        new.replace(self._file)
