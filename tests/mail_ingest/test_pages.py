"""Pages of connected accounts: importing, connecting, pausing and deleting."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs.models import Job
from mail_ingest.fetching import FetchAccount
from mail_ingest.models import AccountState, ConnectedAccount, MailImport
from tenancy.models import Tenant
from tests.fakes.dovecot import PASSWORD, USER, Dovecot
from tests.mail_ingest.make import make_message
from tests.pages import form_values, member

MAILBOX = {
    "label": "Post",
    "host": "127.0.0.1",
    "port": "1",
    "username": "lena",
    "password": "hush hush",
}


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


@pytest.fixture
def account(in_tenant: Tenant) -> ConnectedAccount:
    made: ConnectedAccount = ConnectedAccount.objects.create(
        kind="imap", label="Post", host="imap.example.org", username="lena"
    )
    return made


def test_an_upload_becomes_an_import_job(browser: Client) -> None:
    file = SimpleUploadedFile("one.eml", make_message())
    answer = browser.post("/connected-accounts/upload/", {"file": file, "is_own": "on"})
    assert answer.status_code == 302
    mail_import = MailImport.objects.get()
    assert mail_import.account.is_own
    assert Job.objects.filter(kind="mail_ingest.import_file").count() == 1
    assert "one.eml" in browser.get("/connected-accounts/").content.decode()


def test_a_file_that_is_no_mail_is_refused_in_place(browser: Client) -> None:
    file = SimpleUploadedFile("photo.jpg", b"\xff\xd8\xff\xe0 no mail at all")
    answer = browser.post("/connected-accounts/upload/", {"file": file})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not MailImport.objects.exists()


def test_a_mailbox_that_cannot_be_reached_is_not_saved_and_the_form_is_kept(
    browser: Client,
) -> None:
    answer = browser.post("/connected-accounts/new/", MAILBOX)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert form_values(html)["username"] == "lena"
    assert "hush hush" not in html
    assert 'role="alert"' in html
    assert not ConnectedAccount.objects.exists()


def test_a_mailbox_is_tried_out_without_being_saved(browser: Client) -> None:
    html = browser.post("/connected-accounts/try/", MAILBOX).content.decode()
    assert "note bad" in html
    assert not ConnectedAccount.objects.exists()


def test_a_mailbox_is_fetched_paused_and_resumed(
    browser: Client, account: ConnectedAccount
) -> None:
    browser.post(f"/connected-accounts/{account.pk}/fetch/")
    assert Job.objects.filter(kind="mail_ingest.fetch_account").exists()
    browser.post(f"/connected-accounts/{account.pk}/pause/")
    account.refresh_from_db()
    assert account.state == AccountState.PAUSED
    browser.post(f"/connected-accounts/{account.pk}/resume/")
    account.refresh_from_db()
    assert account.state == AccountState.ACTIVE


def test_deleting_takes_the_name_and_says_so(browser: Client, account: ConnectedAccount) -> None:
    address = f"/connected-accounts/{account.pk}/delete/"
    assert browser.post(address, {"confirm": "Other"}).status_code == 422
    account.refresh_from_db()
    assert account.state == AccountState.ACTIVE
    assert browser.post(address, {"confirm": "Post"}).status_code == 302
    account.refresh_from_db()
    assert account.state == AccountState.DELETING


def test_a_change_that_does_not_work_is_not_saved(
    browser: Client, account: ConnectedAccount
) -> None:
    address = f"/connected-accounts/{account.pk}/"
    assert form_values(browser.get(address).content.decode())["host"] == "imap.example.org"
    assert browser.post(address, MAILBOX).status_code == 422
    account.refresh_from_db()
    assert account.host == "imap.example.org"


def test_a_stored_password_is_tried_at_no_other_server(
    browser: Client, account: ConnectedAccount
) -> None:
    sent = MAILBOX | {"password": "", "host": "imap.mallory.example"}
    answer = browser.post(f"/connected-accounts/{account.pk}/", sent)
    assert answer.status_code == 422
    assert "Give the password again" in answer.content.decode()


@pytest.mark.dovecot
def test_a_mailbox_is_tried_connected_and_changed_over_the_wire(
    browser: Client, settings: Any
) -> None:
    settings.MAIL_ALLOWED_PRIVATE_HOSTS = ["localhost", "127.0.0.1"]
    with Dovecot() as server:
        described = MAILBOX | {
            "host": "localhost",
            "port": str(server.port),
            "username": USER,
            "password": PASSWORD,
            "ca_certificate": server.certificate,
        }
        server.deliver([make_message(1), make_message(2)])
        tried = browser.post("/connected-accounts/try/", described).content.decode()
        assert "INBOX: 2" in tried
        refused = browser.post("/connected-accounts/new/", described | {"password": "wrong"})
        assert refused.status_code == 422
        assert not ConnectedAccount.objects.exists()
        assert browser.post("/connected-accounts/new/", described).status_code == 302
        account = ConnectedAccount.objects.get()
        # Who connects it is told that it is being read: that does not wait for the schedule.
        assert Job.objects.get(kind=FetchAccount.kind).subject == str(account.pk)
        # Without a new password the stored one is tried, and kept.
        changed = described | {"label": "Renamed", "password": ""}
        assert browser.post(f"/connected-accounts/{account.pk}/", changed).status_code == 302
        account.refresh_from_db()
        assert account.label == "Renamed"


def test_a_neighbours_mailbox_is_not_there(account: ConnectedAccount, stranger: Tenant) -> None:
    other = member(stranger, email="bob@example.org")
    for verb in ("fetch", "pause", "resume", "delete"):
        assert other.post(f"/connected-accounts/{account.pk}/{verb}/").status_code == 404
    account.refresh_from_db()
    assert account.state == AccountState.ACTIVE
