"""Which folders of an Outlook mailbox are read: by the job, by page and API, over HTTP."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from mail_ingest.connecting import choose_folders, fetch_now, folders_of
from mail_ingest.models import AccountState, ConnectedAccount, Email
from mail_ingest.providers.base import FolderedProvider
from mail_ingest.sources import mailbox_provider
from tests.fakes.graph import INBOX, ROOT, FakeGraph
from tests.mail_ingest.make import make_message
from tests.mail_ingest.test_cloud_mailboxes import alice, connect, microsoft
from tests.running import run_due_jobs

__all__ = ["alice", "microsoft"]

BANK, CARDS, TRASH = "AQBank=", "AQ/Cards+1=", "AQTrash="


@pytest.fixture
def mailbox(microsoft: FakeGraph) -> FakeGraph:
    microsoft.folders |= {
        BANK: ("Bank", ROOT), CARDS: ("Cards", BANK), TRASH: ("Deleted Items", ROOT),
    }  # fmt: skip
    microsoft.well_known["deleteditems"] = TRASH
    for number, folder in enumerate((INBOX, BANK, CARDS, TRASH), 1):
        microsoft.deliver([make_message(number)], folder=folder)
    return microsoft


@pytest.fixture
def account(alice: User, mailbox: FakeGraph) -> ConnectedAccount:
    return connect(alice, "outlook")


def fetched(account: ConnectedAccount) -> ConnectedAccount:
    fetch_now(account)
    run_due_jobs()
    account.refresh_from_db()
    return account


def read() -> dict[str, str]:
    return dict(Email.objects.values_list("subject", "folder"))


def test_all_folders_are_listed_by_their_way_and_their_role(account: ConnectedAccount) -> None:
    assert isinstance(mailbox_provider(account), FolderedProvider)
    found = [(f.name, f.label, f.role, f.is_usual) for f in folders_of(account)]
    assert found == [
        ("inbox", "Inbox", "inbox", True),
        (BANK, "Bank", "", False),
        (CARDS, "Bank/Cards", "", False),
        (TRASH, "Deleted Items", "trash", False),
    ]


def test_what_is_chosen_is_read_and_the_inbox_goes_on_where_it_was(
    account: ConnectedAccount, mailbox: FakeGraph
) -> None:
    fetched(account)
    assert read() == {"Card purchase 1": "inbox"}
    before = account.cursor["inbox"]
    choose_folders(account, ["inbox", CARDS])
    fetched(account)
    assert read() == {"Card purchase 1": "inbox", "Card purchase 3": "Bank/Cards"}
    assert set(account.cursor) == {"inbox", CARDS}
    assert account.cursor["inbox"] == before


def test_a_folder_that_has_gone_is_told_and_the_others_are_read(
    account: ConnectedAccount, mailbox: FakeGraph
) -> None:
    choose_folders(account, [BANK, CARDS])
    del mailbox.folders[CARDS]
    fetched(account)
    assert read() == {"Card purchase 2": "Bank"}
    assert account.state == AccountState.ACTIVE
    assert "1 of the chosen folders" in account.last_error
    del mailbox.folders[BANK]
    fetched(account)
    assert account.state == AccountState.NEEDS_ATTENTION
    assert "choose the folders again" in account.last_error


def test_the_page_offers_them_and_keeps_the_choice(account: ConnectedAccount, alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    page = f"/connected-accounts/{account.pk}/folders/"
    html = browser.get(page).content.decode()
    assert "Bank/Cards" in html
    assert browser.post(page, {"folders": [BANK]}).status_code == 302
    account.refresh_from_db()
    assert account.folders == [BANK]
    listed = browser.get("/connected-accounts/").content.decode()
    assert "1 chosen" in listed
    assert BANK not in listed
