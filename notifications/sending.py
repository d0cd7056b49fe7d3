"""Writing and sending one e-mail: a notice at once, or a digest.

At least once: a worker that dies between the mail server's answer and the commit sends the same
message again, with the same Message-ID. A notice that joins a mailing while it is being sent goes
into the next one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import mail
from accounts.models import Membership
from jobs.base import BaseJob, JobRun, JsonObject, PermanentError
from jobs.clock import from_now
from notifications import facts, unsubscribing
from notifications.kinds import KINDS, words
from notifications.models import (
    DeliverySettings,
    Frequency,
    Mailing,
    MailingState,
    Notification,
)
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


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    text: str
    link: str
    kind: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mailing says, in its reader's language."""

    subject: str
    text: str
    html: str
    unsubscribe: str
    """The address that stops mails like this, without signing in."""
    notices: list[Notification]
    seen: set[uuid.UUID]
    """All that pointed at the mailing when it was written."""


def compose(mailing: Mailing) -> Letter:
    """The mailing as it would be sent now: without what has been read, taken back, or is no longer
    this person's to know."""
    user = mailing.user
    seen = list(Notification.objects.filter(mailing=mailing).order_by("kind", "due_at", "id"))
    notices = _sayable(mailing, seen)
    with translation.override(user.language):
        lines = [described(notice, user.language, user.time_zone) for notice in notices]
        kinds = {notice.kind for notice in notices}
        topic = kinds.pop() if len(kinds) == 1 else f"frequency:{mailing.frequency}"
        link = settings.PUBLIC_URL + unsubscribing.path_for(mailing.tenant.id, user.id, topic)
        context = {
            "mailing": mailing,
            "tenant": mailing.tenant.name,
            "groups": _grouped(lines),
            "heading": _heading(mailing, lines),
            "url": settings.PUBLIC_URL,
            "unsubscribe": link,
            "language": user.language,
        }
        return Letter(
            subject=f"[{mailing.tenant.name}] {context['heading']}",
            text=render_to_string("notifications/mail/letter.txt", context).strip() + "\n",
            html=render_to_string("notifications/mail/letter.html", context),
            unsubscribe=link,
            notices=notices,
            seen={notice.id for notice in seen},
        )


def described(notice: Notification, language: str, time_zone: str) -> Line:
    """A notice in the active language."""
    title, text = words(notice.kind, facts.written(notice.facts, language, time_zone))
    name = str(KINDS[notice.kind].name) if notice.kind in KINDS else notice.kind
    return Line(title, text, notice.link, name)


def _sayable(mailing: Mailing, seen: list[Notification]) -> list[Notification]:
    membership = (
        Membership.objects.filter(user_id=mailing.user_id, user__is_active=True)
        .select_related("role")
        .first()
    )
    codes = membership.role.codes | {""} if membership else frozenset()
    return [
        notice
        for notice in seen
        if notice.cancelled_at is None
        and (notice.read_at is None or mailing.frequency == Frequency.NOW)
        and notice.kind in KINDS
        and KINDS[notice.kind].permission in codes
    ]


def _heading(mailing: Mailing, lines: Sequence[Line]) -> str:
    if len(lines) == 1:
        return lines[0].title
    counted = ngettext("%(count)d notice", "%(count)d notices", len(lines)) % {"count": len(lines)}
    if mailing.frequency == Frequency.WEEKLY:
        return _("Your week: %(notices)s") % {"notices": counted}
    return _("Your day: %(notices)s") % {"notices": counted}


def _grouped(lines: Sequence[Line]) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.kind, []).append(line)
    return groups


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
