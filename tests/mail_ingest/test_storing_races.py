"""Storing, deleting and failing at the same time: nothing is lost, and nobody waits for ever."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.query import QuerySet

from mail_ingest import deleting, fetching, inbound
from mail_ingest.connecting import backfill, delete_account, fetch_now
from mail_ingest.deleting import _delete_account, _delete_some
from mail_ingest.models import (
    AccountState,
    ConnectedAccount,
    Email,
    EmailState,
    InboundAddress,
    RawMessage,
)
from mail_ingest.providers.base import FetchedMessage, MessageRef, Page
from mail_ingest.storage import load_raw, prepare, store_emails
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.mail_ingest.make import make_message, make_messages
from tests.mail_ingest.test_identity import fetched, make_imap, store
from tests.mail_ingest.test_inbound import RAW, post
from tests.running import run_due_jobs

pytestmark = [pytest.mark.usefixtures("in_tenant"), pytest.mark.django_db(transaction=True)]
# Long enough for a deletion that waits for nobody to have gone by.
HELD_SECONDS = 0.5
PLAIN = make_message(1)


class Beside:
    """Work in a thread of its own, in the tenant's scope. `join` raises what it has raised."""

    def __init__(self, tenant: Tenant, work: Callable[[], object]) -> None:
        self._tenant, self._work = tenant, work
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with tenant_scope(self._tenant.id):
                self._work()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self._errors.append(error)
        finally:
            connection.close()

    def join(self) -> None:
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()
        if self._errors:
            raise self._errors[0]


def test_a_copy_that_is_stored_while_its_original_is_deleted_takes_its_place(
    in_tenant: Tenant,
) -> None:
    first, second = make_imap("One"), make_imap("Two")
    store(first, PLAIN)
    kept, stored, deleting = Email.objects.get(), threading.Event(), threading.Event()

    def store_copy() -> None:
        with transaction.atomic():
            fetching._count(second, store_emails(prepare(second, [fetched(PLAIN)])))
            stored.set()
            deleting.wait(timeout=20)
            time.sleep(HELD_SECONDS)

    beside = Beside(in_tenant, store_copy)
    assert stored.wait(timeout=20)
    deleting.set()
    with transaction.atomic():
        assert _delete_some(first) == 1
    beside.join()
    message = Email.objects.get()
    assert (message.pk, message.state) == (kept.pk, EmailState.STORED)
    assert message.account == second and load_raw(message) == PLAIN


@pytest.mark.postgresql
def test_a_message_that_is_deleted_while_it_is_stored_again_is_stored(
    opened: inbound.Opened,
    mail_server: smtplib.SMTP,
    in_tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once, the account that had it goes in the moment between looking and taking."""
    one = make_imap("One")
    store(one, RAW)
    insert = QuerySet.bulk_create

    def insert_and_lose(rows: Any, *arguments: Any, **options: Any) -> Any:
        made = insert(rows, *arguments, **options)
        if rows.model is RawMessage and ConnectedAccount.objects.filter(pk=one.pk).exists():
            Beside(in_tenant, lambda: lose(one)).join()
        return made

    def lose(account: ConnectedAccount) -> None:
        with transaction.atomic():
            _delete_some(account)
        _delete_account(account, 0)

    monkeypatch.setattr(QuerySet, "bulk_create", insert_and_lose)
    to = [f"{opened.address.token}@in.example.org"]
    assert mail_server.sendmail("ada@example.org", to, RAW) == {}
    assert Email.objects.get().account.kind == "inbound"
    assert load_raw(Email.objects.get()) == RAW


@pytest.mark.postgresql
def test_two_that_store_the_same_in_opposite_orders_do_not_block_each_other(
    in_tenant: Tenant,
) -> None:
    """A mailbox that is read from its newest, and an archive from its oldest message."""
    one, two = make_imap("One"), make_imap("Two")
    for turn in range(3):
        raws = make_messages(400, first=1 + 400 * turn)
        ready = threading.Barrier(2)

        def work(account: ConnectedAccount, some: list[bytes], turn: int, at: Any) -> None:
            ready_to = [fetched(raw, ref=f"{turn}.{raw[-60:].hex()}") for raw in some]
            prepared = prepare(account, ready_to)
            with transaction.atomic():
                RawMessage.objects.exists()
                at.wait(timeout=20)
                store_emails(prepared)

        beside = [
            Beside(in_tenant, lambda a=account, s=some, t=turn, r=ready: work(a, s, t, r))
            for account, some in ((one, raws), (two, raws[::-1]))
        ]
        for each in beside:
            each.join()
    assert RawMessage.objects.count() == 1_200
    assert Email.objects.filter(state=EmailState.COPY).count() == 1_200


def test_a_fetch_that_fails_undoes_no_deletion(monkeypatch: pytest.MonkeyPatch) -> None:
    one = make_imap("One", host="imap.example.org")

    def broken(account: ConnectedAccount) -> Any:
        raise fetching.ProviderUnavailable("The server is away.")

    look, looks = fetching._account, []

    def look_and_delete(run: Any) -> ConnectedAccount | None:
        found = look(run)
        looks.append(found)
        if len(looks) == 2:
            # The failure is about to be noted: now the person deletes the account.
            delete_account(ConnectedAccount.objects.get(), confirm="One")
        return found

    monkeypatch.setattr(fetching, "mailbox_provider", broken)
    monkeypatch.setattr(fetching, "_account", look_and_delete)
    fetch_now(one)
    run_due_jobs(limit=1)
    assert len(looks) == 2
    assert ConnectedAccount.objects.get().state == AccountState.DELETING


def test_mail_that_comes_while_its_account_is_deleted_leaves_nothing(
    opened: inbound.Opened,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = ConnectedAccount.objects.get()
    prepared = inbound.prepare

    def prepare_and_delete(*arguments: Any) -> Any:
        found = prepared(*arguments)
        delete_account(account, confirm=account.label)
        run_due_jobs()
        return found

    monkeypatch.setattr(inbound, "prepare", prepare_and_delete)
    # The address goes with the account: nothing is left that could be refused in words.
    with pytest.raises((inbound.InboundRefused, ConnectedAccount.DoesNotExist)):
        inbound.receive(opened.address, RAW)
    assert not RawMessage.objects.exists() and not Email.objects.exists()


def test_a_new_address_is_not_that_of_an_account_that_goes(
    opened: inbound.Opened,
) -> None:
    account = ConnectedAccount.objects.get()
    delete_account(account, confirm=account.label)
    again = inbound.open_address()
    run_due_jobs()
    assert InboundAddress.objects.get().pk == again.address.pk


@pytest.mark.postgresql
def test_two_addresses_at_once_leave_one(in_tenant: Tenant) -> None:
    inbound.open_address()
    ready = threading.Barrier(2)

    def again() -> None:
        InboundAddress.objects.exists()
        ready.wait(timeout=20)
        inbound.open_address()

    for each in [Beside(in_tenant, again) for _ in range(2)]:
        each.join()
    assert InboundAddress.objects.filter(revoked_at=None).count() == 1


def test_paused_mail_is_sent_again_later(
    opened: inbound.Opened,
    mail_server: smtplib.SMTP,
) -> None:
    ConnectedAccount.objects.update(state=AccountState.PAUSED)
    assert post(opened).status_code == 503
    with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused)) as refused:
        mail_server.sendmail("ada@example.org", [f"{opened.address.token}@in.example.org"], RAW)
    assert "451" in str(refused.value)
    ConnectedAccount.objects.update(state=AccountState.ACTIVE)
    assert post(opened).status_code == 202


class Slow:
    """A mailbox of twenty messages in pages of five, each under a name that is new."""

    def __init__(self, raws: list[bytes]) -> None:
        self.raws = raws
        self.fetched: list[str] = []

    def list_between(self, since: object, until: object) -> Any:
        for at in range(0, 20, 5):
            refs = tuple(MessageRef(f"new{n}", "INBOX", 9) for n in range(at, at + 5))
            yield Page(refs, {}, at, 20)

    def fetch(self, refs: Any) -> Any:
        for ref in refs:
            self.fetched.append(ref.ref)
            yield FetchedMessage(ref, self.raws[int(ref.ref[3:])])

    def close(self) -> None:
        pass


def test_a_backfill_of_what_is_known_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages whose names have changed leave no row by which they would be known."""
    one, raws = make_imap("One", host="imap.example.org"), make_messages(20)
    for number, raw in enumerate(raws):
        store(one, raw, ref=f"old{number}")
    mailbox = Slow(raws)
    monkeypatch.setattr(fetching, "mailbox_provider", lambda account: mailbox)
    monkeypatch.setattr(fetching, "TURN_SECONDS", 0)
    backfill(one, since=None, until=None)
    assert run_due_jobs(limit=10) <= 5
    assert mailbox.fetched == [f"new{n}" for n in range(20)]


@pytest.mark.postgresql
def test_two_that_are_deleted_at_once_leave_all_to_the_third(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "AT_ONCE", 7)
    one, two, three = make_imap("One"), make_imap("Two"), make_imap("Three")
    raws = list(make_messages(60))
    for account in (one, two, three):
        for number, raw in enumerate(raws):
            store(account, raw, ref=str(number))
    ids = set(Email.objects.filter(account=one).values_list("id", flat=True))
    ready = threading.Barrier(2)

    def delete(account: ConnectedAccount) -> Callable[[], object]:
        def work() -> None:
            ready.wait(timeout=20)
            delete_account(account, confirm=account.label)
            run_due_jobs()

        return work

    for each in [Beside(in_tenant, delete(account)) for account in (one, two)]:
        each.join()
    run_due_jobs()
    left = Email.objects.filter(account=three, state=EmailState.STORED)
    assert set(left.values_list("id", flat=True)) == ids, "with all that was read from them"
    assert [ConnectedAccount.objects.get(), Email.objects.count()] == [three, 60]
    assert ConnectedAccount.objects.get().stored_count == 60
    assert RawMessage.objects.count() == 60
