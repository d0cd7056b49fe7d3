"""Bills from the messages that tell of them, from bytes to the list."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from finance.bills.managing import confirm
from finance.categories import seed_default_categories
from finance.models import Bill, BillNotice, Transaction
from finance.querysets import today
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from mail_ingest.connecting import connect_account
from mail_ingest.imports import import_upload
from mail_ingest.models import ConnectedAccount, Email
from mail_ingest.trust import Trust
from tenancy.models import Tenant
from tests.extraction.test_pipeline import import_mail, run_jobs
from tests.finance.make import make_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def categories(in_tenant: Tenant) -> Iterator[None]:
    seed_default_categories()
    yield


def invoice(due_on: date, number: str = "2026-118842", subject: str = "Ihre Rechnung") -> bytes:
    message = EmailMessage()
    message["From"] = '"Donau Strom" <rechnung@donaustrom.example>'
    message["To"] = "lena.brandt@post.example"
    message["Subject"] = f"{subject} Nr. {number}"
    message["Date"] = format_datetime(timezone.now())
    message["Message-ID"] = f"<{number}.{subject.replace(' ', '')}@donaustrom.example>"
    message.set_content(
        f"Sehr geehrte Frau Haas,\n\nRechnungsbetrag 85,68 €.\n\nBitte überweisen Sie den Betrag"
        f" bis {due_on:%d.%m.%Y} unter Angabe der Rechnungsnummer {number}.\n"
    )
    return message.as_bytes()


def archive(*contents: bytes) -> SimpleUploadedFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for number, content in enumerate(contents):
            file.writestr(f"{number}.eml", content)
    return SimpleUploadedFile("mail.zip", packed.getvalue())


def arrive(*contents: bytes, trust: Trust) -> None:
    """As it comes to a mailbox of the tenant's own."""
    import_upload(archive(*contents), is_own=False, account_label="Arriving")
    JobRunner.run(Job.objects.get(kind="mail_ingest.import_file", state=JobState.READY).pk)
    account = ConnectedAccount.objects.filter(username="ada").first() or connect_account(
        host="imap.example.org", username="ada", password="x", is_own=True
    )
    Email.objects.filter(account__label="Arriving").update(account=account, trust=trust)
    run_jobs()


def test_an_invoice_and_its_reminder_are_one_bill_and_book_nothing() -> None:
    due_on = today() + timedelta(days=12)
    import_upload(
        archive(invoice(due_on), invoice(due_on, subject="Erinnerung an Rechnung")), is_own=True
    )
    run_jobs()
    bill = Bill.objects.get()
    assert (bill.payee, str(bill.amount), bill.currency) == ("Donau Strom", "85.68", "EUR")
    assert (bill.due_on, bill.state) == (due_on, "open")
    assert BillNotice.objects.filter(bill=bill).count() == 2
    assert not Transaction.objects.exists()


def test_a_stranger_may_ask_but_nobody_is_told_to_pay() -> None:
    """Whoever has once been confirmed is known; one whose mail fails its checks never is."""
    due_on = today() + timedelta(days=12)
    arrive(invoice(due_on), trust=Trust.VERIFIED)
    bill = Bill.objects.get()
    assert (bill.state, bill.doubts) == ("proposed", ["new_sender"])
    confirm(bill.pk)
    arrive(invoice(due_on + timedelta(days=30), "2026-2"), trust=Trust.VERIFIED)
    assert Bill.objects.get(due_on=due_on + timedelta(days=30)).state == "open"
    arrive(invoice(due_on + timedelta(days=60), "2026-3"), trust=Trust.FAILING)
    forged = Bill.objects.get(due_on=due_on + timedelta(days=60))
    assert (forged.state, forged.doubts) == ("proposed", ["failing_sender"])


def test_a_card_statement_is_owed_on_the_card() -> None:
    card = make_account("Visa", "INR", kind="credit_card", number="9917")
    due_on = today() + timedelta(days=9)
    message = EmailMessage()
    message["From"] = '"Deccan Cards" <statements@deccancards.example>'
    message["Subject"] = "Your credit card statement is ready"
    message["Date"] = format_datetime(timezone.now())
    message["Message-ID"] = "<1@deccancards.example>"
    message.set_content(
        "Dear Customer, the statement of your credit card ending 9917 is ready.\n"
        f"Total amount due: INR 18,764.22\nPayment due date: {due_on:%d %b %Y}\n"
    )
    import_upload(archive(message.as_bytes()), is_own=True)
    run_jobs()
    bill = Bill.objects.get()
    assert (bill.account, str(bill.amount), bill.due_on) == (card, "18764.22", due_on)


def test_what_was_due_long_ago_is_history() -> None:
    import_upload(archive(invoice(today() - timedelta(days=61))), is_own=True)
    run_jobs()
    assert not Bill.objects.exists()


def test_a_statement_without_a_day_to_pay_by_is_no_bill() -> None:
    import_mail(["pl-wyciag.eml"])
    assert not Bill.objects.exists()
