"""A task that repeats: which day comes next, and the task that takes it over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from finance.querysets import today
from finance.recurrence import Rule
from organizer.checking import check, rule_of
from organizer.linking import copy_links
from organizer.models import RepeatBy, Task, TaskState
from organizer.reminders import hand_on
from organizer.repeating import UNIT_OF, Repetition

COPIED: Final = (
    "title", "notes", "priority", "tags", "assignee_id", "due_time", "time_zone", "repeat_by",
    "repeat_from", "except_on",
)  # fmt: skip


def next_day(row: Task) -> date | None:
    """The first day of the rule that is after the task's own, not left out and not in the past;
    by completion, the first counted from today. None when the rule is over."""
    day = _today(row)
    rule = rule_of(row)
    if row.repeat_by == RepeatBy.COMPLETION:
        left = rule.once_less()
        return _not_left_out(row, left, day, day) if left else None
    assert row.repeat_from is not None
    assert row.due_on is not None
    done_until = max(row.slot_on or row.due_on, row.due_on, day - timedelta(1))
    return _not_left_out(row, rule, row.repeat_from, done_until)


def succeed(row: Task) -> Task | None:
    """Make the task that takes over the rule of one that is done; None when the rule is over."""
    following = next_day(row)
    if following is None:
        return None
    rule = rule_of(row)
    left = rule.once_less() if row.repeat_by == RepeatBy.COMPLETION else rule
    made = Task(
        due_on=following, slot_on=following, rule=str(left), follows=row,
        checklist=[item | {"is_done": False} for item in row.checklist],
        **{name: getattr(row, name) for name in COPIED},
    )  # fmt: skip
    if row.repeat_by == RepeatBy.COMPLETION:
        made.repeat_from = _today(row)
    check(made)
    made.save()
    copy_links(row, made)
    hand_on(row, made)
    return made


def withdraw_successor(row: Task) -> None:
    """For a task that is opened again: take back the one that followed it, unless somebody has
    changed or done that; then it keeps the rule."""
    following: Task | None = Task.objects.select_for_update().filter(follows=row).first()
    if following is None:
        return
    if following.state == TaskState.OPEN and following.version == 1:
        following.delete()
    else:
        row.rule = ""


def _today(row: Task) -> date:
    if not row.time_zone:
        return today()
    return timezone.localdate(timezone=ZoneInfo(row.time_zone))


def _not_left_out(row: Task, rule: Repetition, anchor: date, day: date) -> date | None:
    """Days that are left out count for COUNT, as the RFC says."""
    left_out = set(row.except_on)
    if rule.is_plain and row.repeat_by == RepeatBy.COMPLETION:
        # A month after the 31st is the last day of the next, not a month that has one.
        plain = Rule(day, UNIT_OF[rule.freq], rule.interval, until=rule.until)
        return next((d for d in plain.slots(day + timedelta(1), plain.last)
                     if d.isoformat() not in left_out), None)  # fmt: skip
    for found in rule.days(anchor, day + timedelta(1)):
        if found.isoformat() not in left_out:
            return found
    return None
