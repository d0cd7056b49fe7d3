"""What a task may hold: each check cleans the row, or refuses it in words for people."""

from __future__ import annotations

import uuid
from datetime import date, time
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext, gettext_lazy

from accounts.models import Membership
from finance.querysets import home
from finance.recurrence import instant_of
from organizer.errors import OrganizerError
from organizer.models import RepeatBy, Task, TaskPriority
from organizer.repeating import Repetition
from organizer.rule_text import BadRule, check_possible, read_rule

TITLE: Final = 200
NOTES: Final = 10_000
MOST_TAGS: Final = 20
LONGEST_TAG: Final = 40
MOST_ITEMS: Final = 100
LONGEST_ITEM: Final = 200
MOST_EXCEPTIONS: Final = 366
FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
RULE_WORDS: Final = {
    "rule_syntax": gettext_lazy("This is no rule of RFC 5545: %(part)s."),
    "rule_part": gettext_lazy("A task's rule cannot have %(part)s here."),
    "rule_too_often": gettext_lazy("A task repeats daily at most, at its own time: not %(part)s."),
    "too_many_occurrences": gettext_lazy(
        "A task repeats at most 999 times by COUNT; without COUNT and UNTIL it has no end."
    ),
    "impossible_rule": gettext_lazy("No day fits this rule: the task would never be due."),
}


def check(row: Task) -> None:
    """Clean a task, and derive what follows from it. Raises OrganizerError."""
    _check_texts(row)
    _check_due(row)
    _check_lists(row)
    _check_rule(row)


def rule_of(row: Task) -> Repetition:
    """The rule of a task that has one. Raises OrganizerError."""
    zone = ZoneInfo(row.time_zone) if row.time_zone else None
    try:
        return read_rule(row.rule, row.due_time, zone)
    except BadRule as error:
        raise refusal(error) from error


def refusal(error: BadRule) -> OrganizerError:
    """A bad rule in words for people."""
    text = str(RULE_WORDS[error.code]) % {"part": error.part}
    return OrganizerError(text, code=error.code, field="rule")


def check_assignee(user_id: uuid.UUID | None) -> None:
    """Raises OrganizerError for somebody who is no member."""
    if user_id is not None and not Membership.objects.filter(user=user_id).exists():
        raise OrganizerError(
            gettext("Only a member of this ledger can be given a task."),
            code="not_a_member", field="assignee",
        )  # fmt: skip


def clean_tags(tags: Any) -> list[str]:
    """In lower case, each once. Raises OrganizerError."""
    found = list(dict.fromkeys(" ".join(str(tag).replace("\0", "").split()).lower()
                               .removeprefix("#") for tag in tags))  # fmt: skip
    if len(found) > MOST_TAGS or any(not 0 < len(tag) <= LONGEST_TAG for tag in found):
        raise OrganizerError(
            gettext("A task has at most %(n)s tags of at most %(length)s characters.")
            % {"n": MOST_TAGS, "length": LONGEST_TAG},
            code="tags", field="tags",
        )  # fmt: skip
    return found


def _check_texts(row: Task) -> None:
    row.title = " ".join(row.title.replace("\0", "").split())
    row.notes = row.notes.replace("\0", "").strip()
    if not row.title:
        raise OrganizerError(gettext("Say what is to be done."), code="blank", field="title")
    if len(row.title) > TITLE:
        raise OrganizerError(
            gettext("A title has at most %(n)s characters; the rest is for the notes.")
            % {"n": TITLE},
            code="too_long", field="title",
        )  # fmt: skip
    if len(row.notes) > NOTES:
        raise OrganizerError(
            gettext("Notes have at most %(n)s characters.") % {"n": NOTES},
            code="too_long", field="notes",
        )  # fmt: skip
    if row.priority not in TaskPriority.values:
        raise OrganizerError(
            gettext("A priority is low, normal or high."), code="choice", field="priority"
        )


def _check_due(row: Task) -> None:
    if row.due_on is not None and not FIRST_DAY <= row.due_on <= LAST_DAY:
        raise OrganizerError(
            gettext("A task is due from 1970 to 2199."), code="date_out_of_range", field="due_on"
        )
    if row.time_zone:
        _zone(row.time_zone)
    if row.due_time is None:
        row.time_zone, row.due_at = "", None
        return
    if row.due_on is None:
        raise OrganizerError(
            gettext("A time needs its day."), code="time_without_day", field="due_on"
        )
    row.due_time = time(row.due_time.hour, row.due_time.minute)
    row.time_zone = row.time_zone or home().time_zone
    row.due_at = instant_of(row.due_on, row.due_time, ZoneInfo(row.time_zone))


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise OrganizerError(
            gettext("There is no time zone “%(name)s”. Names look like Europe/Berlin.")
            % {"name": name[:64]},
            code="time_zone", field="time_zone",
        ) from error  # fmt: skip


def _check_lists(row: Task) -> None:
    row.tags = clean_tags(row.tags)
    items: list[dict[str, Any]] = []
    for item in row.checklist:
        text = " ".join(str(item.get("text", "")).replace("\0", "").split())
        if text:
            items.append({"text": text, "is_done": bool(item.get("is_done"))})
    row.checklist = items
    if len(items) > MOST_ITEMS or any(len(item["text"]) > LONGEST_ITEM for item in items):
        raise OrganizerError(
            gettext("A checklist has at most %(n)s items of at most %(length)s characters.")
            % {"n": MOST_ITEMS, "length": LONGEST_ITEM},
            code="checklist", field="checklist",
        )  # fmt: skip


def _check_rule(row: Task) -> None:
    if row.repeat_by not in RepeatBy.values:
        raise OrganizerError(
            gettext("A task repeats by the day it is due, or by the day it is done."),
            code="choice", field="repeat_by",
        )  # fmt: skip
    if not row.rule:
        row.repeat_from = row.slot_on = None
        row.except_on, row.repeat_by = [], RepeatBy.DUE
        return
    if row.due_on is None:
        raise OrganizerError(
            gettext("A task that repeats needs the day on which it is first due."),
            code="rule_without_day", field="due_on",
        )  # fmt: skip
    if len(row.except_on) > MOST_EXCEPTIONS:
        raise OrganizerError(
            gettext("A rule has at most %(n)s days that are left out.") % {"n": MOST_EXCEPTIONS},
            code="exceptions", field="except_on",
        )  # fmt: skip
    row.except_on = sorted({str(day) for day in row.except_on})
    rule = rule_of(row)
    row.rule = str(rule)
    row.repeat_from, row.slot_on = row.repeat_from or row.due_on, row.slot_on or row.due_on
    try:
        check_possible(rule, row.repeat_from)
    except BadRule as error:
        raise refusal(error) from error
