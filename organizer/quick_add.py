"""A task as somebody types it: "pay rent every 1st #home !high". Pure: no Django.

English and German are both understood, whatever the page's language. What is no day, time, tag,
person or priority stays in the title, so that nothing typed is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from finance.recurrence import Rule, Unit
from organizer import quick_words as said
from organizer.quick_words import (
    ADVERBS,
    MONTHS,
    NEAR,
    NTH,
    NUMBERS,
    OTHER,
    SHORT_WEEKDAYS,
    UNITS,
    WEEKDAYS,
)
from organizer.repeating import FREQ_OF, GREATEST_STEP, Freq, Repetition, every


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
    tags = tuple(dict.fromkeys(found.lower() for found in said.TAG.findall(text)))
    text = said.TAG.sub(" ", text)
    marks = said.PRIORITY.findall(text)
    text = said.PRIORITY.sub(" ", text)
    priority = said.PRIORITIES[marks[-1].lower()] if marks else "normal"
    people = said.PERSON.findall(text)
    if len(people) == 1:
        text = said.PERSON.sub(" ", text)
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
    for reads in (_of_days, _of_units, _of_a_date):
        if found := reads(text, today):
            return found
    return text, None, None, False


Found = tuple[str, Repetition | None, date | None, bool] | None


def _of_days(text: str, today: date) -> Found:
    """On days that a month or a week names."""
    rule: Repetition | None = None
    if found := said.EVERY_NTH_WEEKDAY.search(text):
        rule = _on_the_nth(found[2].lower(), _weekday(found[3]), of_month=bool(found[4]))
    elif found := said.EVERY_LAST_DAY.search(text):
        rule = Repetition(Freq.MONTHLY, by_month_day=(-1,))
    elif found := said.EVERY_WEEKDAYS.search(text):
        names = re.split(r",? and |,? und |,? & |, ", found[2])
        rule = Repetition(
            Freq.WEEKLY, by_day=tuple((0, n) for n in sorted(set(map(_weekday, names))))
        )
    elif found := said.EVERY_WORKDAY.search(text):
        rule = Repetition(Freq.WEEKLY, by_day=tuple((0, day) for day in range(5)))
    elif not said.EVERY_NTH_UNIT.search(text) and not said.EVERY_DATE.search(text):
        found = said.EVERY_DAY_OF_MONTH.search(text) or said.MONTHLY_ON.search(text)
        rule = _on_the(int(found[2])) if found and 1 <= int(found[2]) <= 31 else None
    if rule is None or found is None:
        return None
    text, start = _day(_without(text, found), today)
    # Every other Friday begins with the next one.
    first = next(replace(rule, interval=1).days(start or today), None)
    return text, rule, first, bool(found[1])


def _of_units(text: str, today: date) -> Found:
    """Every so many days, weeks, months or years, from the day that the text names."""
    if found := said.ADVERB.search(text):
        (unit, step), by_completion = ADVERBS[found[1].lower()], bool(found[2])
    elif found := (
        said.EVERY_SECOND.search(text)
        or said.EVERY_NTH_UNIT.search(text)
        or said.EVERY_UNIT.search(text)
    ):
        unit, step = UNITS[found[found.re.groups].lower()]
        step *= 2 if found.re is said.EVERY_SECOND else _number(found[2] or "1")
        by_completion = bool(found[1])
    else:
        return None
    if not 1 <= step <= GREATEST_STEP:
        return None
    text, day = _day(_without(text, found), today)
    anchor = day or today
    # Counted from when it is done, a rule keeps no day of the month.
    rule = Repetition(FREQ_OF[unit], step) if by_completion else every(unit, step, anchor)
    return text, rule, anchor, by_completion


def _of_a_date(text: str, today: date) -> Found:
    """Every year on a day: "every 29 February"."""
    found = said.EVERY_DATE.search(text)
    if found is None:
        return None
    month, day = MONTHS[(found[3] or found[4]).lower()], found[2] or found[5]
    first = _date(None, str(month), day, today)
    if first is None:
        return None
    return _without(text, found), every(Unit.YEAR, 1, first), first, bool(found[1])


def _on_the_nth(which: str, weekday: int, *, of_month: bool) -> Repetition:
    if which in OTHER and not of_month:
        return Repetition(Freq.WEEKLY, 2, by_day=((0, weekday),))
    return Repetition(Freq.MONTHLY, by_day=((2 if which in OTHER else NTH[which], weekday),))


def _number(text: str) -> int:
    return NUMBERS.get(text.lower()) or int(text)


def _on_the(day: int) -> Repetition:
    """Monthly on a day; where a month lacks it, on its last."""
    if day <= 28:
        return Repetition(Freq.MONTHLY, by_month_day=(day,))
    return every(Unit.MONTH, 1, date(2000, 1, day))


def _day(text: str, today: date) -> tuple[str, date | None]:
    if found := said.ISO.search(text):
        day = _date(*found[1].split("-"))
    elif found := said.GERMAN_DAY.search(text):
        day = _date(found[3], found[2], found[1], today)
    elif found := said.DAY_MONTH.search(text):
        day = _date(found[3], str(MONTHS[found[2].lower()]), found[1], today)
    elif found := said.MONTH_DAY.search(text):
        day = _date(found[3], str(MONTHS[found[1].lower()]), found[2], today)
    elif found := said.IN_UNITS.search(text):
        unit, times = UNITS[found[2].lower()]
        step = _number(found[1]) * times
        day = Rule(today, unit, step).slot(1) if step else today
    elif found := said.NEAR_DAY.search(text):
        day = today + timedelta(NEAR[found[1].lower()])
    elif found := said.WEEKDAY.search(text):
        day = _coming(_weekday(found[1]), today)
    elif found := said.SHORT_WEEKDAY.search(text):
        day = _coming(_weekday(found[1] or found[2]), today)
    elif found := said.SLASHED.search(text):
        first, second, year = found.groups()
        days = [_date(year, first, second, today), _date(year, second, first, today)]
        known = [day for day in days if day is not None]
        day = known[0] if len(known) == 1 else None
    else:
        return text, None
    return (text, None) if day is None else (_without(text, found), day)


def _weekday(name: str) -> int:
    name = name.lower().removesuffix(".")
    return WEEKDAYS[name] if name in WEEKDAYS else SHORT_WEEKDAYS[name]


def _coming(weekday: int, today: date) -> date:
    """The next such day after today."""
    return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _time(text: str) -> tuple[str, time | None]:
    if found := said.CLOCK.search(text):
        hour, minute, half = int(found[1]), int(found[2]), (found[3] or "").strip().lower()
    elif found := said.HOUR.search(text):
        hour, minute, half = int(found[1]), 0, found[2].lower()
    elif found := said.BARE_HOUR.search(text.strip()):
        text, hour, minute, half = text.strip(), int(found[1]), 0, ""
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
