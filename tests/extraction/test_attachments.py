"""Receipts and invoices that come as PDF files."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from email.message import EmailMessage
from multiprocessing import get_context
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from extraction.attachments import forget_attachments
from extraction.models import AttachmentText, EmailExtraction
from extraction.pdf_text import _SERVER, text_of_pdf
from finance.models import ReviewItem, Transaction
from finance.money import Money
from mail_ingest.imports import import_upload
from mail_ingest.models import Email
from mail_ingest.parsing import parse_message
from tenancy.models import Tenant
from tests.extraction.pdf_help import bomb, make_pdf
from tests.extraction.test_pipeline import run_jobs
from tests.make import PASSWORD, make_member

RECEIPT = [
    (50, 740, "Nimbus Hosting Ltd"), (50, 700, "Receipt"),
    (50, 660, "Invoice number"), (300, 660, "INV-2026-0042"),
    (50, 640, "Date paid"), (300, 640, "May 3, 2026"),
    (50, 600, "Hosting, May"), (450, 600, "€20.00"),
    (50, 580, "VAT 19%"), (450, 580, "€3.80"),
    (50, 560, "Total paid"), (450, 560, "€23.80"),
    (50, 520, "Payment method"), (300, 520, "Visa ending 4471"),
]  # fmt: skip


def message(body: str, *files: tuple[str, bytes, str]) -> bytes:
    mail = EmailMessage()
    mail["From"] = "Nimbus Hosting <billing@nimbus.example>"
    mail["To"] = "me@example.org"
    mail["Subject"] = "Your receipt from Nimbus Hosting"
    mail["Date"] = "Sun, 3 May 2026 10:00:00 +0000"
    mail["Message-ID"] = "<42@nimbus.example>"
    mail.set_content(body)
    for name, content, subtype in files:
        mail.add_attachment(content, maintype="application", subtype=subtype, filename=name)
    return mail.as_bytes()


def receive(raw: bytes) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("1.eml", raw)
    import_upload(SimpleUploadedFile("mail.zip", archive.getvalue()), is_own=True)
    run_jobs()


def test_what_stands_side_by_side_stays_on_one_line() -> None:
    lines = text_of_pdf(make_pdf(RECEIPT)).splitlines()
    assert "Total paid\t€23.80" in lines
    assert "Date paid\tMay 3, 2026" in lines


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7", b"%PDF-1.4\n" + b"\xff" * 5000, make_pdf(RECEIPT)[:400], b"GIF89a"],
)
def test_what_cannot_be_read_has_no_text(content: bytes) -> None:
    assert text_of_pdf(content) == ""


def test_a_bomb_is_stopped() -> None:
    assert len(text_of_pdf(bomb())) <= 12_000


def test_one_process_reads_them_all_and_another_takes_its_place() -> None:
    first = process_that_reads()
    text_of_pdf(bomb())
    assert process_that_reads() == first, "what one file does to its reader harms no other"
    os.kill(first, signal.SIGKILL)
    assert process_that_reads() != first


def test_a_process_after_a_fork_asks_its_own() -> None:
    ours = process_that_reads()
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        theirs = pool.submit(process_that_reads).result(timeout=60)
    assert theirs != ours
    assert process_that_reads() == ours


def process_that_reads() -> int:
    """The process that has just read a file."""
    assert "Total paid\t€23.80" in text_of_pdf(make_pdf(RECEIPT))
    assert _SERVER.process is not None
    return _SERVER.process.pid


def test_it_ends_with_the_process_that_asks(tmp_path: Path) -> None:
    (tmp_path / "file.pdf").write_bytes(make_pdf(RECEIPT))
    script = (
        "import os, pathlib, signal; from extraction.pdf_text import _SERVER, text_of_pdf;"
        "assert text_of_pdf(pathlib.Path(os.environ['FILE']).read_bytes());"
        "print(_SERVER.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "FILE": str(tmp_path / "file.pdf")},
        stdout=subprocess.PIPE, check=False, timeout=60,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while is_running(int(killed.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Not gone, and not a zombie that nobody has asked for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_only_pdf_files_keep_their_content() -> None:
    pdf = make_pdf(RECEIPT)
    parsed = parse_message(
        message("Hi", ("a.pdf", pdf, "pdf"), ("b.pdf", pdf, "octet-stream"),
                ("c.pdf", b"MZ\x90", "pdf"), ("d.zip", b"PK\x03\x04", "zip"))
    )  # fmt: skip
    assert [bool(item.content) for item in parsed.attachments] == [True, True, False, False]


@pytest.mark.django_db(transaction=True)
def test_a_receipt_that_is_only_in_the_file_is_read_with_its_evidence(
    in_tenant: Tenant, client: Client
) -> None:
    receive(message("Your receipt is attached.", ("receipt.pdf", make_pdf(RECEIPT), "pdf")))
    extraction = EmailExtraction.objects.get()
    (candidate,) = extraction.candidates
    assert candidate["fields"]["amount"]["value"] == "23.80"
    assert candidate["fields"]["amount"]["currency"] == "EUR"
    assert candidate["fields"]["occurred_on"]["value"] == "2026-05-03"
    assert candidate["fields"]["account_hint"]["value"] == "4471"
    kept = AttachmentText.objects.get()
    assert (kept.filename, kept.position) == ("receipt.pdf", 0)
    make_member(in_tenant, email="eve@example.org")
    client.login(username="eve@example.org", password=PASSWORD)
    page = client.get(reverse("evidence", args=[extraction.email_id])).content.decode()
    assert "€23.80</mark>" in page
    assert "Total paid" in page


@pytest.mark.django_db(transaction=True)
def test_where_the_body_says_all_the_file_adds_nothing(in_tenant: Tenant) -> None:
    other = make_pdf([(50, 700, "Total paid"), (300, 700, "€99.00")])
    receive(message("You paid €23.80 on May 3, 2026.", ("invoice.pdf", other, "pdf")))
    (candidate,) = EmailExtraction.objects.get().candidates
    assert candidate["fields"]["amount"]["value"] == "23.80"
    amounts = {row.amount for row in Transaction.objects.all()}
    drafts = {item.draft.get("amount") for item in ReviewItem.objects.filter(transaction=None)}
    assert amounts <= {-Money.parse("23.80", "EUR")}
    assert all("99" not in str(draft) for draft in drafts)


@pytest.mark.django_db(transaction=True)
def test_what_the_files_say_is_forgotten_with_the_body(in_tenant: Tenant) -> None:
    receive(message("Your receipt is attached.", ("receipt.pdf", make_pdf(RECEIPT), "pdf")))
    forget_attachments(list(Email.objects.values_list("pk", flat=True)))
    assert not AttachmentText.objects.exists()
