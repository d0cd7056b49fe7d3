"""Importing files: what is stored, what is refused, and what a second try does."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from jobs.models import Job, JobState
from mail_ingest.errors import MailConflict, MailFileError
from mail_ingest.imports import start_import
from mail_ingest.models import ConnectedAccount, Email, EmailState, MailImport, RawMessage
from mail_ingest.parsing import ParsedEmail
from mail_ingest.screening import ScreeningResult, screen
from mail_ingest.storage import load_raw
from tenancy.models import Tenant
from tests.mail_ingest.make import (
    make_maildir,
    make_mbox,
    make_message,
    make_messages,
    make_zip,
)
from tests.running import run_due_jobs

pytestmark = pytest.mark.usefixtures("in_tenant")


def imported(path: Path, *, is_own: bool = False, label: str = "") -> MailImport:
    mail_import = start_import(path, is_own=is_own, account_label=label)
    run_due_jobs()
    mail_import.refresh_from_db()
    return mail_import


def test_an_mbox_is_stored_message_by_message(tmp_path: Path) -> None:
    done = imported(make_mbox(tmp_path / "inbox", make_messages(250)))
    assert (done.stored_count, done.duplicate_count, done.quarantined_count) == (250, 0, 0)
    assert done.finished_at is not None
    email = Email.objects.get(subject="Card purchase 7")
    assert load_raw(email) == make_message(7)
    assert (email.from_address, email.from_name) == ("alerts@harbour.example", "Harbour Bank")
    assert email.sent_at is not None and email.sent_at.isoformat() == "2026-03-03T09:00:00+00:00"
    assert email.received_at == email.sent_at
    assert (email.trust, email.screening) == ("unverified", "possible")
    assert (tmp_path / "inbox").exists()


def test_importing_again_adds_nothing(tmp_path: Path) -> None:
    path = make_mbox(tmp_path / "inbox", make_messages(120))
    imported(path)
    again = imported(make_mbox(path, make_messages(130)))
    assert (again.stored_count, again.duplicate_count) == (10, 120)
    assert Email.objects.count() == RawMessage.objects.count() == 130
    account = ConnectedAccount.objects.get()
    assert (account.stored_count, account.duplicate_count) == (130, 120)


def test_other_kinds_of_file_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    first = make_maildir(tmp_path / "Maildir", make_messages(3))
    second = tmp_path / "one.txt"
    second.write_bytes(make_message(4))
    third = make_zip(tmp_path / "archive.bin", {"a/../../b": make_message(5)})
    for path in (first, second, third):
        imported(path)
    assert Email.objects.count() == 5


def test_a_separator_is_told_from_a_line_of_text(tmp_path: Path) -> None:
    body = make_message(1) + b"\nFrom here on it rains.\n\n>From the sea, too.\n"
    imported(make_mbox(tmp_path / "inbox", [body, make_message(2)]))
    assert Email.objects.count() == 2
    raw = load_raw(Email.objects.get(subject="Card purchase 1"))
    assert raw.endswith(b"\nFrom here on it rains.\n\nFrom the sea, too.\n")


def test_what_cannot_be_parsed_is_kept_in_quarantine(tmp_path: Path) -> None:
    broken = make_message(1, content_type="multipart/mixed; boundary=x") + b"--x\n\nhi\n" * 1000
    done = imported(make_mbox(tmp_path / "inbox", [broken, make_message(2)]))
    assert (done.stored_count, done.quarantined_count) == (2, 1)
    email = Email.objects.get(state=EmailState.QUARANTINED)
    assert email.problem == "The message has more than 200 parts."
    assert load_raw(email) == broken


def test_of_a_message_of_30_mb_the_head_is_kept(tmp_path: Path) -> None:
    done = imported(make_mbox(tmp_path / "inbox", [make_message(1) + b"x" * 30 * 2**20]))
    assert done.stored_count == 1
    email = Email.objects.get()
    assert (email.is_truncated, email.subject) == (True, "Card purchase 1")
    assert email.problem == (
        "The message is 30 MB, more than is kept: only its first 256 kB are stored."
    )
    assert 0 < 256 * 1024 - email.raw.size < 100


def test_nul_and_lone_surrogates_do_not_reach_the_database(tmp_path: Path) -> None:
    dirty = make_message(1, subject="Paid\x00 5 EUR =?utf-8?b?7aCA?=") + b"\x00 \xed\xa0\x80"
    imported(make_mbox(tmp_path / "inbox", [dirty]))
    email = Email.objects.get()
    assert email.subject.startswith("Paid 5 EUR")
    assert load_raw(email).count(b"\x00") == 2


def test_a_message_that_breaks_our_own_code_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(message: ParsedEmail) -> ScreeningResult:
        if message.subject == "Card purchase 2":
            raise RecursionError("deep")
        return screen(message)

    monkeypatch.setattr("mail_ingest.storage.screen", fail)
    done = imported(make_mbox(tmp_path / "inbox", make_messages(3)))
    assert (done.stored_count, done.quarantined_count) == (3, 1)
    assert "RecursionError" in Email.objects.get(state=EmailState.QUARANTINED).problem


def test_odd_file_names_lose_no_message(tmp_path: Path) -> None:
    maildir = make_maildir(tmp_path / "Maildir", [])
    deep = make_maildir(maildir / ("." + "x" * 200), [])
    for number, name in enumerate((b"a\xff:2,", b"a\xfe:2,", b"b" * 250, b"b" * 249 + b"c"), 1):
        (deep / "cur" / os.fsdecode(name)).write_bytes(make_message(number))
    assert imported(maildir).stored_count == 4
    assert imported(maildir).duplicate_count == 4


REFUSED = {
    "empty": (b"", "is empty"),
    "no mail": (b"%PDF-1.7\nhello", "is not mail"),
    "a gzip file": (b"\x1f\x8b\x08" + bytes(40), "is not mail"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_mail_is_refused_at_once(name: str, tmp_path: Path) -> None:
    content, reason = REFUSED[name]
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(MailFileError, match=reason):
        start_import(tmp_path / "file", is_own=False)
    assert not MailImport.objects.exists() and not Job.objects.exists()


def bomb() -> bytes:
    """3 kB that unpack to 3 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.eml", b"From: a@b.example\n\n" + bytes(3 * 2**20))
    return buffer.getvalue()


def nested_zip(folder: Path) -> bytes:
    inner = make_zip(folder / "inner", {"a.eml": make_message()}).read_bytes()
    return make_zip(folder / "outer", {"1.eml": make_message(), "2.eml": inner}).read_bytes()


def damaged_zip(folder: Path) -> bytes:
    whole = make_zip(folder / "whole", {"1.eml": make_message(1), "2.eml": make_message(2)})
    return whole.read_bytes().replace(b"You paid 2", b"You paid 3", 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda folder: bomb(), "unpacks to more than 100 times its size"),
        (nested_zip, "holds another archive"),
        (damaged_zip, "is damaged"),
        (lambda folder: b"PK\x03\x04" + bytes(100), "damaged"),
        (lambda folder: b"From nobody\nnor a header\n", "no header follows"),
    ],
    ids=["zip bomb", "zip in zip", "damaged zip", "cut zip", "malformed mbox"],
)
def test_a_bad_archive_changes_nothing_and_says_why(
    content: object, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content(tmp_path))  # type: ignore[operator]
    done = imported(path)
    assert reason in done.error
    assert done.finished_at is not None
    job = Job.objects.get()
    assert (job.state, job.error) == (JobState.FAILED, done.error)
    assert not Email.objects.exists() and not RawMessage.objects.exists()


def test_the_tenants_word_that_an_archive_is_its_own_is_recorded(tmp_path: Path) -> None:
    path = make_mbox(tmp_path / "inbox", make_messages(1))
    account = imported(path, is_own=True).account
    assert (account.label, account.is_own) == ("My archive", True)
    assert account.declared_own_at is not None
    other = imported(path).account
    assert (other.label, other.is_own) == ("Imported files", False)
    with pytest.raises(MailConflict, match="was declared your own"):
        start_import(path, is_own=False, account_label="My archive")


def test_the_command_does_what_an_upload_does(
    tmp_path: Path, tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_mbox(tmp_path / "inbox", make_messages(2))
    call_command("import_mail", str(path), tenant=tenant.name, own=True, account="Sample")
    assert "is enqueued" in capsys.readouterr().out
    run_due_jobs()
    assert Email.objects.filter(account__label="Sample", account__is_own=True).count() == 2
    for options, reason in (
        ({"tenant": "Nowhere"}, "There is no tenant “Nowhere”"),
        ({"tenant": str(tenant.id)}, "cannot be read"),
    ):
        with pytest.raises(CommandError, match=reason):
            call_command("import_mail", str(tmp_path / "missing"), **options)


def test_a_long_file_is_read_in_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mail_ingest.fetching.TURN_SECONDS", 0.0)
    done = imported(make_mbox(tmp_path / "inbox", make_messages(350)))
    assert done.stored_count == 350 and done.finished_at is not None
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 5


def test_a_killed_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.JOB_BACKOFF_SECONDS = 0
    calls = 0
    real = zipfile.ZipFile.open

    def fail_once(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 650:  # Within the second page: check comes first.
            raise MemoryError
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(zipfile.ZipFile, "open", fail_once)
    path = make_zip(tmp_path / "z", {f"{n}": m for n, m in enumerate(make_messages(250))})
    done = imported(path)
    run_due_jobs()
    done.refresh_from_db()
    assert (done.stored_count, done.duplicate_count) == (250, 0)
    assert Job.objects.get().attempt == 2
