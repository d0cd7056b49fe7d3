"""Calendar months, and one as a calendar shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from finance.money import Money

TO_COME: Final = "to-come"


@dataclass(frozen=True, slots=True)
class DayEntry:
    """Something on a day: a due date, a bill. `state` is its style, `label` its words."""

    day: date
    name: str
    state: str
    label: str
    amount: Money | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    is_in_month: bool
    is_today: bool
    entries: list[DayEntry]


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of a day's month."""
    return first_of(day), month_end(day)


def first_of(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (first_of(day) + timedelta(31)).replace(day=1)


def month_end(day: date) -> date:
    return next_month(day) - timedelta(1)


def months(since: date, until: date) -> list[date]:
    """The first days of the months from one day's to another's."""
    found, month = [], first_of(since)
    while month <= until:
        found.append(month)
        month = next_month(month)
    return found


def weeks(month: date, today: date, entries: Iterable[DayEntry]) -> list[list[CalendarDay]]:
    """A month as weeks from Monday to Sunday, with the days around it."""
    first, last = month_of(month)
    by_day: dict[date, list[DayEntry]] = {}
    for entry in entries:
        by_day.setdefault(entry.day, []).append(entry)
    start = first - timedelta(first.weekday())
    count = (last - start).days // 7 + 1
    days = [start + timedelta(n) for n in range(7 * count)]
    cells = [CalendarDay(d, first <= d <= last, d == today, by_day.get(d, [])) for d in days]
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]
