"""Tasks made of the ledger: bills to pay, trials and renewals to cancel by, refunds to watch for,
return windows and warranties to use while they run.

The organizer pulls; finance knows nothing of it. Each fact is made a task of once, however often
this runs. The ledger closes what is settled and opens it again when that is taken back; what a
person has set or closed stays as they left it (see `Task.locked`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from finance.bills.paying import unpaid
from finance.models import (
    DEADLINES,
    Announcement,
    AnnouncementKind,
    AnnouncementState,
    Bill,
    BillState,
    BillStatus,
    SubscriptionState,
    TransactionState,
)
from organizer.checking import TITLE, check
from organizer.models import FollowedFact, Task, TaskPolicy, TaskState
from organizer.todo import close, reopen, save
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id

Row = TypeVar("Row", Bill, Announcement)
BILL: Final = "bill"
ANNOUNCEMENT: Final = "announcement"
# A refund without a day is waited for so long.
REFUND_DAYS: Final = timedelta(days=14)
# So many new tasks a run; the next takes the rest.
AT_ONCE: Final = 500
TITLES: Final[dict[str, str]] = {
    AnnouncementKind.TRIAL_ENDS: gettext_noop("Trial of %(name)s ends: cancel it or keep it"),
    AnnouncementKind.RENEWS: gettext_noop("%(name)s renews: cancel it or keep it"),
    AnnouncementKind.RETURN_ENDS: gettext_noop("Last day to return what came from %(name)s"),
    AnnouncementKind.WARRANTY_ENDS: gettext_noop("Warranty of %(name)s ends: does all work?"),
}
OF_BILL: Final = {
    BillStatus.PAID: TaskState.DONE, BillStatus.DISMISSED: TaskState.DROPPED,
    BillStatus.OPEN: TaskState.OPEN, BillStatus.OVERDUE: TaskState.OPEN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """What the ledger says a task should be."""

    kind: str
    id: uuid.UUID
    title: str
    due_on: date
    state: TaskState


@dataclass(slots=True)
class Followed:
    """How many tasks were made, closed, opened again, and changed otherwise."""

    made: int = 0
    closed: int = 0
    opened: int = 0
    changed: int = 0


def task_policy() -> TaskPolicy:
    """The tenant's, or an unsaved one with the defaults."""
    row: TaskPolicy | None = TaskPolicy.objects.first()
    return row or TaskPolicy()


def set_task_policy(
    *, from_bills: bool, from_endings: bool, from_refunds: bool, from_deadlines: bool
) -> TaskPolicy:
    """From now on; what was made of the ledger before stays as it is. The ledger is looked
    through anew."""
    row: TaskPolicy
    row, _ = TaskPolicy.objects.update_or_create(
        tenant_id=current_tenant_id(),
        defaults={
            "from_bills": from_bills, "from_endings": from_endings, "from_refunds": from_refunds,
            "from_deadlines": from_deadlines, "followed_until": None,
        },
    )  # fmt: skip
    return row


@transaction.atomic
def follow(day: date) -> Followed:
    """Bring the tasks in step with the ledger, on a day of the tenant's zone."""
    policy, done = task_policy(), Followed()
    language = Tenant.objects.only("language").get(pk=current_tenant_id()).language
    with translation.override(language):
        for task, fact in _known(policy, day):
            _keep_up(task, fact, done)
        done.made = _make([fact for fact in _new(policy, day) if fact.state == TaskState.OPEN])
    return done


def fact_of_bill(bill: Bill, day: date) -> Fact | None:
    """None for one without a due date, or that a person has to confirm. Select `payment`."""
    state = OF_BILL.get(bill.status_on(day))
    if state is None or bill.due_on is None:
        return None
    return Fact(BILL, bill.pk, gettext("Pay %(name)s") % {"name": bill.payee}, bill.due_on, state)


def fact_of_announcement(row: Announcement, day: date) -> Fact | None:
    """None for what makes no task. Select `subscription`."""
    name = {"name": row.name}
    if row.kind == AnnouncementKind.REFUND:
        title, due_on = gettext("Refund from %(name)s: has it come?") % name, row.day
        due_on = due_on or row.told_on + REFUND_DAYS
    elif row.day is None or row.kind not in TITLES:
        return None
    else:
        title = gettext(TITLES[row.kind]) % name
        due_on = row.day if row.kind in DEADLINES else row.day - timedelta(1)
    state = _state_of(row, day)
    return None if state is None else Fact(ANNOUNCEMENT, row.pk, title, due_on, state)


def _state_of(row: Announcement, day: date) -> TaskState | None:
    if row.state == AnnouncementState.PROPOSED:
        return None
    if row.state == AnnouncementState.MET:
        return TaskState.DONE
    if row.state == AnnouncementState.DISMISSED:
        return TaskState.DROPPED
    if row.kind == AnnouncementKind.REFUND:
        return TaskState.OPEN
    if row.kind in DEADLINES:
        # Its day still counts.
        return TaskState.DROPPED if row.day is not None and row.day < day else TaskState.OPEN
    if row.subscription and row.subscription.state == SubscriptionState.CANCELLED:
        return TaskState.DONE
    # Once the day has come, there is nothing left to cancel by it.
    return TaskState.DROPPED if row.day is not None and row.day <= day else TaskState.OPEN


def _kinds(policy: TaskPolicy) -> list[str]:
    kinds: list[str] = []
    if policy.from_endings:
        kinds += [AnnouncementKind.TRIAL_ENDS, AnnouncementKind.RENEWS]
    if policy.from_deadlines:
        kinds += DEADLINES
    return [*kinds, AnnouncementKind.REFUND] if policy.from_refunds else kinds


def _known(policy: TaskPolicy, day: date) -> Iterable[tuple[Task, Fact]]:
    """Tasks that may be out of step: open ones, and those that the ledger closed although what
    they are of is open again."""
    rows = Task.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    if policy.from_bills:
        paid = Q(bill__payment__isnull=False, bill__payment__state=TransactionState.POSTED)
        unsettled = Q(closed_by_ledger=True, bill__state=BillState.OPEN) & ~paid
        mine = rows.filter(bill__isnull=False).select_related("bill__payment")
        for task in mine.filter(Q(state=TaskState.OPEN) | unsettled):
            if task.bill and (fact := fact_of_bill(task.bill, day)):
                yield task, fact
    again = Q(closed_by_ledger=True, announcement__state=AnnouncementState.OPEN)
    mine = rows.filter(announcement__kind__in=_kinds(policy))
    for task in mine.filter(Q(state=TaskState.OPEN) | again).select_related(
        "announcement__subscription"
    ):
        if task.announcement and (fact := fact_of_announcement(task.announcement, day)):
            yield task, fact


def _keep_up(task: Task, fact: Fact, done: Followed) -> None:
    """Everything but what a person has set."""
    wanted = {"title": fact.title[:TITLE], "due_on": fact.due_on}
    differs = {
        name: value
        for name, value in wanted.items()
        if name not in task.locked and getattr(task, name) != value
    }
    for name, value in differs.items():
        setattr(task, name, value)
    check(task)
    may_turn = "state" not in task.locked
    if may_turn and task.state == TaskState.OPEN and fact.state != TaskState.OPEN:
        close(task, fact.state, by_ledger=True)
        done.closed += 1
    elif may_turn and task.closed_by_ledger and fact.state == TaskState.OPEN:
        reopen(task)
        done.opened += 1
    elif differs:
        save(task)
        done.changed += 1


def _new(policy: TaskPolicy, day: date) -> Iterable[Fact]:
    """What no task has been made of yet, soonest first."""
    if policy.from_bills:
        bills = _unfollowed(unpaid().filter(due_on__isnull=False), BILL).order_by("due_on", "id")
        for bill in bills.select_related("payment")[:AT_ONCE]:
            if fact := fact_of_bill(bill, day):
                yield fact
    rows = Announcement.objects.filter(state=AnnouncementState.OPEN, kind__in=_kinds(policy))
    # What has come is no task any more; a promise may still be kept.
    rows = rows.exclude(~Q(kind__in=(AnnouncementKind.REFUND, *DEADLINES)), day__lte=day)
    rows = rows.exclude(kind__in=DEADLINES, day__lt=day)
    for row in _unfollowed(rows, ANNOUNCEMENT).select_related("subscription")[:AT_ONCE]:
        if fact := fact_of_announcement(row, day):
            yield fact


def _unfollowed(rows: QuerySet[Row], kind: str) -> QuerySet[Row]:
    followed = FollowedFact.objects.filter(
        tenant=OuterRef("tenant"), kind=kind, fact_id=OuterRef("pk")
    )
    return rows.filter(~Exists(followed))


def _make(facts: list[Fact]) -> int:
    tasks = [
        Task(title=fact.title[:TITLE], due_on=fact.due_on, **{f"{fact.kind}_id": fact.id})
        for fact in facts
    ]
    for task in tasks:
        check(task)
    # Unique: a second run at the same moment waits here, and fails as a whole.
    FollowedFact.objects.bulk_create(FollowedFact(kind=f.kind, fact_id=f.id) for f in facts)
    Task.objects.bulk_create(tasks)
    return len(tasks)
