"""A database, a broker and workers under a supervisor, as an installation has them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from tests.migrated import put_migrated_database

Row = tuple[Any, ...]
LEASE_SECONDS = 2
ROLE = "inledger_app"
# Of this process alone: two test runs must not drop each other's.
DATABASE = f"inledger_killing_{os.getpid()}"


# So that faults of the job machinery are over soon; what depends on none of it needs no change.
HURRIED = {
    "DJANGO_SETTINGS_MODULE": "tests.jobs.killing.settings",
    "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
    "JOB_DISPATCH_MILLISECONDS": "100",
    "JOB_BACKOFF_SECONDS": "0",
}


class Installation:
    """Start with `SqliteAndMemory` or `PostgresAndRedis`. `variables` are those of its processes
    that are not about database and broker."""

    broker_url: str
    # How Python is told to run a module.
    runs = ("-m",)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "workers.log"
        self.variables = HURRIED

    @property
    def database_url(self) -> str:
        raise NotImplementedError

    @property
    def owner_url(self) -> str:
        return self.database_url

    def query(self, sql: str) -> list[Row]:
        raise NotImplementedError

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            **self.variables,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "DATABASE_RUNTIME_ROLE": ROLE,
            "BROKER_URL": self.broker_url,
            "CELERY_SKIP_CHECKS": "1",
        } | more

    def migrate(self) -> None:
        self.python(
            "-m", "django", "migrate", "-v0", "--skip-checks",
            DATABASE_URL=self.owner_url,
        )  # fmt: skip

    def enqueue(self, plan: list[dict[str, Any]]) -> None:
        self.python("-m", "tests.jobs.killing.enqueue", stdin=plan)

    def python(self, *arguments: str, stdin: object = None, **environment: str) -> None:
        """Run a program of the installation to its end, with `stdin` as JSON."""
        done = subprocess.run(
            [sys.executable, *arguments], input=json.dumps(stdin),
            env=self.environment(**environment), capture_output=True, text=True, timeout=240,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def start_worker(self, number: int, concurrency: int) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *self.runs, "celery", "-A", "config", "worker", "-l", "INFO",
                 "-n", f"w{number}@%h", "-c", str(concurrency), "-Q", "default,mail"],
                env=self.environment(), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def remove(self) -> None:
        """Take away what the folder does not hold."""

    def states(self) -> dict[str, int]:
        return dict(self.query("SELECT state, count(*) FROM jobs_job GROUP BY state"))

    def live(self) -> int:
        states = self.states()
        return sum(states.get(state, 0) for state in ("ready", "queued", "running"))


class SqliteAndMemory(Installation):
    broker_url = "memory://"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'killing.sqlite3'}"

    def migrate(self) -> None:
        """Only the tables of `tests.jobs.killing` are still to be made."""
        put_migrated_database(self.folder / "killing.sqlite3")
        super().migrate()

    def query(self, sql: str) -> list[Row]:
        database = sqlite3.connect(self.folder / "killing.sqlite3", timeout=20)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


class PostgresAndRedis(Installation):
    """`url` names PostgreSQL as a superuser; a database of its own is made and dropped there."""

    def __init__(self, folder: Path, url: str, redis_url: str) -> None:
        super().__init__(folder)
        self._url, self.broker_url = url, redis_url
        self.redis = redis.Redis.from_url(redis_url)
        self.redis.flushdb()
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {DATABASE}")
            server.execute(
                f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD 'test';"
                " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )

    def remove(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")

    def _named(self, user: str | None) -> str:
        parts = urlsplit(self._url)
        place = parts.netloc if user is None else f"{user}@{parts.netloc.rpartition('@')[2]}"
        return urlunsplit(parts._replace(netloc=place, path=f"/{DATABASE}"))

    @property
    def database_url(self) -> str:
        return self._named(f"{ROLE}:test")

    @property
    def owner_url(self) -> str:
        return self._named(None)

    def query(self, sql: str) -> list[Row]:
        with psycopg.connect(self.owner_url, autocommit=True) as database:
            return database.execute(sql).fetchall()


class Supervisor:
    """Keeps so many workers running: one that exits is started again."""

    def __init__(self, installation: Installation, workers: int, concurrency: int = 2) -> None:
        self.installation, self.concurrency = installation, concurrency
        self.workers: list[subprocess.Popen[bytes] | None] = [None] * workers
        self.restarts = -workers

    def tend(self) -> None:
        for number, worker in enumerate(self.workers):
            if worker is None or worker.poll() is not None:
                if worker is not None:
                    # What a dead parent left behind of its group dies with it.
                    kill_group(worker)
                self.workers[number] = self.installation.start_worker(number, self.concurrency)
                self.restarts += 1

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Tend the workers until the condition holds. False when the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tend()
            if condition():
                return True
            time.sleep(0.2)
        return False

    def stop(self) -> None:
        for worker in self.workers:
            if worker is not None:
                kill_group(worker)
                worker.wait()


def kill_group(worker: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(worker.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
