"""Files beside transactions, at their doors."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance import attachments, files, ledger
from finance.categories import seed_default_categories
from finance.errors import LedgerError
from finance.exports.entries import Period
from finance.exports.writing import export
from finance.models import Attachment, FinancialAccount, Transaction
from finance.query import matching
from finance.statements import importing
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.finance.conftest import ALICE
from tests.finance.make import make_account, make_posted
from tests.make import make_member
from tests.pages import member
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n<script>alert(1)</script>"


@pytest.fixture
def row(giro: FinancialAccount) -> Transaction:
    return make_posted(giro)


def file(data: bytes = PDF, name: str = "bill.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="text/html")


def api_of(row: Transaction) -> APIClient:
    access = start_session(make_member(Tenant.objects.get(pk=row.tenant_id))).access
    return APIClient(headers={"Authorization": f"Bearer {access}"})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "application/pdf"),
        (b"\xff\xd8\xff\xe0jpeg", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\npng", "image/png"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
        (b"<!doctype html>", ""),
        (b"MZ\x90", ""),
        (b"", ""),
    ],
)
def test_content_says_what_a_file_is(data: bytes, kind: str) -> None:
    assert files.media_type_of(data) == kind


def test_the_api_attaches_lists_gives_removes_and_brings_back(row: Transaction) -> None:
    api = api_of(row)
    body: Any = {"transaction": str(row.pk), "file": file(name="../../Rechnung März.pdf")}
    made = api.post("/api/v1/attachments", body, format="multipart")
    assert made.status_code == 201, made.json()
    kept = made.json()
    assert (kept["name"], kept["media_type"]) == ("Rechnung März.pdf", "application/pdf")
    again = api.post("/api/v1/attachments", body | {"file": file()}, format="multipart").json()
    assert again["id"] == kept["id"], "the same bytes are kept once"
    url = f"/api/v1/attachments/{kept['id']}"
    got = api.get(f"{url}/download")
    assert (got.content, got["Content-Type"]) == (PDF, "application/pdf")
    assert got["Content-Disposition"].startswith("attachment; ")
    assert (got["X-Content-Type-Options"], "sandbox" in got["Content-Security-Policy"]) == (
        "nosniff", True,
    )  # fmt: skip
    listed = api.get("/api/v1/attachments", {"transaction": str(row.pk)}).json()["data"]
    assert [each["id"] for each in listed] == [kept["id"]]
    assert matching(Transaction.objects.all(), "has:attachment").count() == 1
    assert api.delete(url).status_code == 204
    assert matching(Transaction.objects.all(), "-has:attachment").count() == 1
    removed = api.get("/api/v1/attachments", {"is_removed": "true"}).json()["data"]
    assert [each["id"] for each in removed] == [kept["id"]]
    assert api.post(f"{url}/restore").json()["removed_at"] is None


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"<html>", "unknown_type"), (PDF + b"x" * files.LARGEST, "too_large")],
)
def test_what_is_no_bill_is_refused(row: Transaction, data: bytes, code: str) -> None:
    body = {"transaction": str(row.pk), "file": file(data)}
    answer = api_of(row).post("/api/v1/attachments", body, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Attachment.objects.exists()


def test_a_ledger_and_a_transaction_have_room_for_so_many(
    row: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST", 2)
    for n in range(2):
        attachments.attach(row.pk, f"{n}.pdf", PDF + bytes([n]))
    with pytest.raises(LedgerError) as many:
        attachments.attach(row.pk, "3.pdf", PDF)
    monkeypatch.setattr(files, "MOST", 20)
    monkeypatch.setattr(files, "QUOTA", 3 * len(PDF))
    with pytest.raises(LedgerError) as full:
        attachments.attach(row.pk, "3.pdf", PDF)
    assert (many.value.code, full.value.code) == ("too_many", "quota")


def test_a_removed_file_comes_back_only_where_there_is_room(
    row: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST", 1)
    first = attachments.attach(row.pk, "0.pdf", PDF)
    files.remove(Attachment, first.pk)
    attachments.attach(row.pk, "1.pdf", PDF + b"1")
    for again in (
        lambda: attachments.attach(row.pk, "0.pdf", PDF),
        lambda: files.restore(Attachment, first.pk),
    ):
        with pytest.raises(LedgerError) as full:
            again()
        assert full.value.code == "too_many"
    assert attachments.attach(row.pk, "1.pdf", PDF + b"1").name == "1.pdf"


def test_removed_files_are_dropped_after_thirty_days(row: Transaction) -> None:
    old, new = (attachments.attach(row.pk, f"{n}.pdf", PDF + bytes([n])) for n in range(2))
    for each in (old, new):
        files.remove(Attachment, each.pk)
    Attachment.objects.filter(pk=old.pk).update(removed_at=timezone.now() - timedelta(31))
    assert attachments.purge(date(2026, 5, 1)) == 1
    assert list(Attachment.objects.values_list("pk", flat=True)) == [new.pk]


def test_names_are_plain_and_keep_their_ending(row: Transaction) -> None:
    long = attachments.attach(row.pk, "C:\\bills\\" + "x" * 300 + ".pdf", PDF)
    assert (len(long.name), long.name[-5:]) == (120, "x.pdf")


def test_the_drawer_attaches_removes_and_undoes(row: Transaction) -> None:
    browser = member(Tenant.objects.get(pk=row.tenant_id))
    address = f"/transactions/{row.pk}/attach/"
    shown = browser.post(address, {"file": file()}).content.decode()
    assert "bill.pdf" in shown
    wrong = browser.post(address, {"file": file(b"<html>")})
    assert (wrong.status_code, "PDF or a photo" in wrong.content.decode()) == (422, True)
    assert browser.post(address).status_code == 422
    kept = Attachment.objects.get()
    got = browser.get(f"/attachments/{kept.pk}/")
    assert (got.content, got["Content-Disposition"]) == (PDF, 'attachment; filename="bill.pdf"')
    assert "sandbox" in got["Content-Security-Policy"]
    decide = f"/attachments/{kept.pk}/decide/"
    assert "is removed" in browser.post(decide, {"verb": "remove"}).content.decode()
    assert "bill.pdf</a>" in browser.post(decide, {"verb": "restore"}).content.decode()


def test_what_is_merged_shows_its_files_and_takes_them_along_when_parted(
    row: Transaction, giro: FinancialAccount
) -> None:
    other, third = make_posted(giro), make_posted(giro)
    attachments.attach(other.pk, "bill.pdf", PDF)
    ledger.merge(row.pk, other.pk)
    ledger.merge(third.pk, row.pk)
    api = api_of(row)
    listed = api.get("/api/v1/attachments", {"transaction": str(third.pk)}).json()["data"]
    assert [each["name"] for each in listed] == ["bill.pdf"]
    assert [t.pk for t in matching(Transaction.objects.all(), "has:attachment is:posted")] == [
        third.pk
    ]
    ledger.unmerge(row.pk)
    ledger.unmerge(other.pk)
    assert not attachments.kept_of(third.pk).exists()
    assert not attachments.kept_of(row.pk).exists()
    assert attachments.kept_of(other.pk).get().name == "bill.pdf"


def test_an_archive_brings_files_into_another_ledger(
    row: Transaction, giro: FinancialAccount, stranger: Tenant
) -> None:
    other, equal = make_posted(giro, "-2"), make_posted(giro, "-2")
    for pk, name, data in ((row.pk, "a.pdf", PDF), (other.pk, "b.pdf", PDF + b"b"),
                           (other.pk, "a again.pdf", PDF)):  # fmt: skip
        attachments.attach(pk, name, data)
    merged = make_posted(giro)
    attachments.attach(merged.pk, "told.pdf", PDF + b"told")
    ledger.merge(row.pk, merged.pk)
    packed = b"".join(export("archive", Period()))
    with ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 4
    with tenant_scope(stranger.pk, actor=ALICE):
        seed_default_categories()
        copy = importing.upload(packed, "all.zip", account=make_account("Copy", "EUR"))
        run_due_jobs()
        copy.refresh_from_db()
        importing.apply(copy)
        run_due_jobs()
        found = Attachment.objects.values_list("transaction__amount_minor", "name")
        assert sorted(found) == sorted(
            [(row.amount_minor, "a.pdf"), (row.amount_minor, "told.pdf"), (-200, "b.pdf"),
             (-200, "a again.pdf")]
        )  # fmt: skip
        assert Transaction.objects.count() == 3
        again = b"".join(export("archive", Period()))
    assert sorted(ZipFile(io.BytesIO(again)).namelist()) == sorted(archive.namelist())
    assert not attachments.kept_of(equal.pk).exists()


def test_a_zip_that_is_no_archive_of_ours_is_refused(giro: FinancialAccount) -> None:
    held = io.BytesIO()
    with ZipFile(held, "w") as archive:
        archive.writestr("table.csv", "Date,Amount\n")
    for data in (held.getvalue(), held.getvalue()[:40], b"PK\x03\x04"):
        with pytest.raises(LedgerError, match="spreadsheet, an archive"):
            importing.upload(data, "a.zip", account=giro)
