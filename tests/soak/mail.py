"""Mail jobs killed by -9 at every boundary of every source: `python -m tests.soak.mail`.

A real worker reads mailboxes of Dovecot and of the fake Gmail and Graph servers, and uploaded mbox
files, with leases and pauses as in production. The cases go in waves, each in an installation of
its own. In the end every message is stored, read and booked exactly once and every job ran again
within forty seconds, or this exits with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import django
from django.db import DatabaseError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from tests.jobs.killing.harness import (  # noqa: E402 - after the set-up
    Installation,
    PostgresAndRedis,
    SqliteAndMemory,
)
from tests.mail_ingest.killing.waves import RECOVERS_WITHIN, Case, Wave, all_cases  # noqa: E402
from tests.soak.jobs import RedisServer  # noqa: E402

WAYS = ("kill child", "kill tree", "storm")
WAVE_SECONDS = 300.0
AT_ONCE = {"kill child": 15, "kill tree": 1, "storm": 6}


def waves(how: str) -> Iterator[list[Case]]:
    """Cases to run at the same time. A worker's whole tree is killed once in a wave, so that the
    time until it is back can be told, at each step of the sources in turn; in a storm many times,
    at every step of every source."""
    cases = list(all_cases("kill child" if how == "kill child" else "kill tree"))
    if how != "kill child":
        cases = [case for case in cases if case.at == 2 or not _has_second(case, cases)]
        names = dict.fromkeys(case.source for case in cases)
        by_source = [[case for case in cases if case.source == name] for name in names]
        cases = [case for row in zip_longest(*by_source) for case in row if case is not None]
    if how == "kill tree":
        # Four sources for each step: the first, then the second …, each step with one of them.
        cases = cases[::5]
    for start in range(0, len(cases), AT_ONCE[how]):
        yield cases[start : start + AT_ONCE[how]]


def _has_second(case: Case, cases: list[Case]) -> bool:
    return any(
        (c.source, c.kind, c.step, c.at) == (case.source, case.kind, case.step, 2) for c in cases
    )


def run(installation: Installation, cases: list[Case], *, is_timed: bool) -> dict[str, object]:
    wave = Wave(installation, cases, WAVE_SECONDS)
    wrong: list[str] = []
    recoveries: dict[str, float] = {}
    try:
        wave.run()
        wrong += wave.wrong() + [f"lived: {case}" for case in wave.survivors()]
        recoveries = wave.recoveries()
    except (AssertionError, DatabaseError) as error:
        wrong.append(f"{type(error).__name__}: {error}")
    finally:
        installation.remove()
    limit = RECOVERS_WITHIN if is_timed else WAVE_SECONDS
    wrong += [f"{case}: {seconds:.1f} s" for case, seconds in recoveries.items() if seconds > limit]
    return {"cases": len(cases), "wrong": wrong, "seconds": [*recoveries.values()]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--how", choices=WAYS, action="append", help="Only this way to die.")
    parser.add_argument(
        "--sqlite", action="store_true", help="On SQLite, not TEST_DATABASE_URL and Redis."
    )
    options = parser.parse_args()
    url = os.environ.get("TEST_DATABASE_URL", "")
    if not url and not options.sqlite:
        parser.error("TEST_DATABASE_URL must name PostgreSQL as a superuser, or give --sqlite.")
    is_right = True
    redis = None if options.sqlite else RedisServer()
    try:
        for how in options.how or WAYS:
            done = []
            for cases in waves(how):
                folder = Path(tempfile.mkdtemp(prefix="soak-mail-"))
                on = PostgresAndRedis(folder, url, redis.url) if redis else SqliteAndMemory(folder)
                done.append(run(on, cases, is_timed=how != "storm"))
                sys.stdout.write(f"{how}: {json.dumps(done[-1])}\n")
                sys.stdout.flush()
                is_right = is_right and not done[-1]["wrong"]
            sys.stdout.write(f"{json.dumps({'how': how, **summary(done)})}\n")
    finally:
        if redis is not None:
            redis.stop()
    return 0 if is_right else 1


def summary(done: list[dict[str, object]]) -> dict[str, object]:
    seconds = [s for wave in done for s in wave["seconds"]] or [0.0]  # type: ignore[attr-defined]
    return {
        "cases": sum(int(str(wave["cases"])) for wave in done),
        "wrong": sum(len(wave["wrong"]) for wave in done),  # type: ignore[arg-type]
        "recovered after seconds": {
            "median": round(statistics.median(seconds), 1),
            "most": round(max(seconds), 1),
        },
    }


if __name__ == "__main__":
    sys.exit(main())
