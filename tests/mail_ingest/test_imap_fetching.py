"""Reading a mailbox from a real Dovecot, by the job, into the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone

from jobs.models import Job, JobState
from mail_ingest.connecting import fetch_now, pause, resume
from mail_ingest.models import AccountState, ConnectedAccount, Email, RawMessage
from mail_ingest.providers.base import Page, ProviderRefused, ProviderUnavailable
from mail_ingest.providers.imap import ImapProvider
from mail_ingest.scheduling import enqueue_due_accounts
from mail_ingest.sources import imap_settings
from mail_ingest.storage import load_raw
from tenancy.models import Tenant
from tests.fakes.dovecot import PASSWORD, Dovecot
from tests.fakes.fault_proxy import FaultProxy
from tests.mail_ingest.make import make_mailbox, make_message, make_messages
from tests.running import run_due_jobs

pytestmark = [pytest.mark.dovecot, pytest.mark.usefixtures("in_tenant")]


@pytest.fixture
def account(server: Dovecot) -> ConnectedAccount:
    return make_mailbox(server)


def fetched(account: ConnectedAccount) -> ConnectedAccount:
    fetch_now(account)
    run_due_jobs()
    account.refresh_from_db()
    return account


def numbers() -> list[int]:
    return sorted(int(s.split()[-1]) for s in Email.objects.values_list("subject", flat=True))


def test_a_thousand_messages_are_stored_exactly_once(
    server: Dovecot, account: ConnectedAccount
) -> None:
    server.deliver(make_messages(1000))
    assert fetched(account).stored_count == 1000
    assert numbers() == list(range(1, 1001))
    assert account.cursor["INBOX"]["uid"] == 1000
    assert Email.objects.get(subject="Card purchase 9").ref.startswith("INBOX:")
    assert fetched(account).stored_count == 1000
    server.deliver(make_messages(3, first=1001))
    assert fetched(account).stored_count == 1003
    assert numbers() == list(range(1, 1004))
    assert account.duplicate_count == 0


def test_a_changed_uidvalidity_duplicates_nothing_and_misses_nothing(
    server: Dovecot, account: ConnectedAccount
) -> None:
    server.deliver(make_messages(150))
    before = fetched(account).cursor["INBOX"]
    server.change_uidvalidity()
    server.deliver([make_message(151)])
    after = fetched(account).cursor["INBOX"]
    assert after["uidvalidity"] != before["uidvalidity"]
    assert numbers() == list(range(1, 152))
    assert (account.stored_count, account.duplicate_count) == (151, 150)
    assert RawMessage.objects.count() == 151


def test_a_cut_connection_is_taken_up_again(server: Dovecot, settings: LazySettings) -> None:
    settings.JOB_BACKOFF_SECONDS = 0
    server.deliver(make_messages(1000))
    # Enough for the handshake and a few pages; every connection but the fourth breaks.
    with FaultProxy(server.port, cut_after=120_000, cuts=3) as proxy:
        account = fetched(make_mailbox(server, port=proxy.port))
    assert proxy.connections == 4
    job = Job.objects.get()
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 4)
    assert 0 < job.result["stored"] < 1000, "the first attempts stored nothing"
    assert numbers() == list(range(1, 1001))
    assert (account.stored_count, account.duplicate_count) == (1000, 0)
    assert (account.state, account.last_error) == (AccountState.ACTIVE, "")


def test_reading_leaves_no_trace_in_the_mailbox(server: Dovecot, account: ConnectedAccount) -> None:
    server.deliver(make_messages(5))
    fetched(account)
    with server.client() as client:
        client.select_folder("INBOX", readonly=True)
        assert len(client.search(["UNSEEN"])) == 5


def test_of_a_message_of_30_mb_the_head_is_fetched(
    server: Dovecot, account: ConnectedAccount
) -> None:
    server.deliver([make_message(1) + b"0123456789abcde\n" * (30 * 2**16), make_message(2)])
    fetched(account)
    large = Email.objects.get(subject="Card purchase 1")
    assert large.is_truncated and large.size > 30 * 2**20
    assert len(load_raw(large)) == 256 * 1024
    assert not Email.objects.get(subject="Card purchase 2").is_truncated


def test_bytes_arrive_as_they_were_sent(server: Dovecot, account: ConnectedAccount) -> None:
    odd = make_message(1) + "Grüße, 5 €".encode("cp1252") + b"\xff\n"
    server.deliver([odd])
    fetched(account)
    assert load_raw(Email.objects.get()).replace(b"\r\n", b"\n") == odd


def test_the_own_servers_word_about_a_sender_counts(server: Dovecot) -> None:
    checked = "mx.example; dmarc=pass header.from=harbour.example"
    server.deliver(
        [
            make_message(1, authentication_results=checked),
            make_message(2, authentication_results=checked.replace("mx.", "mx.evil.")),
            make_message(3, authentication_results=checked.replace("pass", "fail")),
        ]
    )
    fetched(make_mailbox(server, authserv_id="mx.example"))
    trust = dict(Email.objects.order_by("subject").values_list("subject", "trust"))
    assert list(trust.values()) == ["verified", "unverified", "failing"]


def test_a_server_that_sends_without_end_does_not_fill_the_memory(
    server: Dovecot, account: ConnectedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail_ingest.providers.imap_tls.MAX_LITERAL", 100)
    server.deliver(make_messages(1))
    assert "broke off" in fetched(account).last_error
    assert not Email.objects.exists()


def test_several_folders_are_read_each_by_its_own_cursor(server: Dovecot) -> None:
    server.deliver(make_messages(2))
    server.deliver(make_messages(2, first=3), folder="Bank")
    account = fetched(make_mailbox(server, folders=["INBOX", "Bank"]))
    assert numbers() == [1, 2, 3, 4]
    assert set(account.cursor) == {"INBOX", "Bank"}
    server.deliver([make_message(5)], folder="Bank")
    fetched(account)
    assert Email.objects.get(subject="Card purchase 5").folder == "Bank"


def test_a_paused_account_is_left_alone_until_resumed(
    server: Dovecot, account: ConnectedAccount
) -> None:
    server.deliver(make_messages(1))
    pause(account)
    assert enqueue_due_accounts() == 0
    resume(account)
    assert enqueue_due_accounts() == 1
    assert enqueue_due_accounts() == 0
    run_due_jobs()
    assert numbers() == [1]
    account.refresh_from_db()
    assert account.next_fetch_at is not None
    assert timedelta(0) < account.next_fetch_at - timezone.now() <= timedelta(minutes=15)


def test_a_backfill_reads_between_two_days_and_counts_first(
    server: Dovecot, account: ConnectedAccount, tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    server.deliver(make_messages(3))
    today = timezone.now().date()
    options = {"tenant": tenant.name, "account": account.label}
    call_command("backfill", **options, since=today, dry_run=True)
    assert capsys.readouterr().out == "3 messages, 3 of them not stored yet.\n"
    call_command("backfill", **options, until=today - timedelta(days=2), dry_run=True)
    assert capsys.readouterr().out == "0 messages, 0 of them not stored yet.\n"
    assert not Email.objects.exists()
    call_command("backfill", **options, since=today)
    run_due_jobs()
    assert numbers() == [1, 2, 3]
    account.refresh_from_db()
    assert account.cursor == {}
    fetched(account)
    assert account.stored_count == 3


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "the password": ({"password": "guess"}, "refused the user name or the password"),
    "a folder": ({"folders": ["Bnak"]}, "has no folder “Bnak”. It has: INBOX"),
    "no trust": ({"ca_certificate": ""}, "The certificate of localhost cannot be trusted"),
    "another name": ({"host": "127.0.0.1"}, "The certificate of 127.0.0.1 cannot be trusted"),
    "the port": ({"port": 1}, "Nothing answers on port 1 of localhost"),
    "the host": ({"host": "mail.invalid"}, "There is no host “mail.invalid”"),
    "a private address": ({"host": "127.0.0.2"}, "which is not a public address"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_a_person_must_put_right_is_said_and_polling_stops(
    name: str, server: Dovecot, settings: LazySettings
) -> None:
    settings.MAIL_ALLOWED_PRIVATE_HOSTS = ["localhost", "127.0.0.1"]
    fields, reason = WRONG[name]
    account = fetched(make_mailbox(server, **fields))
    assert reason in account.last_error
    assert (account.state, account.next_fetch_at) == (AccountState.NEEDS_ATTENTION, None)
    job = Job.objects.get()
    assert (job.state, job.error) == (JobState.FAILED, account.last_error)
    assert PASSWORD not in job.error + job.error_detail
    assert "guess" not in job.error + job.error_detail


@pytest.fixture
def silent() -> Iterator[FaultProxy]:
    with FaultProxy(0, silent=True) as proxy:
        yield proxy


def test_a_server_that_does_not_answer_is_tried_again_later(
    server: Dovecot, silent: FaultProxy, settings: LazySettings
) -> None:
    settings.MAIL_TIMEOUT_SECONDS = 1
    account = fetched(make_mailbox(server, port=silent.port))
    assert "did not answer" in account.last_error
    assert account.state == AccountState.ACTIVE
    assert Job.objects.get().state == JobState.READY


def test_a_provider_says_whether_trying_again_can_help(
    account: ConnectedAccount, silent: FaultProxy
) -> None:
    good = imap_settings(account, PASSWORD)
    with pytest.raises(ProviderRefused):
        ImapProvider(replace(good, password="guess")).check()
    with pytest.raises(ProviderUnavailable):
        ImapProvider(replace(good, port=silent.port, timeout_seconds=0.5)).check()
    assert PASSWORD not in repr(good)


def test_the_newest_is_read_first_and_what_is_new_before_what_is_old(server: Dovecot) -> None:
    server.deliver(make_messages(250))
    server.deliver(make_messages(250, first=301), folder="Bank")
    account = make_mailbox(server, folders=["INBOX", "Bank"])
    with closing(ImapProvider(imap_settings(account, PASSWORD))) as provider:
        pages = list(islice(provider.list_new({}), 3))
    # Page by page from each folder in turn, newest first.
    assert [ref.ref.split(":")[0] for page in pages for ref in page.refs[:1]] == [
        "INBOX", "Bank", "INBOX",
    ]  # fmt: skip
    assert [uids(page)[0] for page in pages] == [250, 250, 150]
    assert [(page.done, page.total) for page in pages] == [(100, 500), (200, 500), (300, 500)]

    # Cut here; meanwhile one has come. It is first, then the way back goes on where it was.
    server.deliver([make_message(551)])
    with closing(ImapProvider(imap_settings(account, PASSWORD))) as provider:
        rest = list(provider.list_new(pages[-1].cursor))
    assert [uids(page)[0] for page in rest] == [251, 50, 150, 50]
    seen = [ref.ref for page in [*pages, *rest] for ref in page.refs]
    assert len(seen) == len(set(seen)) == 501
    assert all(set(place) == {"uidvalidity", "uid", "modseq"} for place in rest[-1].cursor.values())
    assert (rest[-1].cursor["INBOX"]["uid"], rest[-1].cursor["Bank"]["uid"]) == (251, 250)
    with closing(ImapProvider(imap_settings(account, PASSWORD))) as provider:
        assert list(provider.list_new(rest[-1].cursor)) == []


def uids(page: Page) -> list[int]:
    return [int(ref.ref.rpartition(":")[2]) for ref in page.refs]
