"""`make run`, as a person has it: the demo comes up, stops, and comes up again unchanged."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

pytestmark = [pytest.mark.sqlite, pytest.mark.xdist_group("serve")]


def serve(data: Path, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "DATA_DIR": str(data), "PORT": str(port), "WEB_CONCURRENCY": "1"}
    environment.pop("DATABASE_URL", None)
    return subprocess.Popen(
        [sys.executable, "-u", "manage.py", "serve", "--demo"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.fixture
def port() -> Iterator[int]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    yield number


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if text in line:
            return output
    raise AssertionError(output)


def counts(data: Path) -> list[int]:
    """Imports, stored messages, transactions."""
    tables = ("mail_ingest_mailimport", "mail_ingest_email", "finance_transaction")
    with closing(sqlite3.connect(data / "inledger.sqlite3")) as database:
        return [database.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables]  # noqa: S608


def wait_for_the_end_of_all_jobs(data: Path) -> None:
    deadline = time.monotonic() + 120
    with closing(sqlite3.connect(data / "inledger.sqlite3")) as database:
        live = "SELECT count(*) FROM jobs_job WHERE state IN ('ready', 'queued', 'running')"
        while database.execute(live).fetchone()[0]:
            assert time.monotonic() < deadline, "the jobs do not end"
            time.sleep(0.2)


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "All stopped" in output


def test_the_demo_comes_up_stops_and_comes_up_again_unchanged(tmp_path: Path, port: int) -> None:
    first = serve(tmp_path, port)
    try:
        greeting = read_until(first, "Stop with Ctrl-C")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            assert answer.status == 200
        wait_for_the_end_of_all_jobs(tmp_path)
        stop(first)
    finally:
        first.kill()
    then = counts(tmp_path)
    samples = (ROOT / "tests" / "samples" / "demo.txt").read_text(encoding="utf-8").splitlines()
    assert then[:2] == [1, sum(line.endswith(".eml") for line in samples)]
    assert then[2] > 0
    second = serve(tmp_path, port)
    try:
        assert login(read_until(second, "Stop with Ctrl-C")) == login(greeting)
        wait_for_the_end_of_all_jobs(tmp_path)
        stop(second)
    finally:
        second.kill()
    assert counts(tmp_path) == then


def login(greeting: str) -> list[str]:
    found = re.findall(r"(?:E-mail|Password): +(\S+)", greeting)
    assert len(found) == 2
    return found


def test_a_taken_port_is_named_and_nothing_starts(tmp_path: Path) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1]
        process = serve(tmp_path, number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Port {number} on 127.0.0.1 cannot be used" in output
    assert f"make run PORT={number + 1}" in output
    assert not (tmp_path / "inledger.sqlite3").exists()
