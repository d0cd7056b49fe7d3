"""Thousands of jobs under random deaths: `python -m tests.soak.jobs` (see --help).

Two workers of three children on PostgreSQL and a Redis of its own. Every few seconds something
dies: a child, a worker's whole tree, Redis (with all it holds), every database connection; or
Redis is flushed, a worker is asked to stop, messages are delivered again. In the end every job has
succeeded and every effect was applied once, or this exits with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
from celery import Celery

from tests.jobs.killing.harness import (
    DATABASE,
    LEASE_SECONDS,
    PostgresAndRedis,
    Supervisor,
    kill_group,
)

EFFECTS_PER_JOB = 3
POISON = 3


class RedisServer:
    """A Redis that keeps nothing, on a free port."""

    def __init__(self) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        for _ in range(100):
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("Redis does not start.")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Soak:
    def __init__(self, jobs: int, every: float, database_url: str, seed: int) -> None:
        self.jobs, self.every = jobs, every
        self.random = random.Random(seed)
        self.redis = RedisServer()
        self.folder = Path(tempfile.mkdtemp(prefix="soak-"))
        self.installation = PostgresAndRedis(self.folder, database_url, self.redis.url)
        self.supervisor = Supervisor(self.installation, workers=2, concurrency=3)
        self.blows: Counter[str] = Counter()
        self.next_blow = 0.0

    def run(self, minutes: float) -> dict[str, object]:
        self.installation.migrate()
        book = {"kind": "killing.book", "payload": {"pause": 0.25}}
        poison = {"kind": "killing.poison", "payload": {}}
        plan = [book] * self.jobs + [poison] * POISON
        self.random.shuffle(plan)
        self.installation.enqueue(plan)
        begun = time.monotonic()
        self.next_blow = begun + 5
        ended = self.supervisor.until(self.strike_and_look, seconds=minutes * 60)
        return self.report(time.monotonic() - begun, ended=ended)

    def strike_and_look(self) -> bool:
        if time.monotonic() >= self.next_blow:
            blow = self.random.choice(self.all_blows())
            self.blows[blow.__name__] += 1
            blow()
            self.next_blow = time.monotonic() + self.random.uniform(0.5, 1.5) * self.every
        return self.installation.live() == 0

    def all_blows(self) -> list[Callable[[], None]]:
        return [
            self.kill_child, self.kill_child, self.kill_worker, self.kill_worker,
            self.terminate_worker, self.flush_redis, self.restart_redis,
            self.cut_database_connections, self.deliver_again,
        ]  # fmt: skip

    def kill_child(self) -> None:
        worker = self.any_worker()
        found = subprocess.run(
            ["pgrep", "-P", str(worker.pid)], capture_output=True, text=True, check=False
        )
        children = found.stdout.split()
        if children:
            try:
                os.kill(int(self.random.choice(children)), signal.SIGKILL)
            except ProcessLookupError:
                return

    def kill_worker(self) -> None:
        kill_group(self.any_worker())

    def terminate_worker(self) -> None:
        self.any_worker().terminate()

    def flush_redis(self) -> None:
        self.installation.redis.flushall()

    def restart_redis(self) -> None:
        self.redis.stop()
        time.sleep(1)
        self.redis.start()

    def cut_database_connections(self) -> None:
        with psycopg.connect(self.installation.owner_url, autocommit=True) as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid()",
                [DATABASE],
            )

    def deliver_again(self) -> None:
        """Messages come three times, for whatever state their jobs are in."""
        rows = self.installation.query("SELECT id FROM jobs_job ORDER BY random() LIMIT 50")
        with Celery(broker=self.redis.url) as sender:
            for (job_id,) in rows * 3:
                sender.send_task("jobs.run_job", args=[str(job_id)], queue="default")

    def any_worker(self) -> subprocess.Popen[bytes]:
        return self.random.choice([worker for worker in self.supervisor.workers if worker])

    def report(self, seconds: float, *, ended: bool) -> dict[str, object]:
        query = self.installation.query
        effects = query("SELECT job_id, step, count(*) FROM killing_effect GROUP BY 1, 2")
        attempts = query("SELECT sum(attempt), max(attempt) FROM jobs_job")[0]
        states = self.installation.states()
        doubled = [row for row in effects if row[2] != 1]
        wanted = {"succeeded": self.jobs, "dead": POISON}
        return {
            "right": ended
            and states == wanted
            and not doubled
            and len(effects) == self.jobs * EFFECTS_PER_JOB,
            "seconds": round(seconds, 1),
            "states": states,
            "effects": len(effects),
            "doubled": len(doubled),
            "attempts": int(attempts[0]),
            "most attempts": int(attempts[1]),
            "worker restarts": self.supervisor.restarts,
            "blows": dict(self.blows),
            "lease seconds": LEASE_SECONDS,
        }

    def close(self) -> None:
        self.supervisor.stop()
        self.installation.remove()
        self.redis.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=20, help="Give up after so long.")
    parser.add_argument("--every", type=float, default=4, help="Seconds between two blows.")
    parser.add_argument("--seed", type=int, default=None, help="Repeat a run's choice of blows.")
    options = parser.parse_args()
    database_url = os.environ.get("TEST_DATABASE_URL")
    if not database_url:
        parser.error("TEST_DATABASE_URL must name PostgreSQL as a superuser.")
    seed = options.seed if options.seed is not None else random.randrange(2**32)
    soak = Soak(options.jobs, options.every, database_url, seed)
    try:
        report = soak.run(options.minutes)
    finally:
        soak.close()
    sys.stdout.write(json.dumps({"seed": seed, **report}, indent=2) + "\n")
    if report["right"]:
        shutil.rmtree(soak.folder)
        return 0
    sys.stdout.write(f"The workers' log is kept in {soak.folder}.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
