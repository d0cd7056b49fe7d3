"""A database to measure on, and a clock that a busy machine does not fool."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tenancy.statistics import look_at_tables

P = ParamSpec("P")
R = TypeVar("R")


def make_schema() -> None:
    """Make the tables; from then on be the runtime role where there are roles."""
    role = settings.DATABASE_RUNTIME_ROLE
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"DO $$ BEGIN CREATE ROLE {role} LOGIN;"
                " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
    call_command("migrate", verbosity=0)
    act_as_runtime_role()


def act_as_runtime_role() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'SET ROLE "{settings.DATABASE_RUNTIME_ROLE}"')


def analyze() -> None:
    """Let the database learn what the tables hold, as autovacuum and the nightly clean-up do."""
    look_at_tables()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("ANALYZE")
        act_as_runtime_role()


def milliseconds(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The median of each, taken in turn, so that a busy moment of the machine hits all alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            taken.append((time.perf_counter() - started) * 1000)
    return [statistics.median(taken) for taken in times]


class Stopwatch:
    """Seconds of the wall's clock and of this process's CPU, summed by the name of a step."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def time(self, step: str, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work(*args, **kwargs)
        self.wall[step] = self.wall.get(step, 0.0) + time.perf_counter() - wall
        self.cpu[step] = self.cpu.get(step, 0.0) + time.process_time() - cpu
        return result

    def rate(self, count: int, *steps: str) -> dict[str, int]:
        """How many of `count` a second of either clock, over the steps (all, unless named)."""
        chosen = steps or tuple(self.wall)
        return {
            "per_second": round(count / sum(self.wall[step] for step in chosen)),
            "per_cpu_second": round(count / sum(self.cpu[step] for step in chosen)),
        }

    def shares(self) -> dict[str, float]:
        """The part of the wall's time that each step took."""
        whole = sum(self.wall.values())
        return {step: round(taken / whole, 3) for step, taken in self.wall.items()}


def tell(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
