"""IMAP with the tokens of an OAuth grant, at a real Dovecot that asks over HTTP whose they are."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from jobs.models import Job, JobState
from mail_ingest.connecting import change_account, check_account, fetch_now, folders_of
from mail_ingest.errors import MailboxError
from mail_ingest.models import AccountState, ConnectedAccount, Email
from mail_ingest.oauth import OAuthError, finish, start
from notifications.models import Notification
from tenancy.models import Tenant
from tests.fakes.dovecot import Dovecot, make_certificates
from tests.fakes.graph import FakeGraph, fake_graph
from tests.mail_ingest.make import make_messages
from tests.make import make_member
from tests.pages import signed_in
from tests.running import run_due_jobs

pytestmark = [pytest.mark.dovecot, pytest.mark.usefixtures("in_tenant")]
SESSION = "a-session"
IMAP_SCOPE = "https://outlook.office.com/IMAP.AccessAsUser.All"


@pytest.fixture
def microsoft(settings: Any) -> Iterator[FakeGraph]:
    settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET = "client", "client-secret"
    settings.MAIL_ALLOWED_PRIVATE_HOSTS = ["localhost"]
    settings.MAIL_TIMEOUT_SECONDS = 5
    with fake_graph() as fake:
        fake.scope = f"openid email profile offline_access {IMAP_SCOPE}"
        settings.MICROSOFT_TOKEN_URL = f"{fake.base}/token"
        yield fake


@pytest.fixture(params=["xoauth2", "oauthbearer"])
def server(request: Any, microsoft: FakeGraph) -> Iterator[Dovecot]:
    address = f"{microsoft.base}/tokeninfo?access_token="
    with Dovecot(token_info=address, mechanisms=request.param) as running:
        yield running


@pytest.fixture
def alice(in_tenant: Tenant) -> User:
    return make_member(in_tenant, email="alice@example.org")


def connected(alice: User, port: int, certificate: str) -> ConnectedAccount:
    """Connected as a person does, then pointed at the server of the test."""
    account = granted(alice)
    assert (account.kind, account.host, account.port) == ("outlook", "outlook.office365.com", 993)
    account.host, account.port, account.ca_certificate = "localhost", port, certificate
    account.save()
    return account


def granted(alice: User, **options: Any) -> ConnectedAccount:
    asked = start("outlook", user_id=alice.id, session=SESSION, **{"over_imap": True} | options)
    state = parse_qs(urlsplit(asked).query)["state"][0]
    answer = {"state": state, "code": "good-code"}
    return finish("outlook", answer, user_id=alice.id, session=SESSION)


@pytest.fixture
def account(alice: User, server: Dovecot, microsoft: FakeGraph) -> ConnectedAccount:
    return connected(alice, server.port, server.certificate)


def fetched(account: ConnectedAccount) -> ConnectedAccount:
    fetch_now(account)
    run_due_jobs()
    account.refresh_from_db()
    return account


def test_a_mailbox_is_read_by_its_token(
    server: Dovecot, account: ConnectedAccount, microsoft: FakeGraph
) -> None:
    server.deliver(make_messages(120), user=microsoft.address)
    assert check_account(account).folders == {"INBOX": 120}
    assert fetched(account).stored_count == 120
    assert account.cursor["INBOX"]["uid"] == 120
    assert [f.name for f in folders_of(account)] == ["INBOX"]
    change_account(account, folders=["INBOX"])


def test_a_token_that_was_withdrawn_early_is_renewed_at_once(
    server: Dovecot, account: ConnectedAccount, microsoft: FakeGraph
) -> None:
    server.deliver(make_messages(2), user=microsoft.address)
    microsoft.tokens += 1  # what the account has is not the newest token any more
    assert fetched(account).stored_count == 2
    assert microsoft.tokens == 3


def test_a_grant_that_was_withdrawn_stops_the_polling_and_is_told_once(
    server: Dovecot, account: ConnectedAccount, microsoft: FakeGraph, alice: User
) -> None:
    microsoft.is_revoked = True
    fetched(account)
    assert (account.state, account.next_fetch_at) == (AccountState.RECONNECT, None)
    assert "Connect it again" in account.last_error
    assert Job.objects.get().state == JobState.FAILED
    assert Notification.objects.filter(kind="mailbox_reconnect").count() == 1
    microsoft.is_revoked = False
    again = granted(alice, account=account)
    assert (again.pk, again.host, again.state) == (account.pk, "localhost", AccountState.ACTIVE)
    assert again.next_fetch_at is not None and again.next_fetch_at <= timezone.now()


def test_another_persons_token_opens_no_mailbox(
    server: Dovecot, account: ConnectedAccount, microsoft: FakeGraph
) -> None:
    account.username = "bob@outlook.example"
    account.save()
    fetched(account)
    assert account.state == AccountState.RECONNECT
    assert not Email.objects.exists()


def test_the_permission_for_imap_is_asked_for_and_wanted(microsoft: FakeGraph, alice: User) -> None:
    asked = start("outlook", user_id=alice.id, session=SESSION, over_imap=True)
    assert parse_qs(urlsplit(asked).query)["scope"] == [
        f"openid email profile offline_access {IMAP_SCOPE}"
    ]
    microsoft.scope = "openid email profile"
    with pytest.raises(OAuthError, match="permission to read messages was not given"):
        granted(alice)


def test_a_mailbox_is_not_read_both_ways(microsoft: FakeGraph, alice: User) -> None:
    granted(alice)
    microsoft.scope = "openid email profile Mail.Read"
    with pytest.raises(OAuthError, match="connected already, by the other way"):
        granted(alice, over_imap=False)


def test_the_page_offers_it(microsoft: FakeGraph, alice: User) -> None:
    browser: Client = signed_in(alice)
    assert "Outlook by IMAP" in browser.get("/connected-accounts/new/").content.decode()
    answer = browser.post("/api/v1/auth/microsoft/start", {"imap": "1"})
    assert answer.status_code == 302
    assert IMAP_SCOPE in parse_qs(urlsplit(answer["Location"]).query)["scope"][0]


def test_a_server_without_such_a_login_says_so(alice: User, microsoft: FakeGraph) -> None:
    with Dovecot() as plain:
        account = connected(alice, plain.port, plain.certificate)
        with pytest.raises(MailboxError, match="offers no login by a permission"):
            check_account(account)


def complaint(**told: str) -> bytes:
    return b"+ " + base64.b64encode(json.dumps(told).encode()) + b"\r\n"


REFUSED = {
    "too narrow": (complaint(status="403", scope="x"), "NO refused", "by IMAP was not given"),
    "too narrow, by RFC 7628": (
        complaint(status="insufficient_scope"), "NO refused", "by IMAP was not given",
    ),
    "run out": (complaint(status="401", schemes="Bearer"), "NO SASL error", "has run out"),
    "no words": (b"", "NO AUTHENTICATE failed.", "has run out"),
    "no JSON": (b"+ bm8=\r\n", "NO refused", "has run out"),
    "turned off": (b"", "BAD User is authenticated but not connected.", "IMAP is turned off"),
    "busy": (b"", "NO [UNAVAILABLE] Try again later", "takes no login now"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_put_into_words(
    name: str, alice: User, microsoft: FakeGraph, tmp_path: Path
) -> None:
    told, final, words = REFUSED[name]
    with refusing(tmp_path, told, final) as (port, certificate, heard):
        account = connected(alice, port, certificate)
        with pytest.raises(MailboxError) as caught:
            check_account(account)
    assert words in str(caught.value)
    assert microsoft.access_token not in str(caught.value)
    assert base64.b64decode(heard[0]).startswith(b"user=ada@outlook.example\1auth=Bearer graph-")
    if told:
        assert heard[1] == b"", "the complaint was not answered"


@contextmanager
def refusing(folder: Path, told: bytes, final: str) -> Iterator[tuple[int, str, list[bytes]]]:
    """A server that speaks so much of IMAP as to refuse an XOAUTH2 login as Google and Microsoft
    do."""
    certificate = make_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    heard: list[bytes] = []

    def talk(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as secured, secured.makefile("rwb") as io:
            io.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready\r\n")
            io.flush()
            for line in io:
                tag, command = line.split()[:2]
                if command.upper() == b"CAPABILITY":
                    io.write(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n" + tag + b" OK done\r\n")
                elif command.upper() == b"AUTHENTICATE":
                    io.write(b"+ \r\n")
                    io.flush()
                    heard.append(io.readline().strip())
                    if told:
                        io.write(told)
                        io.flush()
                        heard.append(io.readline().strip())
                    io.write(tag + b" " + final.encode() + b"\r\n")
                io.flush()

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                talk(plain)
            except OSError:
                continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], certificate, heard
        listener.shutdown(socket.SHUT_RDWR)
