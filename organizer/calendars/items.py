"""What is due in some days, as items of a calendar."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from finance.bills.reading import due_in
from finance.models import (
    Announcement,
    AnnouncementKind,
    AnnouncementState,
    BillState,
    SlotState,
    Subscription,
    SubscriptionState,
)
from finance.money import Money
from finance.querysets import home
from finance.recurring.reading import happenings
from finance.templatetags.money import plain_money
from organizer.calendars.writing import Item
from organizer.models import FeedPart, Reminder, Task, TaskPriority, TaskState

MOST: Final = 2_000
RENEWING: Final = (
    AnnouncementKind.TRIAL_ENDS, AnnouncementKind.RENEWS, AnnouncementKind.PRICE_CHANGES,
)  # fmt: skip
TOLD: Final = {SlotState.WAITING, SlotState.ASKED, ""}


@dataclass(frozen=True, slots=True)
class View:
    """For whom the items are, and of which days."""

    user_id: uuid.UUID
    parts: tuple[str, ...]
    first: date
    last: date
    only_mine: bool = False
    shows_amounts: bool = True

    def summary(self, title: str, amount: Money | None) -> str:
        if amount is None or not self.shows_amounts:
            return title
        return f"{title} · {plain_money(amount)}"


def items(view: View) -> list[Item]:
    """In their order; at most `MOST` of a part. Texts are in the active language."""
    found = [item for part in view.parts for item in SOURCES[FeedPart(part)](view)]
    return sorted(found, key=lambda item: (item.day, item.uid))


def _tasks(view: View) -> Iterator[Item]:
    rows = Task.objects.filter(state=TaskState.OPEN, due_on__range=(view.first, view.last))
    if view.only_mine:
        rows = rows.filter(Q(assignee=None) | Q(assignee_id=view.user_id))
    # What the ledger made a task of is told once.
    if FeedPart.BILLS in view.parts:
        rows = rows.filter(bill=None)
    if FeedPart.RENEWALS in view.parts:
        rows = rows.exclude(announcement__kind__in=RENEWING)
    zone = str(home().time_zone)
    for row in rows.order_by("due_on", "id")[:MOST]:
        at = None
        if row.due_time is not None:
            zone_of_row = row.time_zone or zone
            at = datetime.combine(row.due_on, row.due_time, ZoneInfo(zone_of_row))
        yield Item(
            _uid("task", row.pk), row.title, row.due_on, at,
            (row.time_zone or zone) if at else "", row.notes, _address("tasks"),
            gettext("Tasks"), row.priority == TaskPriority.HIGH,
        )  # fmt: skip


def _reminders(view: View) -> Iterator[Item]:
    """Reminders are for one person, whatever the feed."""
    zone = ZoneInfo(home().time_zone)
    rows = Reminder.objects.filter(user_id=view.user_id, done_at=None).exclude(next_at=None)
    for row in rows.order_by("next_at", "id")[:MOST]:
        at = row.next_at.astimezone(zone)
        if view.first <= at.date() <= view.last:
            yield Item(
                _uid("reminder", row.pk), row.title, at.date(), at, zone.key, row.note,
                _address("reminders"), gettext("Reminders"),
            )  # fmt: skip


def _bills(view: View) -> Iterator[Item]:
    for bill in due_in(view.first, view.last).filter(state=BillState.OPEN)[:MOST]:
        assert bill.due_on is not None
        if bill.status_on(bill.due_on) != "paid":
            summary = view.summary(gettext("Pay %(payee)s") % {"payee": bill.payee}, bill.amount)
            yield Item(
                _uid("bill", bill.pk), summary, bill.due_on, description=bill.reference,
                url=_address("bills"), category=gettext("Bills"),
            )  # fmt: skip


def _renewals(view: View) -> Iterator[Item]:
    words = {
        AnnouncementKind.TRIAL_ENDS: gettext("Trial ends: %(name)s"),
        AnnouncementKind.RENEWS: gettext("Renews: %(name)s"),
        AnnouncementKind.PRICE_CHANGES: gettext("New price: %(name)s"),
    }
    rows = Announcement.objects.filter(
        state=AnnouncementState.OPEN, kind__in=words, day__range=(view.first, view.last)
    )
    for row in rows.order_by("day", "id")[:MOST]:
        title = words[AnnouncementKind(row.kind)] % {"name": row.name}
        last = row.cancel_by
        yield Item(
            _uid("announcement", row.pk), view.summary(title, row.amount), row.day,
            description=gettext("Cancel by %(day)s.") % {"day": last.isoformat()} if last else "",
            url=_address("subscriptions"), category=gettext("Trials and renewals"),
            is_important=row.kind == AnnouncementKind.TRIAL_ENDS,
        )  # fmt: skip
    accepted = Subscription.objects.filter(
        state=SubscriptionState.ACCEPTED, next_on__range=(view.first, view.last)
    )
    for sub in accepted.order_by("next_on", "id")[:MOST]:
        yield Item(
            _uid("subscription", sub.pk, sub.next_on), view.summary(sub.name, sub.amount),
            sub.next_on, url=_address("subscriptions"), category=gettext("Trials and renewals"),
        )  # fmt: skip


def _recurring(view: View) -> Iterator[Item]:
    watched = set(
        Subscription.objects.filter(state=SubscriptionState.ACCEPTED)
        .exclude(recurring=None).values_list("recurring_id", flat=True)
    )  # fmt: skip
    for each in happenings(view.first, view.last)[:MOST]:
        # A subscription's are told by itself.
        if each.state in TOLD and each.recurring.pk not in watched:
            yield Item(
                _uid("recurring", each.recurring.pk, each.due_on),
                view.summary(each.recurring.name, each.amount), each.due_on,
                url=_address("recurring"), category=gettext("Recurring transactions"),
            )  # fmt: skip


SOURCES: Final[dict[FeedPart, Callable[[View], Iterator[Item]]]] = {
    FeedPart.TASKS: _tasks, FeedPart.REMINDERS: _reminders, FeedPart.BILLS: _bills,
    FeedPart.RENEWALS: _renewals, FeedPart.RECURRING: _recurring,
}  # fmt: skip


def window(day: date) -> tuple[date, date]:
    """The days of a feed that is asked on a day: three months back, a year and a month ahead."""
    return day - timedelta(92), day + timedelta(400)


def _uid(kind: str, pk: uuid.UUID, day: date | None = None) -> str:
    on = f"-{day:%Y%m%d}" if day else ""
    return f"{kind}-{pk}{on}@inledger"


def _address(name: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse(name)}"
