"""Runs the processes of an installation on one machine: `manage.py serve`.

A child that dies is started again, after a pause that doubles; one that keeps dying ends them all.
SIGINT, SIGTERM and SIGHUP stop every child, politely first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

POLL_SECONDS = 0.2
GRACE_SECONDS = 30
STEADY_SECONDS = 60
MOST_DEATHS = 5
FIRST_PAUSE_SECONDS = 1.0

Say = Callable[[str], None]


@dataclass
class Child:
    """One process, and how often it died without a steady minute between."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    start_at: float = 0.0

    def start(self, environment: Mapping[str, str]) -> None:
        # A process group of its own: Ctrl-C in a terminal must reach the supervisor alone.
        self.process = subprocess.Popen(  # noqa: S603 - commands of our own
            self.command, env=dict(environment), process_group=0
        )
        self.started = time.monotonic()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def bury(self) -> int:
        """Note a death and when to start again. Returns the exit status."""
        assert self.process is not None
        status = self.process.returncode
        self.kill()  # whatever it had started itself
        steady = time.monotonic() - self.started > STEADY_SECONDS
        self.deaths = 1 if steady else self.deaths + 1
        self.start_at = time.monotonic() + FIRST_PAUSE_SECONDS * 2 ** (self.deaths - 1)
        self.process = None
        return status

    def terminate(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@dataclass
class Supervisor:
    """Keeps `children` running until told to stop. `ready` is called until it returns True, then
    `announce` once."""

    children: list[Child]
    environment: Mapping[str, str]
    say: Say
    ready: Callable[[], bool]
    announce: Callable[[], None]
    stopping: bool = field(default=False, init=False)

    def run(self) -> bool:
        """Blocks. Returns whether it ended because it was told to."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        announced = False
        try:
            while not self.stopping:
                if not self._tend():
                    return False
                if not announced and self.ready():
                    announced = True
                    self.announce()
                time.sleep(POLL_SECONDS)
        finally:
            self._stop_all()
        return True

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _tend(self) -> bool:
        """Start what is due. Returns False when a child died too often."""
        for child in self.children:
            if child.has_died():
                status = child.bury()
                if child.deaths >= MOST_DEATHS:
                    self.say(f"{child.name} ended {child.deaths} times in a row: giving up.")
                    return False
                self.say(f"{child.name} ended ({describe(status)}); starting it again.")
            if child.process is None and time.monotonic() >= child.start_at:
                child.start(self.environment)
        return True

    def _stop_all(self) -> None:
        self.say("Stopping.")
        for child in self.children:
            child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children:
            if child.process is not None:
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, deadline - time.monotonic()))
                child.kill()
                child.process.wait()


def describe(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
