"""A task as somebody types it: "pay rent every 1st #home !high". Pure: no Django.

English and German are both understood, whatever the page's language. What is no day, time, tag,
person or priority stays in the title, so that nothing typed is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from finance.recurrence import Rule, Unit
from organizer.repeating import FREQ_OF, Freq, Repetition, every

WEEKDAYS: Final = {
    name: number
    for names in (
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    )
    for number, name in enumerate(names)
} | {"sonnabend": 5}
MONTHS: Final = {
    name: number
    for names in (
        ("january", "february", "march", "april", "may", "june", "july", "august", "september",
         "october", "november", "december"),
        ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september",
         "oktober", "november", "dezember"),
    )
    for number, name in enumerate(names, 1)
}  # fmt: skip
UNITS: Final = {
    "day": Unit.DAY, "tag": Unit.DAY, "week": Unit.WEEK, "woche": Unit.WEEK,
    "month": Unit.MONTH, "monat": Unit.MONTH, "year": Unit.YEAR, "jahr": Unit.YEAR,
}  # fmt: skip
NEAR: Final = {"today": 0, "heute": 0, "tomorrow": 1, "morgen": 1, "übermorgen": 2}
PRIORITIES: Final = {
    "high": "high", "hoch": "high", "low": "low", "niedrig": "low", "normal": "normal",
}  # fmt: skip
_WEEKDAY: Final = "|".join(WEEKDAYS)
_MONTH: Final = "|".join(dict.fromkeys(MONTHS))
_UNIT: Final = "(day|week|month|year|tag|woche|monat|jahr)(?:e?[sn]|e)?"
_EVERY: Final = r"(?:every|jede[nrs]?|alle)(!?)"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S){pattern}(?!\S)", re.IGNORECASE)


TAG: Final = _words(r"#([\w-]{1,40})")
PERSON: Final = _words(r"@([\w.-]{1,60})")
PRIORITY: Final = _words(f"!({'|'.join(PRIORITIES)})")
EVERY_DAY_OF_MONTH: Final = _words(rf"{_EVERY} (\d{{1,2}})(?:st|nd|rd|th|\.)")
EVERY_WEEKDAYS: Final = _words(rf"{_EVERY} ((?:{_WEEKDAY})(?:(?:,| and| und) (?:{_WEEKDAY}))*)")
EVERY_WORKDAY: Final = _words(rf"{_EVERY} (?:weekday|workday|werktag)")
EVERY_SECOND: Final = _words(rf"{_EVERY} (?:other|second|zweite[nrs]?) {_UNIT}")
EVERY_UNIT: Final = _words(rf"{_EVERY} (?:(\d{{1,3}}) )?{_UNIT}")
ISO: Final = _words(r"(?:on |am )?(\d{4}-\d{2}-\d{2})")
GERMAN_DAY: Final = _words(r"(?:am )?(\d{1,2})\.(\d{1,2})\.(\d{4})?")
DAY_MONTH: Final = _words(rf"(?:on |am )?(\d{{1,2}})(?:\.|st|nd|rd|th)? ({_MONTH})(?: (\d{{4}}))?")
MONTH_DAY: Final = _words(rf"(?:on )?({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?")
NEAR_DAY: Final = _words(f"({'|'.join(NEAR)})")
IN_UNITS: Final = _words(rf"in (\d{{1,3}}) {_UNIT}")
WEEKDAY: Final = _words(rf"(?:on |am )?({_WEEKDAY})")
CLOCK: Final = _words(r"(?:at |um )?(\d{1,2}):(\d{2})(?: ?uhr)?( ?[ap]m)?")
HOUR: Final = _words(r"(?:at |um )?(\d{1,2}) ?(am|pm|uhr)")


@dataclass(frozen=True, slots=True)
class Draft:
    """What was understood. `due_on` is the first day of `repeat`; `person` is who was named, for
    the caller to find."""

    title: str
    due_on: date | None = None
    due_time: time | None = None
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    repeat: Repetition | None = None
    by_completion: bool = False
    person: str = ""


def understand(text: str, today: date) -> Draft:
    """Read one line. Days are counted from `today`, a day of the tenant's zone. A mark after
    "every" counts from when it is done: "water plants every! 3 days"."""
    tags = tuple(dict.fromkeys(found.lower() for found in TAG.findall(text)))
    text = TAG.sub(" ", text)
    said = PRIORITY.findall(text)
    text = PRIORITY.sub(" ", text)
    priority = PRIORITIES[said[-1].lower()] if said else "normal"
    people = PERSON.findall(text)
    if len(people) == 1:
        text = PERSON.sub(" ", text)
    text = " ".join(text.split())
    text, repeat, due_on, by_completion = _repetition(text, today)
    if repeat is None:
        text, due_on = _day(text, today)
    text, at = _time(text)
    if at is not None and due_on is None:
        due_on = today
    person = people[0] if len(people) == 1 else ""
    title = " ".join(text.split())
    return Draft(title, due_on, at, priority, tags, repeat, by_completion, person)


def _repetition(text: str, today: date) -> tuple[str, Repetition | None, date | None, bool]:
    """What is left of the text, the rule, its first day, and whether it counts from completion."""
    rule: Repetition | None = None
    if (found := EVERY_DAY_OF_MONTH.search(text)) and 1 <= int(found[2]) <= 31:
        rule = _on_the(int(found[2]))
    elif found := EVERY_WEEKDAYS.search(text):
        days = {WEEKDAYS[name] for name in re.findall(_WEEKDAY, found[2].lower())}
        rule = Repetition(Freq.WEEKLY, by_day=tuple((0, day) for day in sorted(days)))
    elif found := EVERY_WORKDAY.search(text):
        rule = Repetition(Freq.WEEKLY, by_day=tuple((0, day) for day in range(5)))
    elif (found := EVERY_SECOND.search(text) or EVERY_UNIT.search(text)) and (
        step := 2 if found.re is EVERY_SECOND else int(found[2] or 1)
    ):
        text, day = _day(_without(text, found), today)
        anchor, unit = day or today, UNITS[found[found.re.groups].lower()]
        by_completion = bool(found[1])
        # Counted from when it is done, a rule keeps no day of the month.
        rule = Repetition(FREQ_OF[unit], step) if by_completion else every(unit, step, anchor)
        return text, rule, anchor, by_completion
    if rule is None or found is None:
        return text, None, None, False
    return _without(text, found), rule, next(rule.days(today), None), bool(found[1])


def _on_the(day: int) -> Repetition:
    """Monthly on a day; where a month lacks it, on its last."""
    if day <= 28:
        return Repetition(Freq.MONTHLY, by_month_day=(day,))
    return every(Unit.MONTH, 1, date(2000, 1, day))


def _day(text: str, today: date) -> tuple[str, date | None]:
    if found := ISO.search(text):
        day = _date(*found[1].split("-"))
    elif found := GERMAN_DAY.search(text):
        day = _date(found[3], found[2], found[1], today)
    elif found := DAY_MONTH.search(text):
        day = _date(found[3], str(MONTHS[found[2].lower()]), found[1], today)
    elif found := MONTH_DAY.search(text):
        day = _date(found[3], str(MONTHS[found[1].lower()]), found[2], today)
    elif found := IN_UNITS.search(text):
        step = int(found[1])
        day = Rule(today, UNITS[found[2].lower()], step).slot(1) if step else today
    elif found := NEAR_DAY.search(text):
        day = today + timedelta(NEAR[found[1].lower()])
    elif found := WEEKDAY.search(text):
        ahead = (WEEKDAYS[found[1].lower()] - today.weekday() - 1) % 7 + 1
        day = today + timedelta(ahead)
    else:
        return text, None
    return (text, None) if day is None else (_without(text, found), day)


def _time(text: str) -> tuple[str, time | None]:
    if found := CLOCK.search(text):
        hour, minute, half = int(found[1]), int(found[2]), (found[3] or "").strip().lower()
    elif found := HOUR.search(text):
        hour, minute, half = int(found[1]), 0, found[2].lower()
    else:
        return text, None
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            return text, None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return (text, None) if hour > 23 or minute > 59 else (_without(text, found), time(hour, minute))


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _date(year: str | None, month: str, day: str, today: date | None = None) -> date | None:
    """The day, or None where the calendar has none; without a year the next that comes."""
    years = [int(year)] if year else [today.year + n for n in range(9)] if today else []
    for number in years:
        try:
            found = date(number, int(month), int(day))
        except ValueError:
            continue
        if year or today is None or found >= today:
            return found
    return None
