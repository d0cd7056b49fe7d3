"""Five thousand messages, each stored exactly once, from a real IMAP server that cuts connections,
delivers twice and forgets its UIDs, and from files that are read by many jobs. Gmail and Outlook:
see test_cloud_mailboxes.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from jobs.models import Job, JobState
from mail_ingest.connecting import fetch_now
from mail_ingest.imports import start_import
from mail_ingest.models import AccountState, ConnectedAccount, Email, MailImport, RawMessage
from tests.fakes.dovecot import Dovecot
from tests.fakes.fault_proxy import FaultProxy
from tests.mail_ingest.make import (
    make_mailbox,
    make_maildir,
    make_mbox,
    make_message,
    make_messages,
    make_tar_gz,
    make_zip,
)
from tests.running import run_due_jobs

pytestmark = pytest.mark.usefixtures("in_tenant")

MANY = 5_000
# Every 25th is delivered a second time, some of them to another folder.
AGAIN = make_messages(MANY)[::25]
# Connections that break, each after enough bytes for several pages and inside of one.
CUTS, CUT_AFTER = 9, 450_000
LABELS = b"X-GM-THRID: 1779\r\nX-Gmail-Labels: Inbox,Opened\r\n"
# Pages of 100, with what was delivered twice; a job may end with a page and nothing more to read.
MOST_JOBS = 60


def numbers() -> list[int]:
    return sorted(int(s.split()[-1]) for s in Email.objects.values_list("subject", flat=True))


def attempt(account: ConnectedAccount) -> bool:
    """One attempt at reading what is new. Whether it came to the end."""
    job = fetch_now(account)
    Job.objects.filter(state=JobState.READY).update(run_after=timezone.now() - timedelta(seconds=1))
    run_due_jobs(limit=1)
    job.refresh_from_db()
    account.refresh_from_db()
    return bool(job.state == JobState.SUCCEEDED)


def read_all(account: ConnectedAccount) -> int:
    """Attempts until one comes to the end. Returns how many failed before."""
    for failed in range(2 * CUTS):
        if attempt(account):
            return failed
    raise AssertionError(f"never came to the end: {account.last_error}")


@pytest.mark.dovecot
def test_from_imap_whatever_the_server_does(server: Dovecot, settings: LazySettings) -> None:
    settings.JOB_BACKOFF_SECONDS = 0
    server.deliver(make_messages(MANY))
    server.deliver(AGAIN[:100])
    server.deliver(AGAIN[100:], folder="Bank")
    with FaultProxy(server.port, cut_after=CUT_AFTER, cuts=CUTS) as proxy:
        account = make_mailbox(server, port=proxy.port, folders=["INBOX", "Bank"])
        assert not attempt(account), "nothing was cut"
        # The server numbers deliveries as it likes: some may have come twice already.
        before, twice = Email.objects.count(), account.duplicate_count
        # Only the inbox is numbered anew: what was read from the other folder is not read again.
        only_once = Email.objects.filter(folder="Bank").count()
        assert 0 < before < MANY
        server.change_uidvalidity()
        assert read_all(account) >= 3, "too few were cut to prove anything"
    assert numbers() == list(range(1, MANY + 1))
    assert RawMessage.objects.count() == account.stored_count == MANY
    known = account.duplicate_count - twice
    # What had come twice before came from the inbox, which is read again, or from the other folder.
    expected = before + len(AGAIN) - only_once
    assert expected - twice <= known <= expected, "what was read again was not recognised"
    assert (account.state, account.last_error) == (AccountState.ACTIVE, "")


@pytest.mark.dovecot
def test_from_imap_nothing_is_new_until_something_comes(server: Dovecot) -> None:
    server.deliver(make_messages(MANY))
    account = make_mailbox(server)
    assert read_all(account) == 0
    assert attempt(account) and account.stored_count == MANY
    server.deliver([make_message(MANY + 1)])
    assert attempt(account)
    assert numbers() == list(range(1, MANY + 2))
    assert account.duplicate_count == 0


def zipped(path: Path, messages: Iterable[bytes]) -> Path:
    return make_zip(path, {f"mail/{n}.eml": message for n, message in enumerate(messages)})


def taken_out(path: Path, messages: Iterable[bytes]) -> Path:
    """As Google Takeout packs them, with a folder's labels on each."""
    mbox = make_mbox(path.with_suffix(".mbox"), [LABELS + message for message in messages])
    name = "Takeout/Mail/All mail Including Spam and Trash.mbox"
    return make_tar_gz(path, {name: mbox.read_bytes()})


FILES: dict[str, Callable[[Path, Iterable[bytes]], Path]] = {
    "mbox": make_mbox, "maildir": make_maildir, "zip": zipped, "takeout": taken_out,
}  # fmt: skip


def imported(path: Path) -> MailImport:
    mail_import = start_import(path, is_own=False)
    run_due_jobs(limit=MOST_JOBS)
    mail_import.refresh_from_db()
    assert mail_import.finished_at is not None, mail_import.error
    return mail_import


# What is read first, and what brings the same messages again.
PAIRS = [("mbox", "maildir"), ("maildir", "zip"), ("zip", "takeout"), ("takeout", "mbox")]


@pytest.mark.sqlite
@pytest.mark.parametrize(("kind", "other"), PAIRS)
def test_from_a_file_in_as_many_turns_as_it_has_pages(
    kind: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail_ingest.fetching.TURN_SECONDS", 0)
    done = imported(FILES[kind](tmp_path / "first", make_messages(MANY) + AGAIN))
    assert numbers() == list(range(1, MANY + 1))
    assert (done.stored_count, done.duplicate_count) == (MANY, len(AGAIN))
    assert Job.objects.count() > MANY // 100, "it was read in one go"
    again = imported(FILES[other](tmp_path / "again", make_messages(MANY)))
    assert (again.stored_count, again.duplicate_count) == (0, MANY)
    assert Email.objects.count() == RawMessage.objects.count() == MANY
