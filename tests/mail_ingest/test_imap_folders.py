"""Which folders of a mailbox are read: at a real Dovecot, by the job, by API and page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from mail_ingest.connecting import choose_folders, fetch_now
from mail_ingest.models import AccountState, ConnectedAccount, Email
from mail_ingest.providers.imap import ImapProvider
from mail_ingest.providers.imap_folders import folders_of
from mail_ingest.providers.imap_tls import CheckedClient
from tenancy.models import Tenant
from tests.fakes.dovecot import PASSWORD, USER, Dovecot
from tests.mail_ingest.make import make_mailbox, make_message, make_messages
from tests.pages import member
from tests.running import run_due_jobs

pytestmark = [pytest.mark.dovecot, pytest.mark.usefixtures("in_tenant")]
URL = "/api/v1/connected-accounts"


@pytest.fixture
def mailbox(server: Dovecot) -> Dovecot:
    """With an archive under a name of its own, a folder with letters beyond ASCII and others."""
    with server.client() as client:
        for name in ("Ablage", "Sent", "Bücher & Bänke", "Bank"):
            client.create_folder(name)
    for number, folder in enumerate(("INBOX", "Ablage", "Sent", "Bank"), 1):
        server.deliver([make_message(number)], folder=folder)
    return server


def fetched(account: ConnectedAccount) -> ConnectedAccount:
    fetch_now(account)
    run_due_jobs()
    account.refresh_from_db()
    return account


def read() -> set[str]:
    return set(Email.objects.values_list("folder", flat=True))


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that are opened, searched or sized, as they are."""
    said: list[str] = []

    def spied(name: str) -> Callable[..., object]:
        original = getattr(CheckedClient, name)

        def spy(client: CheckedClient, *args: object, **kwargs: object) -> object:
            said.append(name)
            return original(client, *args, **kwargs)

        return spy

    for name in ("select_folder", "search", "fetch"):
        monkeypatch.setattr(CheckedClient, name, spied(name))
    return said


def test_the_inbox_and_the_archive_are_read_where_nobody_has_chosen(mailbox: Dovecot) -> None:
    account = fetched(make_mailbox(mailbox))
    assert read() == {"INBOX", "Ablage"}
    assert set(account.cursor) == {"INBOX", "Ablage"}


def test_folders_are_listed_with_what_they_are_for(mailbox: Dovecot, api: APIClient) -> None:
    account = make_mailbox(mailbox)
    listed = api.get(f"{URL}/{account.pk}/folders").json()
    assert [(f["name"], f["role"], f["is_usual"]) for f in listed] == [
        ("INBOX", "inbox", True), ("Ablage", "archive", True), ("Bank", "", False),
        ("Bücher & Bänke", "", False), ("Sent", "sent", False),
    ]  # fmt: skip
    body = {
        "host": "localhost", "port": mailbox.port, "username": USER, "password": PASSWORD,
        "ca_certificate": mailbox.certificate,
    }  # fmt: skip
    tried = api.post(f"{URL}/check", body).json()
    assert tried["folders"] == {"INBOX": 1, "Ablage": 1}
    assert tried["available"] == listed


def test_a_folder_of_other_letters_is_chosen_and_read(mailbox: Dovecot, api: APIClient) -> None:
    with mailbox.client() as client:
        client.append("Bücher & Bänke", make_message(9))
    account = make_mailbox(mailbox)
    answer = api.patch(f"{URL}/{account.pk}", {"folders": ["Bücher & Bänke"]})
    assert answer.json()["folders"] == ["Bücher & Bänke"]
    account.refresh_from_db()
    fetched(account)
    assert read() == {"Bücher & Bänke"}
    assert api.patch(f"{URL}/{account.pk}", {"folders": []}).json()["folders"] == []


def test_a_choice_reads_what_is_added_and_nothing_again(mailbox: Dovecot) -> None:
    account = fetched(make_mailbox(mailbox))
    choose_folders(account, ["INBOX", "Bank"])
    account.refresh_from_db()
    fetched(account)
    assert read() == {"INBOX", "Ablage", "Bank"}
    assert (account.stored_count, account.duplicate_count) == (3, 0)


def test_a_renamed_folder_is_named_while_the_others_are_read(mailbox: Dovecot) -> None:
    account = fetched(make_mailbox(mailbox, folders=["INBOX", "Bank"]))
    with mailbox.client() as client:
        client.rename_folder("Bank", "Sparkasse")
    mailbox.deliver([make_message(5)])
    fetched(account)
    assert Email.objects.filter(subject="Card purchase 5").exists()
    assert account.state == AccountState.ACTIVE and account.next_fetch_at is not None
    assert "no folder “Bank” any more" in account.last_error
    assert "called “Sparkasse” now" in account.last_error
    choose_folders(account, ["INBOX", "Sparkasse"])
    account.refresh_from_db()
    assert account.last_error == ""
    fetched(account)
    assert account.last_error == ""
    assert (account.stored_count, account.duplicate_count) == (3, 1)


def test_a_deleted_folder_is_told_and_the_others_are_read(mailbox: Dovecot) -> None:
    account = fetched(make_mailbox(mailbox, folders=["INBOX", "Bank"]))
    with mailbox.client() as client:
        client.delete_folder("Bank")
    fetched(account)
    assert "has no folder “Bank”. It has: INBOX, Ablage" in account.last_error
    assert account.state == AccountState.ACTIVE


def test_unchanged_folders_are_not_opened(mailbox: Dovecot, commands: list[str]) -> None:
    account = fetched(make_mailbox(mailbox))
    assert "select_folder" in commands
    assert all("modseq" in position for position in account.cursor.values())
    commands.clear()
    fetched(account)
    assert commands == []
    mailbox.deliver([make_message(5)], folder="Ablage")
    fetched(account)
    assert commands.count("search") == 1
    assert account.stored_count == 3


def test_a_change_that_brings_no_message_opens_nothing(
    mailbox: Dovecot, commands: list[str]
) -> None:
    account = fetched(make_mailbox(mailbox))
    with mailbox.client() as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Seen"])
    commands.clear()
    fetched(account)
    assert commands == []


def test_a_deleted_newest_message_hides_none_that_comes_after(mailbox: Dovecot) -> None:
    mailbox.deliver(make_messages(2, first=5))
    account = fetched(make_mailbox(mailbox, folders=["INBOX"]))
    with mailbox.client() as client:
        client.select_folder("INBOX")
        client.delete_messages([3])
        client.expunge()
    mailbox.deliver([make_message(7)])
    fetched(account)
    assert Email.objects.filter(subject="Card purchase 7").exists()


def test_a_server_without_condstore_is_read_by_uids(
    mailbox: Dovecot, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    has = CheckedClient.has_capability
    monkeypatch.setattr(
        CheckedClient, "has_capability",
        lambda client, name: name != "CONDSTORE" and has(client, name),
    )  # fmt: skip
    account = fetched(make_mailbox(mailbox))
    assert all("modseq" not in position for position in account.cursor.values())
    commands.clear()
    fetched(account)
    assert commands == []
    mailbox.deliver([make_message(5)])
    assert fetched(account).stored_count == 3


def test_a_server_that_tells_no_status_is_opened(
    mailbox: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImapProvider, "_status", lambda provider, folder: {})
    account = fetched(make_mailbox(mailbox))
    mailbox.deliver([make_message(5)])
    assert fetched(account).stored_count == 3


def test_folders_are_chosen_on_a_page(mailbox: Dovecot, in_tenant: Tenant) -> None:
    account = make_mailbox(mailbox)
    browser: Client = member(in_tenant)
    address = f"/connected-accounts/{account.pk}/folders/"
    assert address in browser.get("/connected-accounts/").content.decode()
    html = browser.get(address).content.decode()
    assert "Ablage (archive)" in html and "Bücher &amp; Bänke" in html
    assert html.count("checked") == 2
    assert browser.post(address, {"folders": ["Bnak"]}).status_code == 422
    assert browser.post(address, {"folders": ["INBOX", "Bank"]}).status_code == 302
    account.refresh_from_db()
    assert account.folders == ["INBOX", "Bank"]
    with mailbox.client() as client:
        client.delete_folder("Bank")
    assert "“Bank” is not in the mailbox any more" in browser.get(address).content.decode()


def test_a_mailbox_that_cannot_be_reached_says_so_on_the_page(
    mailbox: Dovecot, in_tenant: Tenant
) -> None:
    account = make_mailbox(mailbox, password="guess")
    answer = member(in_tenant).get(f"/connected-accounts/{account.pk}/folders/")
    assert answer.status_code == 422
    assert "refused the user name or the password" in answer.content.decode()


def test_gmail_has_all_mail_in_one_folder() -> None:
    rows = [
        ((b"\\HasNoChildren",), b"/", "INBOX"),
        ((b"\\HasChildren", b"\\Noselect"), b"/", "[Gmail]"),
        ((b"\\All", b"\\HasNoChildren"), b"/", "[Gmail]/Alle Nachrichten"),
        ((b"\\HasNoChildren", b"\\Junk"), b"/", "[Gmail]/Spam"),
    ]
    folders = folders_of(rows)
    assert [f.name for f in folders if f.is_usual] == ["[Gmail]/Alle Nachrichten"]
    assert "[Gmail]" not in [f.name for f in folders]


def test_an_archive_is_known_by_its_name_where_the_server_says_nothing() -> None:
    rows = [((), b".", "INBOX"), ((), b".", "INBOX.Archive"), ((), b".", "INBOX.Notes")]
    assert [f.name for f in folders_of(rows) if f.is_usual] == ["INBOX", "INBOX.Archive"]
