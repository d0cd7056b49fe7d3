"""The supervisor of `manage.py serve`, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from pathlib import Path
from config import supervisor

supervisor.POLL_SECONDS = 0.02
supervisor.GRACE_SECONDS = 1
supervisor.FIRST_PAUSE_SECONDS = 0.02
folder = Path(sys.argv[1])

def say(text):
    print(text, flush=True)

def said(path):
    return path.read_text() != ""

def command(name):
    return [sys.executable, "-c", {code!r}, str(folder / name)]

done = supervisor.Supervisor(
    [supervisor.Child(name, command(name)) for name in ("first", "second")],
    dict(os.environ), say, lambda: sum(map(said, folder.iterdir())) == 2, lambda: say("ready"),
).run()
sys.exit(0 if done else 1)
"""
STEADY = """
    import os, sys, time
    open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
    time.sleep(600)
"""
STUBBORN = """
    import os, signal, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
    time.sleep(600)
"""
SHORT_LIVED = """
    import os, sys
    open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
    sys.exit(3)
"""


@contextmanager
def supervised(code: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    program = PROGRAM.format(code=textwrap.dedent(code))
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        # It ends its children, which hold the pipe that is read to its end here.
        process.terminate()
        process.communicate(timeout=30)


def pids(folder: Path) -> list[int]:
    return [int(line) for path in folder.iterdir() for line in path.read_text().split()]


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if text in line:
            return lines
    raise AssertionError(lines)


def alive(folder: Path) -> list[int]:
    return [pid for pid in pids(folder) if Path(f"/proc/{pid}").exists()]


linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux: looks into /proc")


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_all_when_told(tmp_path: Path, number: signal.Signals) -> None:
    with supervised(STEADY, tmp_path) as process:
        read_until(process, "ready")
        assert len(alive(tmp_path)) == 2
        process.send_signal(number)
        assert process.wait(10) == 0
        assert alive(tmp_path) == []


@linux
def test_it_kills_what_does_not_stop(tmp_path: Path) -> None:
    with supervised(STUBBORN, tmp_path) as process:
        read_until(process, "ready")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert alive(tmp_path) == []


@linux
def test_it_starts_again_what_was_killed(tmp_path: Path) -> None:
    with supervised(STEADY, tmp_path) as process:
        read_until(process, "ready")
        [first] = map(int, (tmp_path / "first").read_text().split())
        os.kill(first, signal.SIGKILL)
        assert read_until(process, "first ended (signal 9)")
        while len((tmp_path / "first").read_text().split()) < 2:
            assert process.poll() is None
        assert first not in alive(tmp_path)
        assert len(alive(tmp_path)) == 2


@linux
def test_it_gives_up_on_what_keeps_dying_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with supervised(SHORT_LIVED, tmp_path) as process:
        read_until(process, "5 times in a row: giving up")
        assert process.wait(10) == 1
        assert alive(tmp_path) == []
