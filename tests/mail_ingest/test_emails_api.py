"""/api/v1/emails and /api/v1/mail-imports."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from jobs.models import Job
from mail_ingest.imports import start_import
from mail_ingest.models import Email, MailImport
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.mail_ingest.make import make_mbox, make_message, make_messages
from tests.make import make_member
from tests.running import run_due_jobs

EMAILS = "/api/v1/emails"
IMPORTS = "/api/v1/mail-imports"
BROKEN = make_message(9, content_type="multipart/mixed; boundary=x") + b"--x\n\nhi\n" * 1000


@pytest.fixture
def mailbox(tenant: Tenant, tmp_path: Path) -> Path:
    messages = [
        make_message(1, date="Mon, 02 Mar 2026 10:00:00 +0000"),
        make_message(2, date="Tue, 03 Mar 2026 23:59:59 +0000"),
        make_message(3, from_="Shop <s@shop.example>", date="Wed, 04 Mar 2026 10:00:00 +0000"),
        BROKEN,
    ]
    path = make_mbox(tmp_path / "inbox", messages)
    with tenant_scope(tenant.id):
        start_import(path, is_own=False)
        run_due_jobs()
    return path


FILTERS = {
    "sender=SHOP": ["Card purchase 3"],
    "subject=chase 2": ["Card purchase 2"],
    "since=2026-03-03&until=2026-03-03": ["Card purchase 2"],
    "until=2026-03-02": ["Card purchase 1"],
    "state=quarantined": [""],
    "trust=verified": [],
    "screening=possible&state=stored": ["Card purchase 3", "Card purchase 2", "Card purchase 1"],
}


@pytest.mark.parametrize("query", FILTERS)
def test_messages_are_listed_and_filtered(query: str, api: APIClient, mailbox: Path) -> None:
    answer = api.get(f"{EMAILS}?{query}")
    assert answer.status_code == 200, answer.json()
    assert [email["subject"] for email in answer.json()["data"]] == FILTERS[query]


@pytest.mark.parametrize(
    "query", ["colour=red", "trust=total", "since=yesterday", "account=1", "limit=-1"]
)
def test_a_filter_that_is_not_understood_is_refused(query: str, api: APIClient) -> None:
    answer = api.get(f"{EMAILS}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


def test_a_message_shows_what_it_says_and_can_be_downloaded(api: APIClient, mailbox: Path) -> None:
    pk = api.get(f"{EMAILS}?subject=purchase 3").json()["data"][0]["id"]
    detail = api.get(f"{EMAILS}/{pk}").json()
    assert detail["text"] == "You paid 3.50 EUR at the corner shop.\n"
    assert (detail["to"], detail["attachments"]) == (["ada@example.org"], [])
    raw = api.get(f"{EMAILS}/{pk}/raw")
    assert raw["Content-Type"] == "message/rfc822"
    assert raw["Content-Disposition"] == f'attachment; filename="{pk}.eml"'
    assert raw.content.startswith(b"From: Shop <s@shop.example>\n")


def test_a_quarantined_message_can_be_read_again(
    api: APIClient, mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = api.get(f"{EMAILS}?state=quarantined").json()["data"][0]["id"]
    detail = api.get(f"{EMAILS}/{pk}").json()
    assert (detail["text"], detail["problem"]) == ("", "The message has more than 200 parts.")
    assert api.get(f"{EMAILS}/{pk}/raw").content == BROKEN
    assert api.post(f"{EMAILS}/{pk}/retry").json()["state"] == "quarantined"
    # As a later version would, whose limit is higher.
    monkeypatch.setattr("mail_ingest.mime.MAX_PARTS", 2000)
    again = api.post(f"{EMAILS}/{pk}/retry").json()
    assert (again["state"], again["subject"], again["problem"]) == ("stored", "Card purchase 9", "")
    refused = api.post(f"{EMAILS}/{pk}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_quarantined")


def test_an_upload_is_imported_and_its_file_removed(
    api: APIClient, tenant: Tenant, settings: LazySettings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    mbox = make_mbox(tmp_path / "m", make_messages(5)).read_bytes()
    file = SimpleUploadedFile("../../etc/Mail.mbox", mbox)
    answer = api.post(IMPORTS, {"file": file, "is_own": "true"}, format="multipart")
    assert answer.status_code == 202, answer.json()
    made = answer.json()
    assert (made["name"], made["is_own"], made["finished_at"]) == ("Mail.mbox", True, None)
    kept = [path for path in settings.DATA_DIR.rglob("*") if path.is_file()]
    assert len(kept) == 1 and "Mail" not in kept[0].name
    run_due_jobs()
    done = api.get(f"{IMPORTS}/{made['id']}").json()
    assert (done["stored_count"], done["error"]) == (5, "")
    assert done["finished_at"] is not None
    assert not kept[0].exists()
    with tenant_scope(tenant.id):
        job = Job.objects.get(pk=made["job_id"])
        assert job.triggered_by is not None
        assert Email.objects.filter(account__is_own=True).count() == 5


@pytest.mark.parametrize(
    ("content", "code"), [(b"%PDF-1.7", "mail_file_unreadable"), (b"", "empty")]
)
def test_an_upload_that_is_no_mail_is_refused_and_not_kept(
    content: bytes,
    code: str,
    api: APIClient,
    tenant: Tenant,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    file = SimpleUploadedFile("bill.pdf", content)
    answer = api.post(IMPORTS, {"file": file}, format="multipart")
    assert answer.status_code == 400
    fault = answer.json()["errors"][0]
    assert (fault["field"], fault["code"]) == ("file", code)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    with tenant_scope(tenant.id):
        assert not MailImport.objects.exists()


def test_an_upload_that_is_too_large_is_refused(
    api: APIClient, settings: LazySettings, tmp_path: Path
) -> None:
    settings.MAIL_UPLOAD_MAX_MB = 0
    file = SimpleUploadedFile("m.mbox", b"From x\nFrom: a@b.example\n\nhi" + bytes(2 * 2**20))
    answer = api.post(IMPORTS, {"file": file}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (400, "file_too_large")


def test_a_stranger_sees_no_message_and_no_import(
    api: APIClient, mailbox: Path, stranger: Tenant
) -> None:
    email = api.get(EMAILS).json()["data"][0]["id"]
    mail_import = api.get(IMPORTS).json()["data"][0]["id"]
    other = APIClient(raise_request_exception=False)
    other.force_login(make_member(stranger, email="eve@example.org"))
    assert other.get(EMAILS).json()["data"] == other.get(IMPORTS).json()["data"] == []
    for path in (f"{EMAILS}/{email}", f"{EMAILS}/{email}/raw", f"{IMPORTS}/{mail_import}"):
        assert other.get(path).status_code == 404
    assert other.post(f"{EMAILS}/{email}/retry").status_code == 404
