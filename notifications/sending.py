"""Sending one e-mail: a notice at once, or a digest.

At least once: a worker that dies between the mail server's answer and the commit sends the same
message again, with the same Message-ID. A notice that joins a mailing while it is being sent goes
into the next one.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from accounts import mail
from jobs.base import BaseJob, JobRun, JsonObject, PermanentError
from jobs.clock import from_now
from notifications.composing import Letter, compose
from notifications.models import DeliverySettings, Mailing, MailingState, Notification
from notifications.planning import SEND

RETRY_AFTER = timedelta(minutes=15)


class SendMailing(BaseJob):
    """Sends one mailing, whose id is the job's subject."""

    kind = SEND
    max_attempts = 3

    def run(self, run: JobRun) -> JsonObject:
        waiting = Mailing.objects.filter(
            id=uuid.UUID(run.info.subject), state=MailingState.WAITING
        ).select_related("user", "tenant")
        mailing: Mailing | None = waiting.first()
        if mailing is None:
            return {"sent": False}
        with run.fenced():
            # Also what a killed worker leaves behind is taken up again, but not at once.
            waiting.update(
                attempts=F("attempts") + 1, retry_at=from_now(RETRY_AFTER.total_seconds())
            )
        letter = compose(mailing)
        state, error = MailingState.EMPTY, ""
        if letter.notices:
            state, error = MailingState.SENT, _send(mailing, letter)
        if error:
            state = MailingState.BOUNCED
        run.finish(lambda: _record(mailing, letter, state, error))
        return {"sent": state == MailingState.SENT}


def _send(mailing: Mailing, letter: Letter) -> str:
    """Returns what the server said if it refused the message for good. Raises RetryLater."""
    headers = {
        # RFC 2369 and RFC 8058: a reader's own button, without signing in.
        "List-Unsubscribe": f"<{letter.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    try:
        mail.deliver(
            mailing.user.email, letter.subject, letter.text, html=letter.html,
            message_id=mailing.id, headers=headers,
        )  # fmt: skip
    except PermanentError as error:
        return str(error)
    return ""


def _record(mailing: Mailing, letter: Letter, state: MailingState, error: str) -> dict[str, Any]:
    sent_at = Now() if state == MailingState.SENT else None
    Mailing.objects.filter(id=mailing.id).update(state=state, error=error, sent_at=sent_at)
    # Joined meanwhile: for the next mailing.
    late = Notification.objects.filter(mailing=mailing).exclude(id__in=letter.seen)
    late.update(planned_at=None, mailing=None)
    if error:
        DeliverySettings.objects.update_or_create(
            user_id=mailing.user_id, defaults={"bounced_at": Now(), "bounce": error}
        )
    return {"sent": state == MailingState.SENT, "notices": len(letter.notices)}
