"""Reading the text of a rule (RFC 5545, RECUR). Pure: no Django.

What cannot be a task's rule raises BadRule with a stable code; `todo` has the words for people.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from organizer.repeating import GREATEST_STEP, MOST_TIMES, WEEKDAYS, Freq, Repetition

LONGEST: Final = 300
TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
OF_A_TIME: Final = frozenset({"BYSECOND", "BYMINUTE", "BYHOUR"})
NAMES: Final = {
    "BYMONTH": "by_month", "BYWEEKNO": "by_week_no", "BYYEARDAY": "by_year_day",
    "BYMONTHDAY": "by_month_day", "BYDAY": "by_day", "BYSETPOS": "by_set_pos",
}  # fmt: skip
# The greatest number of each, and whether it may be negative.
RANGES: Final = {
    "BYMONTH": (12, False), "BYWEEKNO": (53, True), "BYYEARDAY": (366, True),
    "BYMONTHDAY": (31, True), "BYSETPOS": (366, True),
}  # fmt: skip
DAY: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
NUMBER: Final = re.compile(r"[+-]?\d{1,3}")
UNTIL: Final = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
# Parts that make no sense with some frequencies (RFC 5545, 3.3.10).
WRONG_WITH: Final = {
    "BYWEEKNO": {Freq.DAILY, Freq.WEEKLY, Freq.MONTHLY},
    "BYYEARDAY": {Freq.DAILY, Freq.WEEKLY, Freq.MONTHLY},
    "BYMONTHDAY": {Freq.WEEKLY},
}


class BadRule(ValueError):
    """`code`: rule_syntax, rule_part, rule_too_often, too_many_occurrences, impossible_rule.
    `part` is the part at fault."""

    def __init__(self, code: str, part: str = "") -> None:
        super().__init__(f"{code}: {part}")
        self.code, self.part = code, part


def read_rule(text: str, at: time | None = None, zone: ZoneInfo | None = None) -> Repetition:
    """`at` and `zone` are the task's: they say which day an UNTIL in UTC includes last.
    Raises BadRule."""
    parts = _parts(text)
    freq = parts.pop("FREQ", "")
    if freq in TOO_OFTEN:
        raise BadRule("rule_too_often", freq)
    if freq not in Freq.__members__:
        raise BadRule("rule_syntax", "FREQ")
    fields: dict[str, Any] = {"freq": Freq(freq)}
    for name, value in parts.items():
        if name in OF_A_TIME:
            raise BadRule("rule_too_often", name)
        if name in NAMES:
            fields[NAMES[name]] = _numbers(name, value) if name != "BYDAY" else _days(value)
        elif name in OTHERS:
            key, read = OTHERS[name]
            fields[key] = read(value) if name != "UNTIL" else _until(value, at, zone)
        else:
            raise BadRule("rule_part", name)
    _check(fields["freq"], parts)
    return Repetition(**fields)


def check_possible(rule: Repetition, anchor: date) -> None:
    """Raises BadRule for a rule that names no day at all, a 30 February say."""
    if next(rule.days(anchor), None) is None:
        raise BadRule("impossible_rule")


def _parts(text: str) -> dict[str, str]:
    text = text.strip().upper().removeprefix("RRULE:")
    if not 0 < len(text) <= LONGEST:
        raise BadRule("rule_syntax", text[:20])
    found: dict[str, str] = {}
    for part in text.rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in found:
            raise BadRule("rule_syntax", part[:40])
        found[name] = value
    return found


def _check(freq: Freq, parts: dict[str, str]) -> None:
    for name, wrong in WRONG_WITH.items():
        if name in parts and freq in wrong:
            raise BadRule("rule_part", name)
    has_nth = any(char.isdigit() for char in parts.get("BYDAY", ""))
    if has_nth and (freq in (Freq.DAILY, Freq.WEEKLY) or "BYWEEKNO" in parts):
        raise BadRule("rule_part", "BYDAY")
    if "BYSETPOS" in parts and not any(n in parts for n in NAMES if n != "BYSETPOS"):
        raise BadRule("rule_part", "BYSETPOS")
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule("rule_part", "UNTIL")


def _numbers(name: str, value: str) -> tuple[int, ...]:
    most, may_be_negative = RANGES[name]
    found = []
    for text in value.split(","):
        number = int(text) if NUMBER.fullmatch(text) else 0
        if not 1 <= abs(number) <= most or (number < 0 and not may_be_negative):
            raise BadRule("rule_syntax", f"{name}={text[:10]}")
        found.append(number)
    return tuple(sorted(set(found)))


def _days(value: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for text in value.split(","):
        day = DAY.fullmatch(text)
        nth = int(day[1] or 0) if day else 0
        if day is None or (day[1] and not 1 <= abs(nth) <= 53):
            raise BadRule("rule_syntax", f"BYDAY={text[:10]}")
        found.add((nth, WEEKDAYS.index(day[2])))
    return tuple(sorted(found))


def _step(value: str) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 0
    if not 1 <= number <= GREATEST_STEP:
        raise BadRule("rule_syntax", f"INTERVAL={value[:10]}")
    return number


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or not value.strip("0"):
        raise BadRule("rule_syntax", f"COUNT={value[:10]}")
    if len(value) > 6 or int(value) > MOST_TIMES:
        raise BadRule("too_many_occurrences", value[:20])
    return int(value)


def _week_start(value: str) -> int:
    if value not in WEEKDAYS:
        raise BadRule("rule_syntax", f"WKST={value[:10]}")
    return WEEKDAYS.index(value)


def _until(value: str, at: time | None, zone: ZoneInfo | None) -> date:
    found = UNTIL.fullmatch(value)
    try:
        if found is None:
            raise ValueError
        if not found[2]:
            return datetime.strptime(found[1], "%Y%m%d").date()  # noqa: DTZ007 # a day
        end = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 # local, or below
        if found[3] and zone is not None:
            end = end.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        return end.date() - timedelta(1) if at is not None and at > end.time() else end.date()
    except (ValueError, OverflowError) as error:
        raise BadRule("rule_syntax", f"UNTIL={value[:20]}") from error


OTHERS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "INTERVAL": ("interval", _step), "COUNT": ("count", _count),
    "WKST": ("week_start", _week_start),
    "UNTIL": ("until", lambda value: _until(value, None, None)),
}  # fmt: skip
