"""RFC 5545 rules of tasks, as days: which days one names, and which comes next. Pure: no Django.

A rule here repeats daily at most: the time of a task, where it has one, is the task's own. What
the RFC leaves to the start of the series (the weekday of "FREQ=WEEKLY", say) is left to `anchor`.
Days that a month lacks are left out, as the RFC says; `every` writes rules that keep a 31st.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from finance.recurrence import LAST, Unit

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEK: Final = 7
MONTHS: Final = 12
GREATEST_STEP: Final = 999
MOST_TIMES: Final = 999


class Freq(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


FREQ_OF: Final = {
    Unit.DAY: Freq.DAILY, Unit.WEEK: Freq.WEEKLY, Unit.MONTH: Freq.MONTHLY, Unit.YEAR: Freq.YEARLY,
}  # fmt: skip
UNIT_OF: Final = {freq: unit for unit, freq in FREQ_OF.items()}


@dataclass(frozen=True, slots=True)
class Repetition:
    """A rule. `by_day` are pairs of "the how manyth" (0 for every, negative from the end) and the
    weekday, Monday 0; `until` is included."""

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: date | None = None
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing but "every n days, weeks, months or years"."""
        return not any((self.by_month, self.by_week_no, self.by_year_day, self.by_month_day,
                        self.by_day, self.by_set_pos))  # fmt: skip

    def __str__(self) -> str:
        """As RFC 5545 writes it."""
        said = [f"FREQ={self.freq}"]
        if self.interval != 1:
            said.append(f"INTERVAL={self.interval}")
        if self.count is not None:
            said.append(f"COUNT={self.count}")
        if self.until is not None:
            said.append(f"UNTIL={self.until:%Y%m%d}")
        for name, values in (
            ("BYMONTH", self.by_month), ("BYWEEKNO", self.by_week_no),
            ("BYYEARDAY", self.by_year_day), ("BYMONTHDAY", self.by_month_day),
            ("BYDAY", [f"{n or ''}{WEEKDAYS[day]}" for n, day in self.by_day]),
            ("BYSETPOS", self.by_set_pos),
        ):  # fmt: skip
            if values:
                said.append(f"{name}={','.join(map(str, values))}")
        if self.week_start:
            said.append(f"WKST={WEEKDAYS[self.week_start]}")
        return ";".join(said)

    def days(self, anchor: date, since: date | None = None) -> Iterator[date]:
        """The days of the series that starts at `anchor`, in order, from `since` on. Without a
        COUNT it does not walk what lies before. Ends with the year 2199."""
        rule = self._with_defaults(anchor)
        last = min(self.until, LAST) if self.until else LAST
        since = max(since or anchor, anchor)
        start = 0 if self.count is not None else max(0, rule._period_of(anchor, since) - 1)
        left = self.count
        for day in rule._all(anchor, start, last):
            if day > last or left == 0:
                return
            left = None if left is None else left - 1
            if day >= since:
                yield day

    def after(self, anchor: date, day: date) -> date | None:
        """The first day of the series after a day; None when there is no more."""
        return next(self.days(anchor, day + timedelta(1)), None) if day < LAST else None

    def once_less(self) -> Repetition | None:
        """What is left of it when one of its times is over; None when none is."""
        if self.count is None:
            return self
        return replace(self, count=self.count - 1) if self.count > 1 else None

    # --- One period: the year, month, week or day that a step of the rule leads to ---------------

    def _all(self, anchor: date, n: int, last: date) -> Iterator[date]:
        while (span := self._period(anchor, n)) is not None and span[0] <= last:
            found = [day for day in _span(*span) if self._names(day)]
            if self.by_set_pos:
                found = sorted({
                    found[at - 1 if at > 0 else at]
                    for at in self.by_set_pos if abs(at) <= len(found)
                })  # fmt: skip
            yield from (day for day in found if day >= anchor)
            n += 1

    def _period(self, anchor: date, n: int) -> tuple[date, date] | None:
        if self.freq in (Freq.DAILY, Freq.WEEKLY):
            length = 1 if self.freq is Freq.DAILY else WEEK
            start = anchor.toordinal() + n * self.interval * length
            if length == WEEK:
                start -= (anchor.weekday() - self.week_start) % WEEK
            if not 1 <= start <= LAST.toordinal():
                return None
            first = date.fromordinal(start)
            return first, min(first + timedelta(length - 1), LAST)
        if self.freq is Freq.YEARLY:
            year = anchor.year + n * self.interval
            return (date(year, 1, 1), date(year, 12, 31)) if year <= LAST.year else None
        year, month0 = divmod(anchor.year * MONTHS + anchor.month - 1 + n * self.interval, MONTHS)
        if year > LAST.year:
            return None
        length = calendar.monthrange(year, month0 + 1)[1]
        return date(year, month0 + 1, 1), date(year, month0 + 1, length)

    def _period_of(self, anchor: date, day: date) -> int:
        apart = (day - anchor).days
        if self.freq is Freq.MONTHLY:
            apart = (day.year - anchor.year) * MONTHS + day.month - anchor.month
        elif self.freq is Freq.YEARLY:
            apart = day.year - anchor.year
        elif self.freq is Freq.WEEKLY:
            apart //= WEEK
        return apart // self.interval

    def _names(self, day: date) -> bool:
        """Whether every part of the rule allows a day of its period."""
        length = calendar.monthrange(day.year, day.month)[1]
        year_day, year_length = day.timetuple().tm_yday, 365 + calendar.isleap(day.year)
        return (
            (not self.by_month or day.month in self.by_month)
            and _allows(self.by_month_day, day.day, length)
            and _allows(self.by_year_day, year_day, year_length)
            and (not self.by_week_no or self._has_week(day))
            and (not self.by_day or any(self._is_day(day, *one) for one in self.by_day))
        )

    def _is_day(self, day: date, nth: int, weekday: int) -> bool:
        if day.weekday() != weekday or nth == 0:
            return day.weekday() == weekday
        of_year = self.freq is Freq.YEARLY and not self.by_month
        at = day.timetuple().tm_yday if of_year else day.day
        length = calendar.monthrange(day.year, day.month)[1]
        if of_year:
            length = 365 + calendar.isleap(day.year)
        return nth in ((at - 1) // WEEK + 1, -((length - at) // WEEK + 1))

    def _has_week(self, day: date) -> bool:
        """A year's first week is the first that has four days in it."""
        start = day - timedelta((day.weekday() - self.week_start) % WEEK)
        year = (start + timedelta(3)).year
        first, following = self._first_week(year), self._first_week(year + 1)
        number = (start - first).days // WEEK + 1
        return _allows(self.by_week_no, number, (following - first).days // WEEK)

    def _first_week(self, year: int) -> date:
        fourth = date(year, 1, 4)
        return fourth - timedelta((fourth.weekday() - self.week_start) % WEEK)

    def _with_defaults(self, anchor: date) -> Repetition:
        """What the rule leaves to the day it starts from."""
        if self.by_week_no and not (self.by_day or self.by_month_day or self.by_year_day):
            return replace(self, by_day=((0, anchor.weekday()),))
        if self.by_week_no or self.by_year_day or self.by_month_day or self.by_day:
            return self
        if self.freq is Freq.WEEKLY:
            return replace(self, by_day=((0, anchor.weekday()),))
        if self.freq is Freq.MONTHLY:
            return replace(self, by_month_day=(anchor.day,))
        if self.freq is Freq.YEARLY:
            by_month = self.by_month or (anchor.month,)
            return replace(self, by_month=by_month, by_month_day=(anchor.day,))
        return self


def every(unit: Unit, step: int, anchor: date) -> Repetition:
    """Every `step` days, weeks, months or years from `anchor`. A 29th, 30th or 31st is kept: a
    month that lacks it has its last day instead, in words that any calendar program reads."""
    rule = Repetition(FREQ_OF[unit], step)
    if unit is Unit.MONTH and anchor.day == 31:
        return replace(rule, by_month_day=(-1,))
    if unit is Unit.MONTH and anchor.day > 28:
        days = tuple(range(28, anchor.day + 1))
        return replace(rule, by_month_day=days, by_set_pos=(-1,))
    if unit is Unit.YEAR and (anchor.month, anchor.day) == (2, 29):
        return replace(rule, by_month=(2,), by_month_day=(-1,))
    return rule


def _span(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(n)


def _allows(wanted: tuple[int, ...], number: int, length: int) -> bool:
    """Numbers count from 1, negative ones from the end."""
    return not wanted or number in wanted or number - length - 1 in wanted
