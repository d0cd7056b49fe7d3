"""Mail that we send: always by a job, so that no request waits for a mail server, and none tells
by its duration whether an address is known.

A job's rows are visible to operators and to members: what only its reader may know (a code, an
invitation's link) is made when the mail is sent, never put into a payload (see `jobs`).
"""

from __future__ import annotations

import smtplib
import uuid
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from jobs.base import PermanentError, RetryLater
from jobs.models import Job
from jobs.runner import JobRunner
from tenancy.ids import new_id
from tenancy.wording import worded

SEND_MAIL = "accounts.send_mail"


def send_later(
    to: str, subject: str, text: str, *, html: str | None = None, tenant_id: uuid.UUID | None = None
) -> Job:
    """Enqueue one message, in the caller's transaction. At least once: a repeat after a crash has
    the same Message-ID, by which mail servers and readers know it."""
    return JobRunner.enqueue(
        SEND_MAIL,
        subject=str(new_id()),
        payload={"to": to, "subject": subject, "text": text, "html": html},
        tenant_id=tenant_id,
    )


def render(name: str, context: dict[str, Any]) -> tuple[str, str]:
    """Subject and text of templates/accounts/mail/<name>.txt, whose first line is the subject."""
    whole = render_to_string(f"accounts/mail/{name}.txt", {"url": settings.PUBLIC_URL, **context})
    subject, _, text = whole.lstrip().partition("\n")
    return subject.strip(), text.strip() + "\n"


def deliver(
    to: str,
    subject: str,
    text: str,
    *,
    html: str | None = None,
    message_id: uuid.UUID,
    headers: dict[str, str] | None = None,
) -> None:
    """Hand one message to the mail server now. Raises PermanentError when it refuses the message
    for good (RFC 5321: 5xx), RetryLater for everything else that may pass."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=text,
        to=[to],
        headers={"Message-ID": f"<{message_id}@{domain}>", **(headers or {})},
    )
    if html:
        message.attach_alternative(html, "text/html")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise _failure(min(codes, default=0), error) from error
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code, error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise RetryLater(
            worded("The mail server could not be reached: %(reason)s", reason=error)
        ) from error


def _failure(code: int, error: Exception) -> Exception:
    if 500 <= code < 600:
        return PermanentError(
            worded("The mail server refused the message: %(reason)s", reason=error)
        )
    return RetryLater(
        worded("The mail server did not take the message yet: %(reason)s", reason=error)
    )
