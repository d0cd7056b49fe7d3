"""What messages announce of subscriptions and refunds: heard once, told in time, watched."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils.translation import gettext

from finance.bills.names import same_name
from finance.errors import WrongState
from finance.ledger.movements import LARGEST_MINOR, Source, clean_text
from finance.ledger.writing import change, insert, locked, plain, writing
from finance.models import (
    DEADLINES,
    Announcement,
    AnnouncementKind,
    AnnouncementState,
    Subscription,
    SubscriptionState,
)
from finance.money import Money
from finance.notices.ahead import LOOK, morning_of
from finance.querysets import today
from finance.subscriptions import deciding
from notifications import facts
from notifications.notify import cancel as take_back
from notifications.notify import notify
from tenancy.ids import new_id

LINK: Final = "/recurring/subscriptions/"
# What was to happen before is history: an archive of years is full of it.
OLDEST: Final = timedelta(days=60)
# A message that says the same again within this time is a reminder.
REMINDED_WITHIN: Final = timedelta(days=45)
# So many days ahead the end of a trial is told.
AHEAD: Final = timedelta(days=3)
KEPT: Final = ("kind", "name", "day", "amount_minor", "currency", "state")


@dataclass(frozen=True, slots=True)
class Said:
    """What one message announces. With any of `doubts` (stable codes) a person has to confirm it
    before anybody is told, or anything is changed."""

    source: Source
    kind: AnnouncementKind
    name: str
    told_on: date
    day: date | None = None
    amount: Money | None = None
    old_amount: Money | None = None
    doubts: tuple[str, ...] = ()


def hear(said: Sequence[Said]) -> list[Announcement]:
    """Keep what messages announce; each message once, and a reminder is no second announcement.
    Returns the new ones."""
    oldest = today() - OLDEST
    sound = [s for s in said if (s.day or s.told_on) >= oldest and s.name.strip() and _is_sane(s)]
    if not sound:
        return []
    with writing():
        known = list(
            Announcement.objects.filter(
                told_on__gte=min(s.told_on for s in sound) - REMINDED_WITHIN
            )
        )
        rows = list(Subscription.objects.exclude(state=SubscriptionState.REJECTED))
        new: list[Announcement] = []
        for one in sound:
            if not any(_repeats(one, row) for row in known):
                row = _row(one, rows)
                new.append(row)
                known.append(row)
        insert(new, "hear", [{name: plain(getattr(row, name)) for name in KEPT} for row in new])
        for row in new:
            if row.state == AnnouncementState.OPEN:
                _act(row)
    return new


def confirm(announcement_id: uuid.UUID) -> Announcement:
    """It is so, although its message was doubtful. Raises NotInLedger, WrongState."""
    with writing():
        row = locked(Announcement, announcement_id)
        if row.state not in (AnnouncementState.PROPOSED, AnnouncementState.OPEN):
            raise WrongState(gettext("It has been dealt with."), code="done")
        if change(row, "confirm", {"state": AnnouncementState.OPEN, "doubts": []}):
            _act(row)
    return row


def dismiss(announcement_id: uuid.UUID) -> Announcement:
    """It is of no interest, or not so. Raises NotInLedger."""
    with writing():
        row = locked(Announcement, announcement_id)
        if change(row, "dismiss", {"state": AnnouncementState.DISMISSED}):
            for kind in ("trial_ends", "price_rise", "refund_overdue"):
                take_back(kind, key=str(row.pk))
    return row


def tell(day: date) -> int:
    """Tell of trials that end within three days; those that will soon are handed over for their
    morning. Returns how many were told."""
    with writing():
        soon = list(
            Announcement.objects.filter(
                kind=AnnouncementKind.TRIAL_ENDS,
                state=AnnouncementState.OPEN,
                told=False,
                day__range=(day, day + AHEAD + LOOK),
            )
        )
        for row in soon:
            known: dict[str, Any] = {"name": row.name, "date": row.day}
            if row.amount is not None:
                known["amount"] = facts.money(row.amount.decimal, row.currency)
            at = morning_of(row.day - AHEAD, day)
            notify("trial_ends", key=str(row.pk), facts=known, link=LINK, at=at)
            row.told = at is None
        Announcement.objects.bulk_update(soon, ["told"])
    return sum(row.told for row in soon)


def _is_sane(said: Said) -> bool:
    amounts = [amount for amount in (said.amount, said.old_amount) if amount is not None]
    if said.kind == AnnouncementKind.PRICE_CHANGES and said.amount is None:
        return False
    dated = (AnnouncementKind.TRIAL_ENDS, AnnouncementKind.RENEWS, *DEADLINES)
    if said.kind in dated and said.day is None:
        return False
    return all(0 < amount.minor <= LARGEST_MINOR for amount in amounts)


def _repeats(said: Said, row: Announcement) -> bool:
    if (row.source_kind, row.source_id, row.kind) == (said.source.kind, said.source.id, said.kind):
        return True
    if row.kind != said.kind or not same_name(row.name, said.name):
        return False
    if said.kind == AnnouncementKind.REFUND:
        return row.amount == said.amount
    return row.day == said.day


def _row(said: Said, subscriptions: Sequence[Subscription]) -> Announcement:
    amount, old = said.amount, said.old_amount
    if old is not None and amount is not None and old.currency != amount.currency:
        old = None
    return Announcement(
        id=new_id(),
        kind=said.kind,
        state=AnnouncementState.PROPOSED if said.doubts else AnnouncementState.OPEN,
        name=clean_text(said.name, 200),
        told_on=said.told_on,
        day=said.day,
        amount_minor=amount.minor if amount else None,
        old_minor=old.minor if old else None,
        currency=amount.currency if amount else "",
        doubts=list(said.doubts),
        subscription=next((s for s in subscriptions if same_name(s.name, said.name)), None),
        source_kind=said.source.kind,
        source_id=said.source.id,
    )


def _act(row: Announcement) -> None:
    """What follows at once from what is believed."""
    subscription = row.subscription
    if row.kind == AnnouncementKind.CANCELLED:
        if subscription is not None and subscription.state == SubscriptionState.ACCEPTED:
            deciding.cancel(subscription.pk)
        change(row, "meet", {"state": AnnouncementState.MET})
    elif row.kind == AnnouncementKind.PRICE_CHANGES:
        _tell_price(row)


def _tell_price(row: Announcement) -> None:
    old, new = row.old_amount, row.amount
    if old is None and row.subscription is not None:
        old = row.subscription.amount
    if new is None or old is None or old.currency != new.currency or new.minor <= old.minor:
        return
    notify(
        "price_rise",
        key=str(row.pk),
        facts={
            "name": row.name,
            "old": facts.money(old.decimal, old.currency),
            "new": facts.money(new.decimal, new.currency),
            "date": row.day or row.told_on,
        },
        link=LINK,
    )
