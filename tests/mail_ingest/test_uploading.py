"""/api/v1/mail-uploads: a file in pieces; it goes on where it was cut off, and is imported once."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import UnreadablePostError
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from jobs.models import Job
from mail_ingest.errors import MailConflict, UploadDiskFull
from mail_ingest.imports import upload_account
from mail_ingest.models import Email, MailImport, MailUpload
from mail_ingest.upload_files import GRACE_SECONDS, received_bytes, sweep_all, uploads_folder
from mail_ingest.uploading import append, begin_upload, cancel_upload
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.fakes.small_disk import small_disk
from tests.mail_ingest.make import make_mbox, make_messages
from tests.pages import member
from tests.running import run_due_jobs

UPLOADS = "/api/v1/mail-uploads"
PIECE = "application/offset+octet-stream"


@pytest.fixture(autouse=True)
def data_dir(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return make_mbox(tmp_path / "inbox", make_messages(30)).read_bytes()


@pytest.fixture
def scope(tenant: Tenant) -> Iterator[None]:
    with tenant_scope(tenant.id):
        yield


def begin(api: APIClient, size: int, **more: Any) -> str:
    answer = api.post(UPLOADS, {"name": "inbox.mbox", "size": size} | more)
    assert answer.status_code == 201, answer.json()
    return f"{UPLOADS}/{answer.json()['id']}"


def patch(api: APIClient, address: str, offset: int, piece: bytes) -> Response:
    headers = {"Upload-Offset": str(offset)}
    return api.generic("PATCH", address, piece, content_type=PIECE, headers=headers)


def offset(api: APIClient, address: str) -> int:
    answer = api.head(address)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    return int(answer.headers["Upload-Offset"])


def files() -> list[Path]:
    return list(uploads_folder().iterdir())


def refused(answer: Response, status: int, code: str) -> str:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    return str(answer.json()["detail"])


def test_pieces_become_one_file_that_is_imported_once(
    api: APIClient, scope: None, content: bytes
) -> None:
    address = begin(api, len(content), is_own=True)
    for start in range(0, len(content), 1500):
        assert offset(api, address) == start
        answer = patch(api, address, start, content[start : start + 1500])
        assert answer.status_code == 200
    assert answer.headers["Upload-Offset"] == answer.headers["Upload-Length"] == str(len(content))
    mail_import = MailImport.objects.get()
    assert answer.json()["import_id"] == str(mail_import.pk)
    assert (mail_import.name, mail_import.account.is_own) == ("inbox.mbox", True)
    # The last answer did not arrive: asking again, and sending again, imports nothing more.
    assert api.get(address).json() == answer.json()
    assert patch(api, address, start, content[start:]).json() == answer.json()
    assert Job.objects.count() == 1
    run_due_jobs()
    assert Email.objects.count() == 30 and files() == []
    assert offset(api, address) == len(content)


def test_a_cut_connection_leaves_what_has_come(scope: None, content: bytes) -> None:
    upload = begin_upload(name="inbox", size=len(content), is_own=False)
    pieces = iter([content[:2000], content[2000:3000]])

    def read(count: int) -> bytes:
        try:
            return next(pieces)
        except StopIteration:
            raise UnreadablePostError("cut") from None

    append(upload, 0, read)
    assert received_bytes(upload) == 3000
    rest = iter([content[3000:], b""])
    assert append(upload, 3000, lambda count: next(rest)).import_id is not None
    assert Path(MailImport.objects.get().path).read_bytes() == content


def test_a_connection_that_was_given_up_writes_no_more(scope: None, content: bytes) -> None:
    """Its bytes are still on their way when the client goes on by another one."""
    upload = begin_upload(name="inbox", size=len(content), is_own=False)
    half = len(content) // 2
    new = iter([content[:half], b""])

    def old(count: int) -> bytes:
        append(upload, 0, lambda count: next(new))
        return content[:2000]

    with pytest.raises(MailConflict, match="does not go on there"):
        append(upload, 0, old)
    rest = iter([content[half:], b""])
    append(upload, half, lambda count: next(rest))
    assert Path(MailImport.objects.get().path).read_bytes() == content


def test_pieces_that_do_not_fit_are_refused(api: APIClient, scope: None, content: bytes) -> None:
    address = begin(api, len(content))
    patch(api, address, 0, content[:2000])
    refused(patch(api, address, 1000, content[1000:3000]), 409, "offset_differs")
    refused(patch(api, address, 3000, content[3000:4000]), 409, "offset_differs")
    refused(patch(api, address, 2000, content[2000:] + b"x"), 400, "piece_too_long")
    refused(api.generic("PATCH", address, b"x", content_type=PIECE), 400, "offset_missing")
    answer = api.patch(address, {"name": "other"})
    refused(answer, 415, "unsupported_media_type")
    assert offset(api, address) == 2000


def test_what_is_no_mail_is_refused_with_its_first_piece(api: APIClient, scope: None) -> None:
    address = begin(api, 10_000_000)
    detail = refused(patch(api, address, 0, b"%PDF-1.7\n" * 500), 400, "mail_file_unreadable")
    assert "“inbox.mbox” is not mail" in detail
    assert files() == [] and not MailUpload.objects.exists()


def test_what_cannot_be_taken_is_said_before_it_is_sent(
    api: APIClient, scope: None, settings: LazySettings
) -> None:
    def begun(size: int, **more: Any) -> Response:
        return api.post(UPLOADS, {"name": "inbox.mbox", "size": size} | more)

    settings.MAIL_UPLOAD_MAX_MB, settings.MAIL_UPLOAD_QUOTA_MB = 10, 15
    assert "larger than 10 MB" in refused(begun(11 * 2**20), 400, "file_too_large")
    assert begun(8 * 2**20).status_code == 201
    assert "cancel an upload" in refused(begun(8 * 2**20), 400, "upload_quota")
    upload_account("Archive", is_own=True)
    refused(begun(1000, account="Archive"), 409, "ownership_differs")
    assert "size" in refused(begun(0), 400, "invalid")
    assert MailUpload.objects.count() == 1 and not Job.objects.exists()


def test_a_full_disk_loses_nothing(
    api: APIClient, scope: None, content: bytes, settings: LazySettings, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 1024) as disk:
        settings.DATA_DIR = disk
        detail = refused(
            api.post(UPLOADS, {"name": "inbox", "size": 2**20}), 507, "disk_full"
        )  # fmt: skip
        assert "upload the file again once there is room" in detail
        content += b"\n" + os.urandom(300_000).hex().encode()
        address = begin(api, len(content))
        taken = disk / "taken"
        taken.write_bytes(bytes(700_000))
        refused(patch(api, address, 0, content), 507, "disk_full")
        kept = offset(api, address)
        assert 0 < kept < len(content)
        taken.unlink()
        assert patch(api, address, kept, content[kept:]).json()["import_id"]
        assert Path(MailImport.objects.get().path).read_bytes() == content


def test_an_upload_is_given_up_or_forgotten(api: APIClient, scope: None, content: bytes) -> None:
    cancelled, abandoned, fresh = (begin(api, len(content)) for _ in range(3))
    for address in (cancelled, abandoned, fresh):
        patch(api, address, 0, content[:2000])
    assert api.delete(cancelled).status_code == 204
    assert len(files()) == 2 and api.get(cancelled).status_code == 404
    old = abandoned.rpartition("/")[2]
    long_ago = timezone.now() - timedelta(seconds=GRACE_SECONDS + 60)
    MailUpload.objects.filter(pk=old).update(created_at=long_ago)
    os.utime(uploads_folder() / old.replace("-", ""), (long_ago.timestamp(),) * 2)
    sweep_all()
    assert api.get(abandoned).status_code == 404
    refused(patch(api, abandoned, 2000, content[2000:]), 404, "not_found")
    assert offset(api, fresh) == 2000 and len(files()) == 1


def test_what_is_not_finished_is_listed_and_goes_on_or_goes(
    in_tenant: Tenant, content: bytes
) -> None:
    browser = member(in_tenant)
    upload = begin_upload(name="inbox.mbox", size=len(content), is_own=True)
    append(upload, 0, once(content[:2048]))
    html = browser.get("/connected-accounts/").content.decode()
    assert "inbox.mbox" in html and "2.0\xa0KB of" in html
    page = browser.get(f"/connected-accounts/upload/?upload={upload.pk}").content.decode()
    assert f'data-begun="{upload.pk}"' in page and f'data-size="{len(content)}"' in page
    assert re.search(r'name="is_own"[^>]* checked', page)
    for wrong in ("x", uuid.uuid4()):
        assert browser.get(f"/connected-accounts/upload/?upload={wrong}").status_code == 404
    browser.post(f"/connected-accounts/uploads/{upload.pk}/discard/")
    assert files() == [] and not MailUpload.objects.exists()
    assert "inbox.mbox" not in browser.get("/connected-accounts/").content.decode()


def once(content: bytes) -> Callable[[int], bytes]:
    left = iter([content])
    return lambda count: next(left, b"")


def test_what_others_have_begun_takes_room_on_the_disk(
    scope: None, stranger: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 2**31
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(total=free, free=free))
    with tenant_scope(stranger.id):
        theirs = begin_upload(name="theirs", size=2**30)
    with pytest.raises(UploadDiskFull):
        begin_upload(name="mine", size=2**30)
    with tenant_scope(stranger.id):
        cancel_upload(theirs)
    assert begin_upload(name="mine", size=2**30)
