"""Days under one clock, with what goes wrong on the way."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.notifications.travel.installation import Travelling
from tests.notifications.travel.judge import Judge
from tests.notifications.travel.story import Story
from tests.soak.jobs import RedisServer


@dataclass(frozen=True, slots=True)
class Journey:
    """`outage`: on which day all processes die, and for how many days none runs. `kills`: on which
    days the worker is killed while the mail server has a message and has not answered."""

    start: datetime
    days: int
    step: timedelta
    outage: tuple[int, int]
    kills: tuple[int, ...]
    seed: int = 1

    def moments(self) -> Iterator[datetime]:
        moment = self.start
        while moment < self.start + timedelta(days=self.days):
            moment += self.step
            yield moment


def travel(
    journey: Journey, database_url: str, say: Callable[[str], None] = lambda text: None
) -> dict[str, object]:
    """The verdict; no faults if all is well. The processes' log is kept where there are some."""
    folder = Path(tempfile.mkdtemp(prefix="inledger-travel-"))
    with redis_server() as redis_url:
        installation = Travelling(folder, database_url, redis_url, journey.start)
        try:
            verdict = _travel(journey, installation, say)
        finally:
            installation.remove()
    if verdict["faults"]:
        verdict["log"] = str(folder)
    else:
        shutil.rmtree(folder)
    return verdict


def _travel(
    journey: Journey, installation: Travelling, say: Callable[[str], None]
) -> dict[str, object]:
    story = Story(installation, journey.seed)
    story.begin()
    installation.start()
    outage = [journey.start + timedelta(days=day) for day in _from_to(journey.outage)]
    kills = [journey.start + timedelta(days=day) for day in sorted(journey.kills)]
    is_down = False
    for moment in journey.moments():
        if is_down and moment > outage[1]:
            installation.start()
            is_down = False
        if kills and moment > kills[0] and not is_down:
            kills.pop(0)
            installation.mail.stall()
        installation.clock.set(moment)
        story.turn(moment)
        if not is_down and outage[0] < moment <= outage[1]:
            installation.stop()
            is_down = True
        if is_down:
            continue
        _arrive(installation)
        say(f"{moment:%Y-%m-%d %H:%M} {len(installation.mail.received)} mails")
    # What waits for a digest or for a repeat is not judged.
    end = moment - timedelta(days=1)
    judge = Judge(story, journey.step, [(outage[0], outage[1] + journey.step)], end)
    return {**judge.verdict(installation.mail.received), "kills": installation.kills}


def _arrive(installation: Travelling) -> None:
    """Until nothing is due; if the mail server stalls, the worker dies over it first."""
    server = installation.mail
    installation.wait_for(lambda: server.is_stalled.is_set() or installation.is_idle())
    if server.is_stalled.is_set():
        installation.kill_worker()
        server.is_stalled.clear()
        server.go_on()
    installation.settle()


def _from_to(outage: tuple[int, int]) -> tuple[int, int]:
    return outage[0], outage[0] + outage[1]


@contextmanager
def redis_server() -> Iterator[str]:
    server = RedisServer()
    try:
        yield server.url
    finally:
        server.stop()
