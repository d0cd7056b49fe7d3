"""Mail goes out by a job, over a real SMTP server on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from accounts.mail import send_later
from jobs.models import Job, JobState
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db


class Mailbox:
    """Keeps what it accepts; `reply` is what it answers instead."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.reply = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.reply.startswith("250"):
            self.messages.append(BytesParser(policy=default).parsebytes(envelope.content))
        return self.reply


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_USE_TLS = False
    settings.DEFAULT_FROM_EMAIL = "Inledger <ledger@example.net>"
    settings.JOB_BACKOFF_SECONDS = 0
    yield mailbox
    controller.stop()


def job() -> Job:
    with all_tenants("a test"):
        found: Job = Job.objects.get()
    return found


def test_a_message_arrives_with_an_id_of_its_job(mailbox: Mailbox, tenant: Tenant) -> None:
    send_later(
        "carol@example.org", "Grüße\r\nBcc: all@example.org", "Text", html="<p>Text</p>",
        tenant_id=tenant.id,
    )  # fmt: skip
    assert mailbox.messages == [], "nothing is sent within the request"
    run_due_jobs()
    (message,) = mailbox.messages
    assert message["To"] == "carol@example.org"
    assert message["From"] == "Inledger <ledger@example.net>"
    assert message["Subject"] == "Grüße Bcc: all@example.org", "a line break adds no header"
    assert message["Bcc"] is None
    assert message["Message-ID"] == f"<{job().id}@example.net>"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


def test_a_refusal_for_good_is_not_tried_again(mailbox: Mailbox) -> None:
    mailbox.reply = "550 No such mailbox"
    send_later("carol@example.org", "Hello", "Text")
    run_due_jobs()
    failed = job()
    assert (failed.state, failed.attempt) == (JobState.FAILED, 1)
    assert "No such mailbox" in failed.error


def test_a_server_that_is_busy_or_gone_is_tried_again(mailbox: Mailbox, settings: Any) -> None:
    mailbox.reply = "451 Later"
    send_later("carol@example.org", "Hello", "Text")
    run_due_jobs(limit=1)
    assert job().state == JobState.READY
    settings.EMAIL_PORT = 1
    run_due_jobs(limit=1)
    waiting = job()
    assert waiting.state == JobState.READY
    assert "could not be reached" in waiting.error
