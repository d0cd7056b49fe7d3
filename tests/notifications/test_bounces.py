"""Mail that came back: only what names a mailing of ours and its reader counts."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from notifications.models import DeliverySettings, Mailing, MailingState
from tenancy.models import Tenant
from tests.make import make_member

pytestmark = pytest.mark.django_db


def report(
    mailing: uuid.UUID, address: str, *, action: str = "failed", status: str = "5.1.1",
    inner: str = "message/rfc822",
) -> str:  # fmt: skip
    return f"""From: MAILER-DAEMON@mx.example.org
To: inledger@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 No such
 mailbox

--b
Content-Type: {inner}

From: inledger@example.org
To: {address}
Subject: [Home] Bill due
Message-ID: <{mailing}@example.org>

--b--
"""


@pytest.fixture
def anna(in_tenant: Tenant) -> User:
    return make_member(in_tenant, email="anna@example.org")


@pytest.fixture
def mailing(anna: User) -> Mailing:
    row: Mailing = Mailing.objects.create(
        user=anna, frequency="now", send_at=timezone.now(), state=MailingState.SENT
    )
    return row


def taken(tmp_path: Path, text: str) -> int:
    """What the command did, as the mailing's state tells."""
    path = tmp_path / "report.eml"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    call_command("record_bounce", str(path))
    return Mailing.objects.filter(state=MailingState.BOUNCED).count()


@pytest.mark.parametrize("inner", ["message/rfc822", "text/rfc822-headers"])
def test_a_mail_that_came_back_ends_mails_to_its_address(
    mailing: Mailing, tmp_path: Path, inner: str
) -> None:
    assert taken(tmp_path, report(mailing.pk, "Anna@Example.org", inner=inner)) == 1
    row = DeliverySettings.objects.get(user=mailing.user)
    assert row.bounced_at is not None
    assert row.bounce == "550 5.1.1 No such mailbox"
    mailing.refresh_from_db()
    assert mailing.error == row.bounce


def test_what_is_no_failure_of_our_own_mail_changes_nothing(
    mailing: Mailing, tmp_path: Path
) -> None:
    good = report(mailing.pk, "anna@example.org")
    for text in (
        report(mailing.pk, "anna@example.org", action="delayed", status="4.4.1"),
        report(mailing.pk, "anna@example.org", action="delivered", status="2.0.0"),
        report(mailing.pk, "somebody@example.org"),
        report(uuid.uuid4(), "anna@example.org"),
        good.replace("multipart/report", "multipart/mixed"),
        good.replace("Message-ID", "X-Message-ID"),
        good + "x" * (1 << 20),
        "not a mail",
        "",
    ):
        assert taken(tmp_path, text) == 0, text[:300]
    assert not DeliverySettings.objects.exists()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("record_bounce", str(tmp_path / "none.eml"))
