"""A task as somebody types it: "pay rent every 1st #home !high". Pure: no Django.

English and German are both understood, whatever the page's language. What is no day, tag or
priority stays in the title, so that nothing typed is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from finance.recurrence import Rule, Unit

WEEKDAYS: Final = {
    name: number
    for names in (
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    )
    for number, name in enumerate(names)
} | {"sonnabend": 5}
UNITS: Final = {
    "day": Unit.DAY, "tag": Unit.DAY, "week": Unit.WEEK, "woche": Unit.WEEK,
    "month": Unit.MONTH, "monat": Unit.MONTH, "year": Unit.YEAR, "jahr": Unit.YEAR,
}  # fmt: skip
NEAR: Final = {"today": 0, "heute": 0, "tomorrow": 1, "morgen": 1, "übermorgen": 2}
PRIORITIES: Final = {
    "high": "high", "hoch": "high", "low": "low", "niedrig": "low", "normal": "normal",
}  # fmt: skip
_WEEKDAY: Final = "|".join(WEEKDAYS)
_UNIT: Final = "(day|week|month|year|tag|woche|monat|jahr)(?:e?[sn])?"
_EVERY: Final = r"(?:every|jede[nrs]?|alle)"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S){pattern}(?!\S)", re.IGNORECASE)


TAG: Final = _words(r"#([\w-]{1,40})")
PRIORITY: Final = _words(f"!({'|'.join(PRIORITIES)})")
EVERY_DAY_OF_MONTH: Final = _words(rf"{_EVERY} (\d{{1,2}})(?:st|nd|rd|th|\.)")
EVERY_WEEKDAY: Final = _words(rf"{_EVERY} ({_WEEKDAY})")
EVERY_UNIT: Final = _words(rf"{_EVERY} (?:(\d{{1,3}}) )?{_UNIT}")
ISO: Final = _words(r"(\d{4}-\d{2}-\d{2})")
GERMAN_DAY: Final = _words(r"(?:am )?(\d{1,2})\.(\d{1,2})\.(\d{4})")
NEAR_DAY: Final = _words(f"({'|'.join(NEAR)})")
IN_UNITS: Final = _words(rf"in (\d{{1,3}}) {_UNIT}")
WEEKDAY: Final = _words(rf"(?:on |am )?({_WEEKDAY})")


@dataclass(frozen=True, slots=True)
class Draft:
    """What was understood. `repeat` is the rule whose first slot is `due_on`."""

    title: str
    due_on: date | None = None
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    repeat: Rule | None = None


def understand(text: str, today: date) -> Draft:
    """Read one line. Days are counted from `today`, a day of the tenant's zone."""
    tags = tuple(dict.fromkeys(found.lower() for found in TAG.findall(text)))
    text = TAG.sub(" ", text)
    said = PRIORITY.findall(text)
    text = PRIORITY.sub(" ", text)
    priority = PRIORITIES[said[-1].lower()] if said else "normal"
    text = " ".join(text.split())
    text, repeat = _repetition(text, today)
    if repeat is not None:
        due_on = next(repeat.slots(today, repeat.last), None)
    else:
        text, due_on = _day(text, today)
    return Draft(" ".join(text.split()), due_on, priority, tags, repeat)


def _repetition(text: str, today: date) -> tuple[str, Rule | None]:
    if (found := EVERY_DAY_OF_MONTH.search(text)) and 1 <= int(found[1]) <= 31:
        # A January has 31 days, so that the anchor keeps a 31st.
        anchor = date(today.year - 1, 1, int(found[1]))
        return _without(text, found), Rule(anchor, Unit.MONTH)
    if found := EVERY_WEEKDAY.search(text):
        ahead = (WEEKDAYS[found[1].lower()] - today.weekday()) % 7
        return _without(text, found), Rule(today + timedelta(ahead), Unit.WEEK)
    if (found := EVERY_UNIT.search(text)) and int(found[1] or 1) > 0:
        return _without(text, found), Rule(today, UNITS[found[2].lower()], int(found[1] or 1))
    return text, None


def _day(text: str, today: date) -> tuple[str, date | None]:
    if (found := ISO.search(text)) and (day := _date(*found[1].split("-"))):
        return _without(text, found), day
    if (found := GERMAN_DAY.search(text)) and (day := _date(found[3], found[2], found[1])):
        return _without(text, found), day
    if found := IN_UNITS.search(text):
        step = int(found[1])
        day = Rule(today, UNITS[found[2].lower()], step).slot(1) if step else today
        return _without(text, found), day
    if found := NEAR_DAY.search(text):
        return _without(text, found), today + timedelta(NEAR[found[1].lower()])
    if found := WEEKDAY.search(text):
        ahead = (WEEKDAYS[found[1].lower()] - today.weekday() - 1) % 7 + 1
        return _without(text, found), today + timedelta(ahead)
    return text, None


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _date(year: str, month: str, day: str) -> date | None:
    """The day, or None where the calendar has none."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
