"""What people will be told in the coming days, as far as it is known now. Nothing is written.

The same code decides and writes it as when the time comes (`planning.Planner`, `composing`), so a
preview differs from what is sent only by what happens meanwhile.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from notifications.composing import Letter, letter_of
from notifications.models import Mailing, MailingState, Notification
from notifications.planning import Planner, Slot, slot_of, unplanned
from notifications.push.planning import due_pushes
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id

AHEAD = timedelta(days=7)
# Of so many notices; the soonest first.
AT_MOST = 1_000


@dataclass(frozen=True, slots=True)
class ComingMail:
    """One e-mail that will go out."""

    mailing: Mailing
    """Not saved, where nothing has been decided yet."""
    letter: Letter


@dataclass(frozen=True, slots=True)
class ComingNotice:
    """One notice, and when it reaches its reader."""

    notice: Notification
    tell_at: datetime
    """The next time: in the notification centre, or else by e-mail."""
    mail_at: datetime | None
    """When an e-mail will hold it; None for no e-mail."""
    push_at: datetime | None = None
    """When one's devices are told; None for never."""


@dataclass(frozen=True, slots=True)
class Preview:
    mails: list[ComingMail]
    notices: list[ComingNotice]


def preview(
    now: datetime, *, user_id: uuid.UUID | None = None, ahead: timedelta = AHEAD
) -> Preview:
    """Of one person, or of everybody in the active tenant; the soonest first."""
    until = now + ahead
    waiting = {slot_of(row): row for row in _waiting(until, user_id)}
    held = {slot: list(row.notifications.all()) for slot, row in waiting.items()}
    pushed = _pushed(until, user_id)
    notices = [
        ComingNotice(row, mailing.send_at, mailing.send_at, _at_of(pushed.pop(row.pk, None)))
        for mailing in waiting.values()
        for row in mailing.notifications.all()
    ]
    # Told on devices alone, after quiet hours.
    notices += [ComingNotice(row, at, None, at) for row in pushed.values() if (at := _at_of(row))]
    undecided = unplanned(until).filter(user_id=user_id) if user_id else unplanned(until)
    rows = list(undecided.order_by("due_at", "id")[:AT_MOST])
    planner = Planner({row.user_id for row in rows}, now)
    for row in rows:
        due_at = max(row.due_at, now)
        slot = planner.slot(row, due_at)
        if slot and slot[2] <= until:
            held.setdefault(slot, []).append(row)
        mail_at, push_at = slot[2] if slot else None, planner.push.moment(row, due_at)
        told = [at for at in (due_at if planner.is_shown(row) else None, push_at, mail_at) if at]
        if told:
            notices.append(ComingNotice(row, min(told), mail_at, push_at))
    mails = _mails(held, waiting)
    return Preview(mails, _sayable(notices, mails, until))


def _waiting(until: datetime, user_id: uuid.UUID | None) -> list[Mailing]:
    rows = Mailing.objects.filter(state=MailingState.WAITING, send_at__lte=until)
    rows = rows.filter(user_id=user_id) if user_id else rows
    return list(rows.select_related("user", "tenant").prefetch_related("notifications"))


def _pushed(until: datetime, user_id: uuid.UUID | None) -> dict[uuid.UUID, Notification]:
    """What waits for its moment to be told on devices."""
    rows = Notification.objects.filter(
        push__in=due_pushes(until), cancelled_at=None, read_at=None
    ).select_related("push")
    rows = rows.filter(user_id=user_id) if user_id else rows
    return {row.pk: row for row in rows}


def _at_of(row: Notification | None) -> datetime | None:
    return row.push.send_at if row is not None and row.push is not None else None


def _mails(held: dict[Slot, list[Notification]], waiting: dict[Slot, Mailing]) -> list[ComingMail]:
    people = User.objects.in_bulk({user_id for user_id, _, _ in held})
    tenant = Tenant.objects.get(id=current_tenant_id())
    mails = []
    for slot, rows in sorted(held.items(), key=lambda item: (item[0][2], item[0][0])):
        user_id, frequency, at = slot
        mailing = waiting.get(slot) or Mailing(
            user=people[user_id], tenant=tenant, frequency=frequency, send_at=at
        )
        letter = letter_of(mailing, rows, is_preview=True)
        if letter.notices:
            mails.append(ComingMail(mailing, letter))
    return mails


def _sayable(
    notices: list[ComingNotice], mails: list[ComingMail], until: datetime
) -> list[ComingNotice]:
    """Without what the mails leave out, because it has been read or is theirs no longer to know."""
    said = {notice.id for mail in mails for notice in mail.letter.notices}
    kept = [
        row for row in notices
        if row.mail_at is None or row.mail_at > until or row.notice.id in said
    ]  # fmt: skip
    return sorted(kept, key=lambda row: (row.tell_at, row.notice.id))
