"""One installation, its sources, and cases of death that it goes through at the same time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.fakes.dovecot import PASSWORD, Dovecot
from tests.fakes.gmail import fake_gmail
from tests.fakes.graph import fake_graph
from tests.jobs.killing.harness import Installation, Supervisor
from tests.mail_ingest.killing.faults import (
    EXTRACT_STEPS,
    PAGE_STEPS,
    READ_STEPS,
    case_file,
)
from tests.mail_ingest.make import make_mbox, make_messages

MESSAGES = 120
FETCH, IMPORT = "mail_ingest.fetch_account", "mail_ingest.import_file"
EXTRACT = "extraction.extract_emails"
SOURCES = ("imap", "gmail", "outlook", "mbox")
RECOVERS_WITHIN = 40.0
# What the nightly job does.
SWEEP = "import django; django.setup(); from mail_ingest import upload_files as u; u.sweep_all()"


@dataclass(frozen=True)
class Case:
    """A job of the kind dies at a step, when it comes there for the `at`-th time. With the step ""
    it lives."""

    source: str
    step: str = ""
    kind: str = FETCH
    how: str = "kill child"
    at: int = 1

    @property
    def comes_again(self) -> bool:
        """Whether there is work left to be done: not once the job has succeeded."""
        return self.step not in ("", "finished")

    def __str__(self) -> str:
        return f"{self.source} {self.kind}: {self.how}, {self.step or 'never'} ({self.at})"


def reading(source: str, step: str, how: str = "kill child", at: int = 1) -> Case:
    return Case(source, step, IMPORT if source == "mbox" else FETCH, how, at)


def all_cases(how: str) -> Iterator[Case]:
    """Every boundary of every source, on the first and the second page, and of extraction."""
    for source in SOURCES:
        for step in READ_STEPS:
            for at in (1, 2) if step in PAGE_STEPS else (1,):
                yield reading(source, step, how, at)
    for step in EXTRACT_STEPS:
        yield Case("mbox", step, EXTRACT, how)


@contextmanager
def sources(installation: Installation, cases: Sequence[Case]) -> Iterator[dict[str, object]]:
    """The servers and the file that cases read, and what `enqueue` needs to know of them."""
    messages = make_messages(MESSAGES)
    with ExitStack() as running:
        server = running.enter_context(Dovecot())
        google, microsoft = running.enter_context(fake_gmail()), running.enter_context(fake_graph())
        google.deliver(messages)
        microsoft.deliver(messages)
        for number, case in enumerate(cases):
            if case.source == "imap":
                server.deliver(messages, user=user_of(number))
        installation.variables = {
            "DJANGO_SETTINGS_MODULE": "tests.mail_ingest.killing.settings",
            "MAIL_ALLOWED_PRIVATE_HOSTS": "localhost",
            "GOOGLE_CLIENT_ID": "client", "GOOGLE_CLIENT_SECRET": "secret",
            "GOOGLE_TOKEN_URL": f"{google.base}/token", "GMAIL_ENDPOINT": google.base,
            "MICROSOFT_CLIENT_ID": "client", "MICROSOFT_CLIENT_SECRET": "secret",
            "MICROSOFT_TOKEN_URL": f"{microsoft.base}/token",
            "GRAPH_ENDPOINT": f"{microsoft.base}/v1.0",
            # Keeping the providers' quotas is tested elsewhere; here it would only take time.
            "GMAIL_UNITS_PER_MINUTE": "1000000000", "GRAPH_REQUESTS_PER_MINUTE": "1000000000",
        }  # fmt: skip
        yield {
            "mbox": str(make_mbox(installation.folder / "mbox", messages)),
            "imap": {
                "host": "localhost", "port": server.port, "password": PASSWORD,
                "ca_certificate": server.certificate,
            },
            "cases": [
                {**asdict(case), "user": user_of(number)} for number, case in enumerate(cases)
            ],
        }  # fmt: skip


def user_of(number: int) -> str:
    return f"user{number}@example.org"


class Wave:
    """Runs cases to their end; afterwards it can be asked what came of them."""

    def __init__(self, installation: Installation, cases: Sequence[Case], seconds: float) -> None:
        self.installation, self.seconds = installation, seconds
        self.cases = [*cases, Case("mbox")]  # one that nothing happens to, to compare with

    def run(self) -> None:
        """Raises AssertionError when it does not come to its end."""
        with sources(self.installation, self.cases) as plan:
            self.installation.migrate()
            self.installation.python("-m", "tests.mail_ingest.killing.enqueue", stdin=plan)
            supervisor = Supervisor(self.installation, workers=1)
            try:
                ended = supervisor.until(self.is_over, self.seconds)
            finally:
                supervisor.stop()
            self.installation.python("-c", SWEEP)
        assert ended, f"stuck: {self.installation.states()} {self.wrong()}\n{self.log()}"

    def is_over(self) -> bool:
        """Whether everything is read, or a job was given up, and nothing is under way."""
        read = self.installation.query("SELECT count(*) FROM extraction_emailextraction")[0][0]
        states = self.installation.states()
        is_all = read >= MESSAGES * len(self.cases) or "failed" in states or "dead" in states
        return is_all and self.installation.live() == 0

    def log(self) -> str:
        return self.installation.log.read_text()[-8000:]

    def survivors(self) -> list[str]:
        """The cases whose death did not come, as text."""
        return [str(case) for case, tenant in self._tenants() if case.step and not self._at(tenant)]

    def wrong(self) -> list[str]:
        """What is not there exactly once, of all cases: messages, their bytes, readings, what the
        ledger made of them; or is there no more. Empty when all is well."""
        query, expected = self.installation.query, {}
        for name, sql in COUNTS.items():
            expected[name] = {_uuid(row[0]): row[1:] for row in query(sql)}
        [(_, control)] = [pair for pair in self._tenants() if not pair[0].step]
        faults = [f"left behind: {path}" for path in self._uploads()]
        for case, tenant in self._tenants():
            for name, rows in expected.items():
                if rows.get(tenant) != rows.get(control):
                    faults.append(f"{case}: {name} {rows.get(tenant)}, not {rows.get(control)}")
        once = (MESSAGES,) * 3
        if expected["messages"].get(control) != once or expected["counted"].get(control) != (
            MESSAGES, 0, 0,
        ):  # fmt: skip
            faults.append(f"even without a death: {expected}")
        return faults

    def recoveries(self) -> dict[str, float]:
        """Seconds from each death to the job running again."""
        seconds = {}
        for case, tenant in self._tenants():
            if case.comes_again:
                begun = self._at(tenant, "again")
                seconds[str(case)] = begun - self._at(tenant) if begun else float("inf")
        return seconds

    def _uploads(self) -> list[Path]:
        return list((self.installation.folder / "uploads").glob("*/*"))

    def _tenants(self) -> list[tuple[Case, str]]:
        rows = self.installation.query("SELECT id, name FROM tenancy_tenant")
        return [(self.cases[int(name)], _uuid(tenant)) for tenant, name in rows]

    def _at(self, tenant: str, what: str = "struck") -> float:
        path = case_file(self.installation.folder, tenant, what)
        return float(json.loads(path.read_text())["at"]) if path.exists() else 0.0


def _uuid(value: object) -> str:
    """SQLite keeps 32 digits, PostgreSQL gives a UUID."""
    digits = str(value).replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


# By tenant; equal for every case when each message was stored, read and booked exactly once.
COUNTS = {
    "messages": "SELECT tenant_id, count(*), count(DISTINCT ref), count(DISTINCT subject)"
    " FROM mail_ingest_email GROUP BY 1",
    "bytes": "SELECT tenant_id, count(*), count(DISTINCT identity) FROM mail_ingest_rawmessage"
    " GROUP BY 1",
    "counted": "SELECT tenant_id, sum(stored_count), sum(duplicate_count), sum(quarantined_count)"
    " FROM mail_ingest_connectedaccount GROUP BY 1",
    "readings": "SELECT tenant_id, count(*), count(DISTINCT email_id)"
    " FROM extraction_emailextraction GROUP BY 1",
    "transactions": "SELECT tenant_id, count(*), count(DISTINCT source_id)"
    " FROM finance_transaction GROUP BY 1",
    "questions": "SELECT tenant_id, count(*), count(DISTINCT source_id)"
    " FROM finance_reviewitem GROUP BY 1",
}
