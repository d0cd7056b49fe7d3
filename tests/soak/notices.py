"""A month of notices in some minutes: `python -m tests.soak.notices` (see --help).

A worker, two beats, PostgreSQL, Redis and a mail server under one simulated clock, over the nights
in which Europe's and America's clocks change. For three days nothing runs; the
worker is killed while the mail server has a message and has not answered. In the end everybody
was told what they should be, once, or this exits with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime, timedelta

from tests.notifications.travel.clock import library
from tests.notifications.travel.journey import Journey, travel

# Berlin's clocks change on 25 October, New York's on 1 November.
START = datetime(2026, 10, 7, tzinfo=UTC)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--hours", type=int, default=4, help="How far the clock is set at a time.")
    parser.add_argument("--start", type=datetime.fromisoformat, default=START)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    database_url = os.environ.get("TEST_DATABASE_URL")
    if not database_url:
        parser.error("TEST_DATABASE_URL must name PostgreSQL as a superuser.")
    if library() is None:
        parser.error("Install libfaketime, or name it by LIBFAKETIME.")
    journey = Journey(
        options.start,
        options.days,
        timedelta(hours=options.hours),
        outage=(options.days // 3, 3),
        kills=(2, options.days // 2, options.days // 2 + 1, options.days - 4),
        seed=options.seed,
    )
    verdict = travel(journey, database_url, say=say)
    sys.stdout.write(json.dumps(verdict, indent=2) + "\n")
    return 1 if verdict["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
