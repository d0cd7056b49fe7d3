"""Writing one e-mail in its reader's language: a notice at once, or a digest."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership
from notifications import facts, unsubscribing
from notifications.kinds import KINDS, words
from notifications.models import Frequency, Mailing, Notification


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
    lines: list[Line]
    """What is said of each notice."""
    seen: set[uuid.UUID]
    """All that pointed at the mailing when it was written."""


def compose(mailing: Mailing) -> Letter:
    """The mailing as it would be sent now."""
    return letter_of(mailing, list(Notification.objects.filter(mailing=mailing)))


def letter_of(
    mailing: Mailing, seen: Sequence[Notification], *, is_preview: bool = False
) -> Letter:
    """What a mailing says of these notices: without what has been read, taken back, or is no longer
    this person's to know. A preview has no link to unsubscribe: whoever may read may not write."""
    user = mailing.user
    notices = _sayable(mailing, sorted(seen, key=lambda row: (row.kind, row.due_at, row.id)))
    with translation.override(user.language):
        lines = [described(notice, user.language, user.time_zone) for notice in notices]
        kinds = {notice.kind for notice in notices}
        topic = kinds.pop() if len(kinds) == 1 else f"frequency:{mailing.frequency}"
        path = "" if is_preview else unsubscribing.path_for(mailing.tenant.id, user.id, topic)
        link = path and settings.PUBLIC_URL + path
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
            lines=lines,
            seen={notice.id for notice in seen},
        )


def described(notice: Notification, language: str, time_zone: str) -> Line:
    """A notice in the active language."""
    title, text = words(notice.kind, facts.written(notice.facts, language, time_zone))
    name = str(KINDS[notice.kind].name) if notice.kind in KINDS else notice.kind
    return Line(title, text, notice.link, name)


def still_theirs(user_id: uuid.UUID, seen: Sequence[Notification]) -> list[Notification]:
    """Without what has been taken back, or is no longer this person's to know."""
    membership = (
        Membership.objects.filter(user_id=user_id, user__is_active=True)
        .select_related("role")
        .first()
    )
    if membership is None:
        return []
    codes = membership.role.codes
    return [
        notice
        for notice in seen
        if notice.cancelled_at is None
        and notice.kind in KINDS
        and KINDS[notice.kind].may_know(codes)
    ]


def _sayable(mailing: Mailing, seen: Sequence[Notification]) -> list[Notification]:
    return [
        notice
        for notice in still_theirs(mailing.user_id, seen)
        if notice.read_at is None or mailing.frequency == Frequency.NOW
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
