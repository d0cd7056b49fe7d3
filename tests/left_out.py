"""Tests that need more than Python run where that is there; what was left out is named at the
end. With REQUIRE_SERVICES=1 (continuous integration) leaving anything out is a failure.

Markers: `postgresql` and `sqlite` need that database; `services` brings its own processes and
needs both TEST_DATABASE_URL and TEST_REDIS_URL; `browser`, `dovecot`, `hledger` and `faketime` need
those programs.
`make test` runs the suite once for each database, and each test in the run that fits it: what asks
no database runs once.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from typing import Any

import pytest

from tests.notifications.travel.clock import library

REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"
ON_POSTGRESQL = os.environ.get("DATABASE_URL", "").startswith("postgres")
BOTH_RUNS = bool(os.environ.get("TEST_DATABASE_URL"))


def missing(marker: str) -> str | None:
    """What this machine lacks for tests so marked, and how to add it."""
    match marker:
        case "postgresql" if not (ON_POSTGRESQL or BOTH_RUNS):
            return "PostgreSQL: set TEST_DATABASE_URL to a superuser's address"
        case "services" if not (BOTH_RUNS and os.environ.get("TEST_REDIS_URL")):
            return "PostgreSQL and Redis: set TEST_DATABASE_URL and TEST_REDIS_URL"
        case "browser" if not (shutil.which("chromium") or os.environ.get("CHROMIUM")):
            return "a browser: install Chromium"
        case "dovecot" if not shutil.which("dovecot"):
            return "an IMAP server: install dovecot-imapd"
        case "faketime" if library() is None:
            return "a clock to set: install libfaketime, or name it by LIBFAKETIME"
        case "hledger" if not shutil.which("hledger"):
            return "a peer that judges exports: install hledger"
    return None


def belongs_to_other_run(item: pytest.Item) -> bool:
    if ON_POSTGRESQL:
        named = any(item.get_closest_marker(name) for name in ("sqlite", "services", "browser"))
        return named or (BOTH_RUNS and not asks_a_database(item))
    return item.get_closest_marker("postgresql") is not None and BOTH_RUNS


def asks_a_database(item: pytest.Item) -> bool:
    """What asks none comes out alike whichever it is."""
    names = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or not names.isdisjoint(
        ("db", "transactional_db")
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here: list[pytest.Item] = []
    elsewhere: list[pytest.Item] = []
    for item in items:
        (elsewhere if belongs_to_other_run(item) else here).append(item)
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = here
    for item in items:
        for mark in list(item.iter_markers()):
            reason = missing(mark.name)
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.section("left out")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count:5} tests need {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if REQUIRED and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        reporter.write_line("REQUIRE_SERVICES=1, yet tests were left out.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


__all__ = ["pytest_collection_modifyitems", "pytest_sessionfinish", "pytest_terminal_summary"]
