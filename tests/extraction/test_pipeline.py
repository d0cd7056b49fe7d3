"""A mailbox of real messages, from its bytes to the ledger, as the jobs do it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from extraction.models import EmailExtraction, ExtractionState
from extraction.scheduling import enqueue_pending_emails, pending_emails
from extraction.senders import known_senders, owner_label
from finance import review
from finance.accounts import open_account
from finance.categories import seed_default_categories
from finance.models import (
    AccountKind,
    CategoryKind,
    FinancialAccount,
    ReviewItem,
    ReviewState,
    Split,
    Transaction,
    TransactionState,
)
from finance.money import Money
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from mail_ingest.connecting import connect_account
from mail_ingest.identity import identity_of
from mail_ingest.imports import import_upload
from mail_ingest.models import ConnectedAccount, Email
from mail_ingest.parsing import parse_message
from mail_ingest.providers.base import FetchedMessage, MessageRef
from mail_ingest.storage import prepare, store_emails
from mail_ingest.trust import Trust
from tenancy.models import Tenant
from tests.finance.make import make_account

SAMPLES = Path(__file__).parent.parent / "samples"

pytestmark = pytest.mark.django_db(transaction=True)


def archive_of(names: Iterable[str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            file.write(SAMPLES / name, name)
    return archive.getvalue()


def run_jobs() -> None:
    """Run what is due until nothing is, as a worker would."""
    while True:
        enqueue_pending_emails()
        due = list(Job.objects.filter(state=JobState.READY).values_list("pk", flat=True))
        if not due:
            return
        for job_id in due:
            JobRunner.run(job_id)


def import_mail(names: Iterable[str], *, is_own: bool = True) -> None:
    import_upload(SimpleUploadedFile("mail.zip", archive_of(names)), is_own=is_own)
    run_jobs()
    assert list(Job.objects.exclude(state=JobState.SUCCEEDED)) == []


def import_message(raw: bytes) -> Email:
    """One message of a person's own archive."""
    import_upload(SimpleUploadedFile("one.eml", raw), is_own=True)
    run_jobs()
    found: Email = Email.objects.latest("created_at")
    return found


def demo_names() -> list[str]:
    lines = (SAMPLES / "demo.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def label(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / name).with_suffix(".json").read_text())
    return found


def test_an_own_archive_books_itself_once(in_tenant: Tenant) -> None:
    names = ["de-demo-0601-salary.eml", "de-demo-0603-rent.eml"]
    import_mail(names)
    booked = {str(t.amount): t for t in Transaction.objects.all()}
    assert {label(name)["expected"]["amount"] for name in names} == {
        amount.lstrip("-") for amount in booked
    }
    assert {t.state for t in booked.values()} == {TransactionState.POSTED}
    assert FinancialAccount.objects.get().last_digits == "4417"
    import_mail(names)
    assert Transaction.objects.count() == 2
    assert Email.objects.count() == 2


def test_a_new_account_opens_with_the_balance_that_its_messages_imply(in_tenant: Tenant) -> None:
    import_mail(["de-demo-0603-rent.eml"])
    account = FinancialAccount.objects.get()
    assert account.kind == AccountKind.CHECKING
    assert shown_balance() == Decimal(label("de-demo-0603-rent.eml")["expected"]["balance"])
    import_mail(["de-demo-0601-salary.eml"])
    assert Transaction.objects.count() == 2
    assert shown_balance() == Decimal(label("de-demo-0603-rent.eml")["expected"]["balance"])


def shown_balance() -> Decimal:
    account = FinancialAccount.objects.get()
    moved = sum(Transaction.objects.values_list("amount_minor", flat=True))
    return Money(account.opening_minor + moved, account.currency).decimal


def test_money_moved_between_own_accounts_is_neither_income_nor_spending(
    in_tenant: Tenant,
) -> None:
    seed_default_categories()
    import_mail(["de-demo-0626-to-savings.eml", "de-demo-0626-savings-credit.eml"])
    splits = Split.objects.select_related("category")
    assert [split.category.kind for split in splits] == [CategoryKind.TRANSFER] * 2


def test_a_strangers_archive_only_proposes(in_tenant: Tenant) -> None:
    import_mail(["de-demo-0601-salary.eml"], is_own=False)
    item = ReviewItem.objects.get()
    assert "source_not_own" in item.reasons
    assert not Transaction.objects.filter(state=TransactionState.POSTED).exists()
    assert EmailExtraction.objects.get().state == ExtractionState.PROPOSED


@pytest.mark.parametrize(("result", "is_asked"), [("pass", False), ("none", True)])
def test_what_ones_own_mailbox_has_too_is_no_strangers(
    in_tenant: Tenant, *, result: str, is_asked: bool
) -> None:
    """An archive that nobody vouched for, and then the mailbox that it was made of."""
    raw = (SAMPLES / "de-demo-0601-salary.eml").read_bytes()
    archive = ConnectedAccount.objects.create(kind="upload", label="Archive", is_own=False)
    mailbox = ConnectedAccount.objects.create(
        kind="imap", label="Mail", is_own=True, authserv_id="mx.mine.example"
    )
    sender = parse_message(raw).from_address.partition("@")[2]
    checked = f"Authentication-Results: mx.mine.example; dmarc={result} header.from={sender}\n"
    for account, received in ((archive, raw), (mailbox, checked.encode() + raw)):
        message = FetchedMessage(MessageRef("1", "INBOX", len(received)), received)
        with transaction.atomic():
            store_emails(prepare(account, [message]))
    run_jobs()
    items = ReviewItem.objects.values_list("reasons", flat=True)
    assert any("source_not_own" in reasons for reasons in items) == is_asked


@pytest.mark.parametrize("trust", [Trust.UNVERIFIED, Trust.FAILING])
def test_a_mailbox_books_nothing_of_a_sender_that_its_server_has_not_verified(
    in_tenant: Tenant, trust: Trust
) -> None:
    """Anybody can write to a mailbox, in the name of any bank, whoever the mailbox belongs to."""
    import_mail(["de-demo-0601-salary.eml"])
    receive("de-demo-0603-rent.eml", trust)
    assert [t.event for t in Transaction.objects.filter(state=TransactionState.POSTED)] == [
        "salary"
    ]


def test_a_mailbox_books_what_a_known_sender_sends(in_tenant: Tenant) -> None:
    import_mail(["de-demo-0601-salary.eml"])
    receive("de-demo-0603-rent.eml", Trust.VERIFIED)
    assert Transaction.objects.filter(state=TransactionState.POSTED).count() == 2


def test_a_mailbox_asks_about_the_first_message_of_a_sender(in_tenant: Tenant) -> None:
    """A stranger's own domain passes every check, whatever bank he calls himself."""
    receive("de-demo-0601-salary.eml", Trust.VERIFIED)
    assert not Transaction.objects.filter(state=TransactionState.POSTED).exists()
    assert not FinancialAccount.objects.exists()
    assert "new_sender" in ReviewItem.objects.get().reasons


def receive(name: str, trust: Trust) -> None:
    """A message as it comes to a mailbox of the tenant's own."""
    content = archive_of([name])
    import_upload(SimpleUploadedFile("mail.zip", content), is_own=False, account_label="Arriving")
    JobRunner.run(Job.objects.get(kind="mail_ingest.import_file", state=JobState.READY).pk)
    account = ConnectedAccount.objects.filter(kind="imap").first() or connect_account(
        host="imap.example.org", username="ada", password="x", is_own=True
    )
    Email.objects.filter(account__label="Arriving").update(account=account, trust=trust)
    run_jobs()


def test_another_banks_message_books_no_income_on_an_account_with_the_same_digits(
    in_tenant: Tenant,
) -> None:
    open_account("Purse", "EUR", institution="Hansebank", number="4417")
    import_mail(["de-demo-0601-salary.eml"])
    assert "other_institution" in ReviewItem.objects.get().reasons


@pytest.mark.parametrize(
    ("domain", "owner"),
    [
        ("nordbank.example", "nordbank"),
        ("mail.nordbank.co.uk", "nordbank"),
        ("nordbank.evil.example", "evil"),
        ("localhost", "localhost"),
    ],
)
def test_a_bank_is_named_by_the_label_that_its_domain_owner_chose(domain: str, owner: str) -> None:
    assert owner_label(domain) == owner


def test_every_message_gets_one_reading_with_its_evidence(in_tenant: Tenant) -> None:
    names = demo_names()
    import_mail(names)
    assert EmailExtraction.objects.count() == Email.objects.count() == len(names)
    assert not pending_emails().exists()
    for reading in EmailExtraction.objects.filter(state=ExtractionState.BOOKED):
        for candidate in reading.candidates:
            amount = candidate["fields"]["amount"]
            assert amount["inferred"] or amount["end"] - amount["start"] == len(amount["quote"])


def test_nothing_that_must_not_book_is_booked(in_tenant: Tenant) -> None:
    names = sorted(path.name for path in SAMPLES.glob("*.eml"))
    import_mail(names)
    forbidden = {name for name in names if must_not_book(label(name))}
    assert len(forbidden) > 50
    assert sorted(posted_by_file(names).keys() & forbidden) == []


def test_what_books_itself_books_what_the_message_says(in_tenant: Tenant) -> None:
    names = sorted(path.name for path in SAMPLES.glob("*.eml"))
    import_mail(names)
    posted = posted_by_file(names)
    wrong = {
        name: [f"{row.event} {row}" for row in rows]
        for name, rows in posted.items()
        if not must_not_book(label(name)) and not agree(rows, expectations(label(name)))
    }
    assert wrong == {}
    assert len(posted) > 100


def agree(rows: list[Transaction], expected: list[dict[str, Any]]) -> bool:
    """Whether each expectation has a row of its amount, currency, direction and event."""
    left = list(rows)
    for wanted in expected:
        found = next((row for row in left if agrees(row, wanted)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def agrees(row: Transaction, wanted: dict[str, Any]) -> bool:
    outflow = {"debit": True, "credit": False}.get(
        wanted.get("direction", ""), row.amount_minor < 0
    )
    return (
        abs(row.amount).decimal == Decimal(wanted["amount"])
        and row.currency == wanted["currency"]
        and (row.amount_minor < 0) == outflow
        and wanted.get("event", row.event) == row.event
    )


def expectations(labels: dict[str, Any]) -> list[dict[str, Any]]:
    return labels.get("expected_all") or [labels["expected"]]


def must_not_book(labels: dict[str, Any]) -> bool:
    moved = any(expected["is_transaction"] for expected in expectations(labels))
    return bool(labels.get("must_not_book")) or not moved


def posted_by_file(names: Iterable[str]) -> dict[str, list[Transaction]]:
    """Posted transactions by the sample file that they were read from."""
    files = {identity_of((SAMPLES / name).read_bytes()): name for name in names}
    file_of = {
        str(email.pk): files[email.raw.identity] for email in Email.objects.select_related("raw")
    }
    found: dict[str, list[Transaction]] = {}
    for row in Transaction.objects.filter(state=TransactionState.POSTED):
        found.setdefault(file_of[row.source_id], []).append(row)
    return found


def test_a_forward_proposes_its_banks_account_and_makes_nobody_known(in_tenant: Tenant) -> None:
    card = make_account("Card", institution="Nordbank", number="4321")
    make_account("Other card", institution="Elbbank", number="4321")
    raw = (
        b"From: A Friend <friend@friends.example>\r\nTo: ada@home.example\r\n"
        b"Subject: Fwd: Card purchase\r\nDate: Thu, 7 May 2026 09:00:00 +0200\r\n\r\n"
        b"-------- Forwarded Message --------\r\nSubject: Card purchase\r\n"
        b"Date: Tue, 5 May 2026 10:12:00 +0200\r\nFrom: Nordbank <alerts@nordbank.example>\r\n"
        b"To: friend@friends.example\r\n\r\n"
        b"You spent EUR 5.00 at Corner Cafe with card ending 4321 on 5 May 2026.\r\n"
    )
    email = import_message(raw)
    item = ReviewItem.objects.get(state=ReviewState.OPEN)
    assert "forwarded" in item.reasons
    assert item.transaction is not None
    assert item.transaction.account_id == card.pk
    review.accept(item.pk)
    assert known_senders([email]) == frozenset()
    EmailExtraction.objects.update(reasons=[])
    assert known_senders([email]) == {"friend@friends.example"}
