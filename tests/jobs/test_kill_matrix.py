"""Workers killed at every step: nothing is lost, nothing is applied twice, nothing is stuck.

Real worker processes on SQLite with the in-process broker and on PostgreSQL with Redis. Restarting
a worker takes seconds, so its whole tree is killed, and terminated, at the steps that matter most;
KILL_MATRIX=full does so at all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.killing.harness import (
    Installation,
    PostgresAndRedis,
    SqliteAndMemory,
    Supervisor,
)

CHILD_STEPS = (
    "before claim", "claimed", "before run", "in page", "after page", "in last effect",
    "after finish", "before failure", "after failure", "after run",
)  # fmt: skip
PARENT_STEPS = ("marking", "marked", "published")
RESTARTING = (
    ("claimed", "kill tree"), ("in last effect", "kill tree"), ("marked", "kill tree"),
    ("in page", "terminate"), ("published", "terminate"),
)  # fmt: skip


def matrix() -> list[tuple[str, str]]:
    """Every step with every way to strike there that it can be struck."""
    cases = [(step, how) for step in CHILD_STEPS for how in ("kill child", "raise")]
    cases += [(step, "raise") for step in PARENT_STEPS]
    if os.environ.get("KILL_MATRIX") != "full":
        return [*cases, *RESTARTING]
    return cases + [
        (step, how) for step in CHILD_STEPS + PARENT_STEPS for how in ("kill tree", "terminate")
    ]


@pytest.fixture(params=["sqlite and memory", pytest.param("services", marks=pytest.mark.services)])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    made = make_installation(request.param, tmp_path)
    yield made
    made.remove()


def make_installation(kind: str, folder: Path) -> Installation:
    if kind == "sqlite and memory":
        return SqliteAndMemory(folder)
    urls = [os.environ.get(name) for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL")]
    if not all(urls):
        pytest.skip("set TEST_DATABASE_URL and TEST_REDIS_URL")
    return PostgresAndRedis(folder, str(urls[0]), str(urls[1]))


@pytest.fixture
def supervisor(installation: Installation) -> Iterator[Supervisor]:
    installation.migrate()
    supervisor = Supervisor(installation, workers=1)
    yield supervisor
    supervisor.stop()


def test_every_step_survives_every_death(
    installation: Installation, supervisor: Supervisor
) -> None:
    cases = matrix()
    plan: list[dict[str, Any]] = [
        {
            "kind": "killing.book",
            "payload": {"step": step, "how": how, "fails_first": "failure" in step},
        }
        for step, how in cases
    ]
    installation.enqueue([*plan, {"kind": "killing.poison", "payload": {}}])

    ended = supervisor.until(lambda: installation.live() == 0, seconds=20 + 8 * len(cases))

    log = installation.log.read_text()
    assert ended, f"stuck: {installation.states()}\n{log[-5000:]}"
    assert len(list(installation.folder.glob("struck-*"))) == len(cases), "a fault did not strike"
    assert installation.states() == {"succeeded": len(cases), "dead": 1}
    applied = installation.query(
        "SELECT step, count(*), count(DISTINCT job_id) FROM killing_effect GROUP BY step"
    )
    assert sorted(applied) == [
        (step, len(cases), len(cases)) for step in ("last", "page 1", "page 2")
    ]
    late = installation.query("SELECT max(attempt) FROM jobs_job WHERE state = 'succeeded'")
    assert late[0][0] <= 4
