"""Mail goes out by a job, over a real SMTP server on loopback."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.mail import send_later
from jobs.models import Job, JobState
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.fakes.smtp import Mailbox
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db


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
