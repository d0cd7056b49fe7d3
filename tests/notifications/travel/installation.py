"""The processes of an installation under one clock."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.jobs.killing.harness import DATABASE, PostgresAndRedis, Supervisor, kill_group
from tests.notifications.travel.clock import Clock
from tests.notifications.travel.mail_server import MailServer

# Beat looks every ten seconds, so a schedule may lag behind its slot.
IDLE = """
SELECT (SELECT count(*) FROM jobs_job WHERE state IN ('queued', 'running')
        OR (state = 'ready' AND run_after <= statement_timestamp()))
     + (SELECT count(*) FROM notifications_notification WHERE planned_at IS NULL
        AND cancelled_at IS NULL AND due_at <= statement_timestamp())
     + (SELECT count(*) FROM notifications_mailing WHERE state = 'waiting'
        AND send_at <= statement_timestamp()
        AND (retry_at IS NULL OR retry_at <= statement_timestamp()))
     + (SELECT count(*) FROM django_celery_beat_periodictask p
        JOIN django_celery_beat_intervalschedule i ON i.id = p.interval_id
        WHERE p.enabled AND coalesce(p.last_run_at, p.date_changed)
            < statement_timestamp() - (i.every + 40) * interval '1 second')
"""


class Travelling(PostgresAndRedis):
    """`url` names PostgreSQL as a superuser, `redis_url` a Redis of one's own."""

    runs = ("-m", "tests.notifications.travel.run")

    def __init__(self, folder: Path, url: str, redis_url: str, start: datetime) -> None:
        super().__init__(folder, url, redis_url)
        self.clock = Clock(folder, self.owner_url)
        self.mail = MailServer(self.clock.now)
        self.clock.install(DATABASE)
        self.clock.set(start)
        self.migrate()
        self.workers = Supervisor(self, workers=1, concurrency=2)
        self.beats: list[subprocess.Popen[bytes]] = []
        self.kills = 0
        self._teller: subprocess.Popen[str] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(
            **{
                **self.clock.environment(),
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "EMAIL_HOST": "127.0.0.1",
                "EMAIL_PORT": str(self.mail.port),
                "EMAIL_USE_TLS": "false",
                "DEFAULT_FROM_EMAIL": "Inledger <ledger@example.net>",
                "JOB_SOURCE_MILLISECONDS": "200",
                "JOB_LEASE_SECONDS": "8",
            }
            | more
        )

    def migrate(self) -> None:
        # By the real clock, which is quicker to read.
        arguments = ("-m", "django", "migrate", "-v0", "--skip-checks")
        self.python(*arguments, DATABASE_URL=self.owner_url, LD_PRELOAD="")

    def start(self) -> None:
        """One worker and two beats."""
        self.workers.tend()
        for number in range(2):
            with self.log.open("ab") as log:
                self.beats.append(
                    subprocess.Popen(
                        [sys.executable, *self.runs, "celery", "-A", "config", "beat",
                         "-l", "WARNING", "--max-interval", "1", "--pidfile", "",
                         "-s", str(self.folder / f"beat-{number}")],
                        env=self.environment(), stdout=log, stderr=log, start_new_session=True,
                    )
                )  # fmt: skip

    def stop(self) -> None:
        """At once, as when the power fails."""
        for beat in self.beats:
            kill_group(beat)
            beat.wait()
        self.beats.clear()
        self.workers.stop()
        self.workers.workers = [None]

    def kill_worker(self) -> None:
        self.kills += 1
        for worker in self.workers.workers:
            if worker is not None:
                kill_group(worker)
                worker.wait()

    def settle(self, seconds: float = 600) -> None:
        """Wait until nothing is due."""
        if not self.workers.until(self.is_idle, seconds):
            raise AssertionError(f"Not idle after {seconds} s at {self.clock.now()}: {self.log}")

    def is_idle(self) -> bool:
        assert all(beat.poll() is None for beat in self.beats), f"A beat died; see {self.log}"
        return bool(self.query(IDLE)[0][0] == 0)

    def wait_for(self, event: Callable[[], bool], seconds: float = 600) -> None:
        if not self.workers.until(event, seconds):
            raise AssertionError(f"It did not happen within {seconds} s; see {self.log}")

    def ask(self, verb: str, **arguments: Any) -> Any:
        """Have the teller do something."""
        if self._teller is None:
            self._teller = subprocess.Popen(
                [sys.executable, "-m", "tests.notifications.travel.teller"],
                env=self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        assert self._teller.stdin is not None
        assert self._teller.stdout is not None
        self._teller.stdin.write(json.dumps([verb, arguments]) + "\n")
        self._teller.stdin.flush()
        line = self._teller.stdout.readline()
        assert line, f"The teller died at {verb} {arguments}."
        return json.loads(line)

    def remove(self) -> None:
        self.stop()
        if self._teller is not None:
            self._teller.kill()
            self._teller.wait()
        self.mail.stop()
        super().remove()
