"""Mail jobs killed by -9 in the middle: everything is stored and booked exactly once, nothing is
lost, and the job runs again within forty seconds, with leases and pauses as in production.

A few boundaries of each source; `make soak` goes through all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jobs.killing.harness import SqliteAndMemory
from tests.mail_ingest.killing.waves import EXTRACT, RECOVERS_WITHIN, Case, Wave, reading

CASES = [
    reading("imap", "fetching", at=2),
    reading("gmail", "fetched", at=2),
    reading("outlook", "cursor saved", at=2),
    reading("mbox", "page committed", at=1),
    Case("mbox", "recorded", EXTRACT),
]


@pytest.mark.dovecot
@pytest.mark.sqlite
def test_a_killed_mail_job_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    wave = Wave(SqliteAndMemory(tmp_path), CASES, seconds=100)
    wave.run()
    assert wave.survivors() == []
    assert wave.wrong() == []
    assert max(wave.recoveries().values()) <= RECOVERS_WITHIN, wave.recoveries()
