"""What `make bench` runs: every benchmark on SQLite and, where TEST_DATABASE_URL names a PostgreSQL
superuser, on PostgreSQL. Each writes benchmarks/results/NAME-DATABASE.json."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
NAMES = sorted(
    path.stem
    for path in HERE.glob("*.py")
    if path.stem not in ("__init__", "run", "setting", "filling")
)


def main() -> int:
    RESULTS.mkdir(exist_ok=True)
    failed = False
    for name in NAMES:
        failed = run(name, "sqlite", "") or failed
        if server := os.environ.get("TEST_DATABASE_URL"):
            with own_database(server) as url:
                failed = run(name, "postgresql", url) or failed
    return int(failed)


def run(name: str, database: str, url: str) -> bool:
    """Whether it failed."""
    say(f"--- {name} on {database} ---")
    with tempfile.TemporaryDirectory(prefix="inledger-bench-") as folder:
        environment = {**os.environ, "DATA_DIR": folder, "DATABASE_URL": url}
        done = subprocess.run(  # noqa: S603 - our own modules
            [sys.executable, "-m", f"benchmarks.{name}"],
            cwd=HERE.parent, env=environment, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    if done.returncode == 0:
        say(done.stdout)
        RESULTS.joinpath(f"{name}-{database}.json").write_text(done.stdout)
    return done.returncode != 0


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """A new database on the server, dropped afterwards; the URL of it."""
    name = f"inledger_bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield url_of(server, name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def url_of(server: str, name: str) -> str:
    scheme, _, rest = server.partition("://")
    place, _, tail = rest.partition("/")
    _, mark, query = tail.partition("?")
    return f"{scheme}://{place}/{name}{mark}{query}"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
