"""Forwarded mail: by LMTP and SMTP over real sockets, and by signed requests."""

from __future__ import annotations

import io
import logging
import logging.config
import smtplib
import time
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from rest_framework.test import APIClient

from mail_ingest import inbound
from mail_ingest.models import ConnectedAccount, Email, InboundAddress
from mail_ingest.storage import load_raw
from tests.mail_ingest.make import make_message

pytestmark = pytest.mark.django_db(transaction=True)
RAW = make_message(1).replace(b"\n", b"\r\n")


def post(opened: inbound.Opened, body: bytes = RAW, **changes: str) -> Any:
    now = changes.pop("timestamp", str(int(time.time())))
    signed = inbound.signature(changes.pop("secret", opened.secret), now, body)
    return APIClient().post(
        "/api/v1/inbound", body, content_type="message/rfc822",
        headers={
            "X-Inledger-Address": changes.pop("token", opened.address.token),
            "X-Inledger-Timestamp": now,
            "X-Inledger-Signature": changes.pop("signature", f"sha256={signed}"),
        },
    )  # fmt: skip


def test_a_signed_message_is_stored_once(opened: inbound.Opened) -> None:
    first = post(opened)
    assert (first.status_code, first.json()["stored"]) == (202, True)
    assert post(opened).json()["stored"] is False
    email = Email.objects.get()
    assert load_raw(email) == RAW
    assert (email.account.kind, email.trust) == ("inbound", "unverified")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "guess"}, "signature_wrong"),
        ({"signature": ""}, "signature_wrong"),
        ({"signature": "sha256=ü"}, "signature_wrong"),
        ({"token": "no-such-address"}, "signature_wrong"),
        ({"timestamp": "1000000000"}, "timestamp_off"),
        ({"timestamp": "9000000000"}, "timestamp_off"),
        ({"timestamp": "now"}, "timestamp_off"),
        ({"timestamp": "²"}, "timestamp_off"),
    ],
)
def test_what_is_not_signed_now_is_refused(
    opened: inbound.Opened, changes: dict[str, Any], code: str
) -> None:
    refused = post(opened, **changes)
    assert (refused.status_code, refused.json()["code"]) == (403, code)
    assert not Email.objects.exists()


def test_another_body_under_the_same_signature_is_refused(opened: inbound.Opened) -> None:
    signed = inbound.signature(opened.secret, str(int(time.time())), RAW)
    assert post(opened, RAW + b"more", signature=signed).status_code == 403


def test_a_revoked_or_replaced_address_takes_nothing(opened: inbound.Opened) -> None:
    again = inbound.open_address()
    assert post(opened).status_code == 403
    assert post(again).status_code == 202
    inbound.revoke_address()
    assert post(again).status_code == 403


def test_a_paused_account_refuses_in_words(opened: inbound.Opened) -> None:
    ConnectedAccount.objects.update(state="paused")
    refused = post(opened)
    assert "paused" in refused.json()["detail"]


def test_a_mail_server_hands_over(opened: inbound.Opened, mail_server: smtplib.SMTP) -> None:
    to = f"{opened.address.token}@in.example.org"
    assert mail_server.sendmail("ada@example.org", [to], RAW) == {}
    assert mail_server.sendmail("ada@example.org", [to.upper()], RAW) == {}
    assert load_raw(Email.objects.get()) == RAW
    account = ConnectedAccount.objects.get(kind="inbound")
    assert (account.stored_count, account.duplicate_count) == (1, 1)


def test_an_unknown_address_is_refused_at_once(mail_server: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        mail_server.sendmail("ada@example.org", ["nobody@in.example.org"], RAW)
    assert refused.value.recipients["nobody@in.example.org"][0] == 550


def test_while_the_database_is_away_the_sender_is_told_to_try_again(
    opened: inbound.Opened, mail_server: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: Any) -> Any:
        raise OperationalError("the database is gone")

    monkeypatch.setattr("mail_ingest.receiving.receive", away)
    to = f"{opened.address.token}@in.example.org"
    with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused)) as refused:
        mail_server.sendmail("ada@example.org", [to], RAW)
    assert "451" in str(refused.value)
    assert not Email.objects.exists()


def test_the_api_opens_shows_and_closes_an_address(api: APIClient, settings: Any) -> None:
    settings.INBOUND_DOMAIN = "in.example.org"
    made = api.post("/api/v1/inbound-address").json()
    assert made["address"] == f"{made['token']}@in.example.org"
    assert len(made["secret"]) > 30
    (shown,) = api.get("/api/v1/inbound-address").json()["data"]
    assert "secret" not in shown
    assert api.delete("/api/v1/inbound-address").status_code == 204
    assert api.get("/api/v1/inbound-address").json()["data"] == []


def test_a_forward_never_books_itself(opened: inbound.Opened) -> None:
    ConnectedAccount.objects.update(is_own=True)
    post(opened)
    assert InboundAddress.objects.count() == 1
    assert Email.objects.get().trust != "verified"


def test_what_is_no_address_is_refused(opened: inbound.Opened, mail_server: smtplib.SMTP) -> None:
    mail_server.ehlo_or_helo_if_needed()
    mail_server.mail("ada@example.org")
    code, _ = mail_server.rcpt("a\0b@in.example.org")
    assert 500 <= code < 600


def test_the_log_keeps_the_secret_of_an_address(
    opened: inbound.Opened, mail_server: smtplib.SMTP
) -> None:
    logging.config.dictConfig(settings.LOGGING)
    (handler,) = [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]
    was, said = handler.stream, io.StringIO()
    handler.setStream(said)
    try:
        mail_server.sendmail("ada@example.org", [f"{opened.address.token}@in.example.org"], RAW)
    finally:
        handler.setStream(was)
    assert opened.address.token not in said.getvalue()
