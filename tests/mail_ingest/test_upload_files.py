"""Files that people upload: there no longer than needed, and plain words where there is no room."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.full_disk import DiskFull, is_disk_full
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from mail_ingest.connecting import fetch_now
from mail_ingest.errors import UploadDiskFull
from mail_ingest.imports import import_upload
from mail_ingest.models import ConnectedAccount, Email, MailImport
from mail_ingest.upload_files import GRACE_SECONDS, IMPORT_FILE, SweepUploads, uploads_folder
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.fakes.dovecot import Dovecot
from tests.fakes.small_disk import small_disk
from tests.mail_ingest.make import make_mailbox, make_message, make_messages
from tests.running import run_due_jobs

FULL = "The disk of this Inledger is full"


@pytest.fixture(autouse=True)
def data_dir(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "tmp")
    (tmp_path / "tmp").mkdir()
    return tmp_path


def mbox(count: int, size: int = 0) -> SimpleUploadedFile:
    lines = b"".join(
        b"From a@b.example Tue Mar  3 10:00:00 2026\n%b%b\n\n"
        % (message, os.urandom(size).hex().encode())
        for message in make_messages(count)
    )
    return SimpleUploadedFile("inbox.mbox", lines)


def uploaded(count: int = 1) -> Path:
    return Path(import_upload(mbox(count), is_own=False).path)


def grow_old(path: Path, seconds: float = GRACE_SECONDS + 60) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def sweep() -> None:
    JobRunner.enqueue(SweepUploads.kind, tenant_id=None)
    with all_tenants("a test sweeps"):
        JobRunner.enqueue(SweepUploads.kind)
    run_due_jobs()


# --- No room -------------------------------------------------------------------------------------


def test_a_full_disk_keeps_nothing_of_an_upload(
    in_tenant: Tenant, settings: LazySettings, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 256) as disk:
        settings.DATA_DIR = disk
        with pytest.raises(UploadDiskFull, match=FULL):
            import_upload(mbox(3, size=100_000), is_own=False)
        assert list(uploads_folder().iterdir()) == []
    assert not MailImport.objects.exists() and not Job.objects.exists()


@pytest.fixture
def unlogged() -> Iterator[None]:
    """Records of errors would hold on to the request, and to the file that it has open on the disk
    that is taken away."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def asked(client: Client, address: str, **more: Any) -> tuple[int, str, bytes]:
    """Status, media type and content of the answer to an upload of 600 kB."""
    answer = client.post(address, {"file": mbox(3, size=100_000)}, **more)
    return answer.status_code, answer.headers["Content-Type"], answer.content


@pytest.mark.parametrize("place", ["where it is kept", "where it arrives"])
def test_the_api_says_that_the_disk_is_full(
    place: str, api: APIClient, settings: LazySettings, tmp_path: Path, unlogged: None
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    with small_disk(tmp_path / "disk", 256) as disk:
        if place == "where it is kept":
            settings.DATA_DIR = disk
        else:
            settings.FILE_UPLOAD_TEMP_DIR = str(disk)
        status, media_type, content = asked(api, "/api/v1/mail-imports", format="multipart")
    assert (status, media_type) == (507, "application/problem+json")
    problem = json.loads(content)
    assert problem["code"] == "disk_full" and problem["detail"].startswith(FULL)


def test_the_page_says_that_the_disk_is_full(
    api: APIClient, settings: LazySettings, tmp_path: Path, unlogged: None
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    client = Client(raise_request_exception=False)
    client.cookies = api.cookies
    with small_disk(tmp_path / "disk", 256) as disk:
        settings.FILE_UPLOAD_TEMP_DIR = str(disk)
        status, _, content = asked(client, "/connected-accounts/upload/")
    assert status == 507 and b"The disk is full" in content


@contextmanager
def no_room_in_the_database() -> Iterator[None]:
    """SQLite refuses to grow much, as it does when its disk is full."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # nor is there room where earlier tests have deleted
        cursor.execute("PRAGMA max_page_count")
        largest = cursor.fetchone()[0]
        cursor.execute("PRAGMA page_count")
        # Enough for rows of jobs, not for mail.
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + 40}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {largest}")


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_an_import_waits_until_there_is_room(in_tenant: Tenant) -> None:
    mail_import = import_upload(mbox(40, size=15_000), is_own=False)
    job = Job.objects.get()
    for _ in range(job.max_attempts + 2):
        with no_room_in_the_database():
            run_due_jobs()
        job.refresh_from_db()
        assert (job.state, job.error[: len(FULL)]) == (JobState.READY, FULL)
        assert timedelta(minutes=4) < job.run_after - timezone.now() < timedelta(minutes=6)
        mail_import.refresh_from_db()
        assert mail_import.error == job.error and Path(mail_import.path).exists()
        Job.objects.update(run_after=timezone.now())
    run_due_jobs()
    mail_import.refresh_from_db()
    assert (mail_import.stored_count, mail_import.error) == (40, "")
    assert Email.objects.count() == 40 and not Path(mail_import.path).exists()


@pytest.mark.dovecot
@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_mailbox_says_that_the_disk_is_full(in_tenant: Tenant, server: Dovecot) -> None:
    server.deliver([make_message(n) + os.urandom(40_000).hex().encode() for n in range(20)])
    account = make_mailbox(server)
    fetch_now(account)
    with no_room_in_the_database():
        run_due_jobs()
    account.refresh_from_db()
    assert account.last_error.startswith(FULL) and account.state == "active"
    Job.objects.update(run_after=timezone.now())
    run_due_jobs()
    account.refresh_from_db()
    assert (account.stored_count, account.last_error) == (20, "")


@pytest.mark.postgresql
def test_a_full_disk_of_postgresql_is_known(db: None) -> None:
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$")
    assert is_disk_full(caught.value)
    assert not is_disk_full(OperationalError("the connection is lost"))
    assert DiskFull().after_seconds == 300


# --- No longer than needed -----------------------------------------------------------------------


def test_what_a_killed_worker_left_behind_goes_with_the_next_import(in_tenant: Tenant) -> None:
    left = uploaded()
    content = left.read_bytes()
    run_due_jobs()
    assert not left.exists()
    left.write_bytes(content)  # killed after success, before the file was removed
    uploaded(2)
    run_due_jobs()
    assert list(uploads_folder().iterdir()) == []


def test_every_night_uploads_without_a_job_are_removed(
    in_tenant: Tenant, stranger: Tenant, data_dir: Path
) -> None:
    with tenant_scope(stranger.id):
        orphan, fresh = uploads_folder() / "orphan", uploads_folder() / "fresh"
    for path in (orphan, fresh, half := data_dir / "tmp" / "a.upload.mbox"):
        path.write_bytes(b"From somebody")
    waiting, dead, lately = uploaded(1), uploaded(2), uploaded(3)
    long_ago = timezone.now() - timedelta(seconds=GRACE_SECONDS + 60)
    for path, ended in ((dead, long_ago), (lately, timezone.now())):
        subject = str(MailImport.objects.get(path=str(path)).pk)
        Job.objects.filter(subject=subject).update(state=JobState.DEAD, finished_at=ended)
    Job.objects.filter(subject=str(MailImport.objects.get(path=str(waiting)).pk)).update(
        run_after=timezone.now() + timedelta(days=30)
    )
    for path in (orphan, half, waiting, dead, lately):
        grow_old(path)
    sweep()
    there = {path.name for path in data_dir.rglob("*") if path.is_file()}
    assert there == {"fresh", waiting.name, lately.name}
    ended = MailImport.objects.exclude(finished_at=None).get()
    assert ended.path == str(dead) and "upload it again" in ended.error


def test_a_file_that_an_operator_named_is_left_alone(in_tenant: Tenant, data_dir: Path) -> None:
    uploaded()
    kept = uploads_folder() / "kept"
    kept.write_bytes(b"From somebody")
    grow_old(kept)
    MailImport.objects.create(
        account=ConnectedAccount.objects.get(), path=str(kept.resolve()), name="kept", size=1,
        is_temporary=False,
    )  # fmt: skip
    sweep()
    assert kept.exists()


# --- Somebody waits ------------------------------------------------------------------------------


def test_after_its_first_turn_an_import_is_backlog(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail_ingest.fetching.TURN_SECONDS", 0.0)
    mail_import = import_upload(mbox(350), is_own=False)
    run_due_jobs()
    turns = Job.objects.filter(kind=IMPORT_FILE).order_by("created_at", "id")
    assert list(turns.values_list("priority", flat=True)) == [1, 0, 0, 0, 0]
    mail_import.refresh_from_db()
    assert mail_import.job_id == turns.last().id  # type: ignore[union-attr]


@pytest.mark.dovecot
def test_sync_now_makes_a_waiting_fetch_urgent(in_tenant: Tenant, server: Dovecot) -> None:
    account = make_mailbox(server)
    waiting = JobRunner.enqueue("mail_ingest.fetch_account", subject=str(account.pk))
    assert fetch_now(account).id == waiting.id
    waiting.refresh_from_db()
    assert waiting.priority == 1
    JobRunner.enqueue("mail_ingest.fetch_account", subject=str(account.pk))
    waiting.refresh_from_db()
    assert waiting.priority == 1
