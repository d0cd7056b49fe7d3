"""The same message by two ways is one message; two messages that are alike stay two."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.db import transaction

from extraction.models import EmailExtraction, ExtractionState
from extraction.scheduling import enqueue_pending_emails
from mail_ingest.connecting import delete_account
from mail_ingest.fetching import _count
from mail_ingest.identity import identity_of
from mail_ingest.models import (
    AccountKind,
    ConnectedAccount,
    Email,
    EmailState,
    MailImport,
    MailRule,
    RawMessage,
    RuleAction,
)
from mail_ingest.parsing import UnparsableMessage
from mail_ingest.providers.base import FetchedMessage, MessageRef
from mail_ingest.retention import forget_bodies
from mail_ingest.storage import load_raw, prepare, reread, store_emails
from tenancy.models import Tenant
from tests.mail_ingest.make import make_mbox, make_message, make_messages
from tests.mail_ingest.test_file_import import imported
from tests.make import make_member
from tests.pages import signed_in
from tests.running import run_due_jobs

pytestmark = pytest.mark.usefixtures("in_tenant")

PLAIN = make_message(1)
VARIANTS = {
    "other line ends": PLAIN.replace(b"\n", b"\r\n"),
    "old Mac's line ends": PLAIN.replace(b"\n", b"\r"),
    "Takeout's labels": b"X-GM-THRID: 17\r\nX-Gmail-Labels: Inbox\r\n" + PLAIN,
    "a mail program's marks": b"X-Mozilla-Status: 0001\n" + PLAIN,
    "the way it came": b"Received: from a by b; Tue, 3 Mar 2026 10:00:01 +0100\n" + PLAIN,
    "a folded header": PLAIN.replace(b"Card purchase", b"Card\n purchase"),
    "blank lines behind": PLAIN + b"\n\n",
}
OTHERS = {
    "another id": make_message(1, message_id="<other@harbour.example>"),
    "another date": make_message(1, date="Tue, 03 Mar 2026 10:00:01 +0100"),
    "another sender": make_message(1, from_="alerts@harbor.example"),
    "another subject": make_message(1, subject="Card purchase 2"),
    "another amount": PLAIN.replace(b"1.50", b"1.51"),
    "another structure": PLAIN.replace(b"To:", b"Content-Type: text/html\nTo:"),
    "a second sender": PLAIN.replace(b"To:", b"From: eve@example.org\nTo:"),
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_what_sources_change_does_not_count(variant: bytes) -> None:
    assert variant != PLAIN and identity_of(variant) == identity_of(PLAIN)


def test_what_an_mbox_quotes_does_not_count() -> None:
    body = b"\nFrom now on you pay less.\n"
    assert identity_of(PLAIN + body) == identity_of(PLAIN + body.replace(b"From", b">From"))


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_the_sender_wrote_counts(other: bytes) -> None:
    assert identity_of(other) != identity_of(PLAIN)


@pytest.mark.parametrize("name", ["Message-ID", "Date"])
def test_without_a_name_every_byte_counts(name: str) -> None:
    lines = PLAIN.splitlines(keepends=True)
    raw = b"".join(line for line in lines if not line.startswith(name.encode()))
    assert identity_of(raw) != identity_of(b"X-Mozilla-Status: 0001\n" + raw)
    assert identity_of(raw) == identity_of(bytes(raw))


def takeout(path: Path, numbers: range) -> Path:
    labels = b"X-GM-THRID: 17\r\nX-Gmail-Labels: Inbox,Opened\r\n"
    return make_mbox(path, [labels + make_message(number) for number in numbers])


def by_two_ways(tmp_path: Path) -> tuple[MailImport, MailImport]:
    """Ten messages, of which another archive has five, and five more."""
    first = imported(make_mbox(tmp_path / "one", make_messages(10)), label="One")
    second = imported(takeout(tmp_path / "two", range(6, 16)), label="Two")
    return first, second


def test_a_message_that_comes_by_two_ways_is_read_once(tmp_path: Path) -> None:
    first, second = by_two_ways(tmp_path)
    assert (first.stored_count, first.duplicate_count) == (10, 0)
    assert (second.stored_count, second.duplicate_count) == (5, 5)
    copies = Email.objects.filter(state=EmailState.COPY)
    assert set(copies.values_list("account__label", flat=True)) == {"Two"}
    assert RawMessage.objects.count() == 15 and Email.objects.count() == 20
    read_mail()
    read = EmailExtraction.objects.values_list("email__subject", flat=True)
    assert sorted(read) == sorted(f"Card purchase {n}" for n in range(1, 16))


def test_a_copy_says_what_it_is(tmp_path: Path, in_tenant: Tenant) -> None:
    by_two_ways(tmp_path)
    admin = signed_in(make_member(in_tenant, "admin"))
    copy = Email.objects.filter(state=EmailState.COPY).first()
    assert copy is not None
    page = admin.get(f"/emails/{copy.pk}/").content.decode()
    original = Email.objects.get(raw=copy.raw_id, state=EmailState.STORED)
    assert "“One” has brought the same message before" in page
    assert f"/emails/{original.pk}/" in page


def test_within_one_account_there_is_no_copy(tmp_path: Path) -> None:
    imported(make_mbox(tmp_path / "one", make_messages(3)))
    again = imported(takeout(tmp_path / "two", range(1, 4)))
    assert (again.stored_count, again.duplicate_count, Email.objects.count()) == (0, 3, 3)


def test_an_account_that_is_deleted_leaves_its_messages_to_who_has_copies(tmp_path: Path) -> None:
    by_two_ways(tmp_path)
    read_mail()
    kept = Email.objects.get(account__label="One", subject="Card purchase 7")
    reading = EmailExtraction.objects.get(email=kept)
    one = ConnectedAccount.objects.get(label="One")
    delete_account(one, confirm=one.label)
    run_due_jobs()
    two = ConnectedAccount.objects.get()
    subjects = two.emails.filter(state=EmailState.STORED).values_list("subject", flat=True)
    assert sorted(subjects) == sorted(f"Card purchase {n}" for n in range(6, 16))
    assert Email.objects.count() == RawMessage.objects.count() == 10
    assert EmailExtraction.objects.get(email__subject="Card purchase 7").pk == reading.pk
    assert (two.stored_count, two.duplicate_count) == (10, 0)
    again = imported(takeout(tmp_path / "three", range(6, 16)), label="Two")
    assert (again.stored_count, again.duplicate_count) == (0, 10)


def test_an_account_of_copies_is_deleted_without_the_originals(tmp_path: Path) -> None:
    by_two_ways(tmp_path)
    two = ConnectedAccount.objects.get(label="Two")
    delete_account(two, confirm=two.label)
    run_due_jobs()
    assert Email.objects.filter(state=EmailState.STORED).count() == Email.objects.count() == 10


def test_a_server_that_vouches_for_a_copy_vouches_for_the_message(tmp_path: Path) -> None:
    imported(make_mbox(tmp_path / "one", [PLAIN]), label="One")
    passed = b"Authentication-Results: mx.mine.example; dmarc=pass header.from=harbour.example\n"
    mailbox = ConnectedAccount.objects.create(
        kind=AccountKind.IMAP, label="Mailbox", authserv_id="mx.mine.example"
    )
    store(mailbox, passed + PLAIN)
    original, copy = Email.objects.order_by("id")
    assert (copy.state, original.state) == (EmailState.COPY, EmailState.STORED)
    assert original.trust == copy.trust == "verified"
    assert original.trust_reason == copy.trust_reason


def test_a_forged_copy_takes_nothing_from_the_message(tmp_path: Path) -> None:
    mailbox = ConnectedAccount.objects.create(
        kind=AccountKind.IMAP, label="Mailbox", authserv_id="mx.mine.example"
    )
    result = b"Authentication-Results: mx.mine.example; dmarc=%s header.from=harbour.example\n"
    store(mailbox, result % b"pass" + PLAIN)
    other = ConnectedAccount.objects.create(
        kind=AccountKind.IMAP, label="Other", username="other", authserv_id="mx.mine.example"
    )
    store(other, result % b"fail" + PLAIN)
    assert Email.objects.get(account=mailbox).trust == "verified"
    assert Email.objects.get(account=other).state == EmailState.COPY


def test_a_copy_keeps_no_body_that_is_to_be_forgotten(tmp_path: Path) -> None:
    by_two_ways(tmp_path)
    original = Email.objects.get(account__label="One", subject="Card purchase 7")
    with transaction.atomic():
        assert forget_bodies([original.pk]) == 1
    assert RawMessage.objects.get(emails=original.pk).is_headers_only
    assert set(Email.objects.filter(raw=original.raw_id).values_list("snippet", flat=True)) == {""}


def test_a_message_left_out_there_is_read_where_another_account_brings_it() -> None:
    MailRule.objects.create(action=RuleAction.EXCLUDE, folder="Promotions")
    first, second, third = (make_imap(name) for name in ("One", "Two", "Three"))
    store(first, PLAIN, folder="Promotions")
    left_out = Email.objects.get()
    assert left_out.screening == "unlikely" and left_out.raw.is_headers_only
    store(second, PLAIN)
    read = Email.objects.get(account=second)
    assert (read.state, read.raw_id) == (EmailState.STORED, left_out.raw_id)
    assert load_raw(read) == PLAIN and not read.raw.is_headers_only
    store(third, PLAIN)
    assert Email.objects.get(account=third).state == EmailState.COPY
    read_mail()
    assert EmailExtraction.objects.exclude(state=ExtractionState.NOT_FINANCIAL).get().email == read


def test_a_copy_goes_to_who_reads_the_message(tmp_path: Path) -> None:
    MailRule.objects.create(action=RuleAction.EXCLUDE, folder="Promotions")
    first, second, third = (make_imap(name) for name in ("One", "Two", "Three"))
    store(first, PLAIN, folder="Promotions")
    store(second, PLAIN)
    store(third, PLAIN)
    for account in (first, second):
        delete_account(account, confirm=account.label)
        run_due_jobs()
    left = Email.objects.get()
    assert (left.account, left.state, left.screening) == (third, EmailState.STORED, "possible")


NEWS = b"Our branches are closed on Monday.\n"
SAID = b"You paid 999.00 EUR at the forger's shop.\n"
HEAD = PLAIN.partition(b"\n\n")[0]
# Each has the identity of HEAD and NEWS, or had it once, and says something else.
FORGED = {
    "behind a line of a space": HEAD + b"\n \n" + SAID + b"\n" + NEWS,
    "behind a line of a tab": HEAD + b"\n\t\n" + SAID + b"\n" + NEWS,
    "behind bare returns": HEAD + b"\nX-Mark: a\r\rb" + b"\n\n" + SAID + NEWS,
    "as a file": HEAD + b"\nContent-Disposition: attachment; filename=a.txt\n\n" + NEWS,
    "with another encoding": HEAD + b"\nContent-Transfer-Encoding: base64\n\n" + NEWS,
    "as HTML": HEAD + b"\nContent-Type: text/html\n\n" + NEWS,
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_says_something_else_is_never_taken_for_the_message(forged: bytes) -> None:
    """A forger sends it to a mailbox that checks nobody, and what the bank has signed to another
    that does."""
    genuine = HEAD + b"\n\n" + NEWS
    unchecked = make_imap("Own server")
    checked = make_imap("Gmail", authserv_id="mx.mine.example")
    passed = b"Authentication-Results: mx.mine.example; dmarc=pass header.from=harbour.example\n"
    store(unchecked, forged)
    store(checked, passed + genuine)
    first, second = Email.objects.get(account=unchecked), Email.objects.get(account=checked)
    assert (first.trust, first.state) == ("unverified", EmailState.STORED)
    assert (second.trust, second.state) == ("verified", EmailState.STORED)
    assert load_raw(second) == passed + genuine
    # The other way round as well, and when it comes again.
    third = make_imap("Third")
    store(third, forged)
    assert Email.objects.get(account=third).raw_id == first.raw_id


def test_even_two_of_one_identity_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mail_ingest.storage.identity_of", lambda raw: "0" * 64)
    one, two = make_imap("One"), make_imap("Two")
    store(one, PLAIN)
    store(two, PLAIN.replace(b"1.50", b"9.50"))
    assert set(Email.objects.values_list("state", flat=True)) == {EmailState.STORED}
    assert b"9.50" in load_raw(Email.objects.get(account=two))
    store(two, PLAIN, ref="2")
    assert Email.objects.get(account=two, ref="2").state == EmailState.COPY


def test_what_is_kept_without_its_text_vouches_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A newsletter of the bank, left out and cut to its headers, and a payment that is forged."""
    monkeypatch.setattr("mail_ingest.storage.identity_of", lambda raw: "0" * 64)
    MailRule.objects.create(action=RuleAction.EXCLUDE, folder="Promotions")
    unchecked, checked = make_imap("Own"), make_imap("Gmail", authserv_id="mx.mine.example")
    passed = b"Authentication-Results: mx.mine.example; dmarc=pass header.from=harbour.example\n"
    store(unchecked, PLAIN)
    store(checked, passed + HEAD + b"\n\n" + NEWS, folder="Promotions")
    assert Email.objects.get(account=checked).trust == "verified"
    assert Email.objects.get(account=unchecked).trust == "unverified"


def test_many_headers_take_no_time() -> None:
    """Time in the square of them would hold a mailbox's job until it is dead."""
    raw = b"Message-ID: <a@b>\nDate: x\n" + b"To:a\n" * 400_000 + b"\nbody\n"
    began = time.process_time()
    identity_of(raw)
    assert time.process_time() - began < 2


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Until it is undone, this version cannot read messages."""

    def refuse(raw: bytes) -> None:
        raise UnparsableMessage("not yet")

    monkeypatch.setattr("mail_ingest.storage.parse_message", refuse)
    return monkeypatch


def test_two_that_could_not_be_read_are_one_once_they_can(unreadable: pytest.MonkeyPatch) -> None:
    one, two = make_imap("One"), make_imap("Two")
    store(one, PLAIN)
    store(two, PLAIN)
    assert set(Email.objects.values_list("state", flat=True)) == {EmailState.QUARANTINED}
    unreadable.undo()
    for email in Email.objects.order_by("id"):
        reread(email)
    assert Email.objects.get(account=two).state == EmailState.COPY
    read_mail()
    assert EmailExtraction.objects.get().email.account == one
    two.refresh_from_db()
    assert (two.stored_count, two.duplicate_count, two.quarantined_count) == (0, 1, 0)


def test_rules_hold_for_what_can_be_read_later(unreadable: pytest.MonkeyPatch) -> None:
    MailRule.objects.create(action=RuleAction.EXCLUDE, sender="harbour.example")
    store(make_imap("One"), PLAIN)
    unreadable.undo()
    email = reread(Email.objects.get())
    assert email.screening == "unlikely" and RawMessage.objects.get().is_headers_only


def read_mail() -> None:
    enqueue_pending_emails()
    run_due_jobs()


def make_imap(label: str, **fields: str) -> ConnectedAccount:
    return ConnectedAccount.objects.create(
        kind=AccountKind.IMAP, label=label, username=label, **fields
    )


def fetched(raw: bytes, folder: str = "INBOX", ref: str = "1") -> FetchedMessage:
    return FetchedMessage(MessageRef(ref, folder, len(raw)), raw)


def store(account: ConnectedAccount, raw: bytes, folder: str = "INBOX", ref: str = "1") -> None:
    """As a job does, with the account's counts."""
    with transaction.atomic():
        _count(account, store_emails(prepare(account, [fetched(raw, folder, ref)])))
