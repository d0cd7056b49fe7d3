"""Mailboxes that are watched: a real Dovecot tells of new mail, and a fetch is enqueued."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from imapclient.exceptions import IMAPClientError

from jobs.models import Job, JobState
from mail_ingest import watching
from mail_ingest.connecting import change_account, pause
from mail_ingest.models import ConnectedAccount, Email
from mail_ingest.providers.base import ProviderRefused, ProviderUnavailable
from mail_ingest.providers.imap import ImapProvider
from mail_ingest.providers.imap_idle import idle
from mail_ingest.providers.imap_tls import CheckedClient
from mail_ingest.sources import imap_settings
from mail_ingest.watching import Watcher, wanted
from tests.fakes.dovecot import PASSWORD, Dovecot
from tests.fakes.fault_proxy import FaultProxy
from tests.mail_ingest.make import make_mailbox, make_message
from tests.running import run_due_jobs

pytestmark = [pytest.mark.dovecot, pytest.mark.usefixtures("in_tenant")]


@pytest.fixture
def account(server: Dovecot) -> ConnectedAccount:
    return make_mailbox(server)


def within(seconds: float, is_so: Callable[[], object]) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if is_so():
            return True
        time.sleep(0.05)
    return False


class Held:
    """A provider that watches in a thread and counts what it is told."""

    def __init__(self, account: ConnectedAccount, answers: Iterator[bool] | None = None) -> None:
        self.provider = ImapProvider(imap_settings(account, PASSWORD))
        self.told: list[float] = []
        self.error: BaseException | None = None
        self.stopped = threading.Event()
        self.answers = answers
        self.thread = threading.Thread(target=self.run)

    def tell(self) -> bool:
        self.told.append(time.monotonic())
        return next(self.answers, True) if self.answers else True

    def run(self) -> None:
        try:
            self.provider.watch(self.tell, self.stopped.is_set)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error
        finally:
            self.provider.close()

    def __enter__(self) -> Held:
        self.thread.start()
        assert within(5, lambda: self.told), self.error
        time.sleep(0.3)
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopped.set()
        self.thread.join(15)
        assert not self.thread.is_alive()


def test_the_server_tells_of_a_message_within_seconds(
    server: Dovecot, account: ConnectedAccount
) -> None:
    with Held(account) as held:
        assert len(held.told) == 1
        began = time.monotonic()
        with server.client() as other:
            other.append("INBOX", make_message(1))
        assert within(5, lambda: len(held.told) == 2)
        assert held.told[1] - began < 5
    assert held.error is None


def test_what_was_not_heard_is_told_again(
    account: ConnectedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mail_ingest.providers.imap.idle",
        lambda client, tell, is_over: idle(client, tell, is_over, look_seconds=0.2),
    )
    with Held(account, iter([False, False, True])) as held:
        assert within(5, lambda: len(held.told) == 3)
        time.sleep(0.6)
        assert len(held.told) == 3


def test_idle_is_renewed_before_the_server_ends_it(
    account: ConnectedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[float] = []
    original = CheckedClient.idle

    def counted(client: CheckedClient) -> None:
        begun.append(time.monotonic())
        original(client)

    monkeypatch.setattr(CheckedClient, "idle", counted)
    monkeypatch.setattr(
        "mail_ingest.providers.imap.idle",
        lambda client, tell, is_over: idle(
            client, tell, is_over, renew_seconds=0.4, look_seconds=0.1
        ),
    )
    with Held(account):
        assert within(5, lambda: len(begun) >= 3)


def test_a_connection_that_is_cut_is_noticed(server: Dovecot) -> None:
    with FaultProxy(server.port) as proxy, Held(make_mailbox(server, port=proxy.port)) as held:
        proxy.__exit__()
        assert within(12, lambda: held.error)
    assert isinstance(held.error, ProviderUnavailable)


def test_a_server_that_cannot_tell_says_so(
    account: ConnectedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    has = CheckedClient.has_capability
    monkeypatch.setattr(
        CheckedClient, "has_capability", lambda client, name: name != "IDLE" and has(client, name)
    )
    with pytest.raises(ProviderRefused, match="does not tell of new mail"):
        ImapProvider(imap_settings(account, PASSWORD)).watch(lambda: True, lambda: True)
    assert not issubclass(ProviderRefused, IMAPClientError)


def test_only_mailboxes_that_ask_for_it_are_watched(account: ConnectedAccount) -> None:
    assert wanted() == {}
    change_account(account, is_watched=True)
    assert wanted() == {account.pk: account.tenant_id}
    pause(account)
    assert wanted() == {}


@pytest.mark.django_db(transaction=True)
def test_a_message_that_arrives_is_stored_within_seconds(
    server: Dovecot, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BACKOFF_SECONDS", (0.2,))
    account = make_mailbox(server, is_watched=True)
    run_due_jobs()
    watcher = Watcher()
    watcher.look()
    try:
        assert within(10, lambda: Job.objects.filter(trigger="New mail").exists())
        run_due_jobs()
        time.sleep(0.3)
        began = time.monotonic()
        with server.client() as other:
            other.append("INBOX", make_message(1))

        def is_stored() -> bool:
            run_due_jobs()
            return Email.objects.filter(account=account).exists()

        assert within(10, is_stored)
        assert time.monotonic() - began < 8
        assert not Job.objects.filter(state=JobState.FAILED).exists()
        change_account(account, is_watched=False)
        watcher.look()
        assert watcher.watches == {}
    finally:
        watcher.stop()
