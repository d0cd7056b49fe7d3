"""When something repeats: every n days, weeks, months or years from an anchor. Pure: no Django.

Slots are dates, counted from the anchor (slot n is "anchor + n steps", never "slot n − 1 + a
step": a chain from 31 January would stay on the 28th for ever). They are dates of the tenant's
zone; `instant_of` turns one into the instant at which its work starts.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

# The ledger's last year (see ledger.movements); `date` itself ends in 9999.
LAST: Final = date(2199, 12, 31)
MONTHS: Final = 12


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class On(StrEnum):
    """Which day of its month a slot of months or years falls on."""

    # The anchor's; the month's last where it is shorter (31 January, 28 February, 31 March).
    SAME_DAY = "same_day"
    LAST_DAY = "last_day"
    # The anchor's, as "second Tuesday"; a fifth is the last where the month has four.
    SAME_WEEKDAY = "same_weekday"
    # The last of the anchor's weekday, as "last Friday".
    LAST_WEEKDAY = "last_weekday"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; periods of one rule lie side by side."""

    number: int
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Rule:
    """Every `every` units from `anchor` (slot 0 is the first on or after it), until `until`
    inclusive. Raises ValueError for a step below 1."""

    anchor: date
    unit: Unit
    every: int = 1
    on: On = On.SAME_DAY
    until: date | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError("The step must be 1 or more.")

    @property
    def last(self) -> date:
        return min(self.until, LAST) if self.until else LAST

    def slot(self, n: int) -> date | None:
        """The n-th slot, whether or not the rule has ended by then; None after year 2199."""
        if self.unit in (Unit.DAY, Unit.WEEK):
            days = n * self.every * (7 if self.unit is Unit.WEEK else 1)
            return self.anchor + timedelta(days) if days <= (LAST - self.anchor).days else None
        months = n * self.every * (MONTHS if self.unit is Unit.YEAR else 1)
        year, month0 = divmod(self.anchor.year * MONTHS + self.anchor.month - 1 + months, MONTHS)
        return self._in_month(year, month0 + 1) if year <= LAST.year else None

    def _in_month(self, year: int, month: int) -> date:
        length = calendar.monthrange(year, month)[1]
        if self.on is On.LAST_DAY:
            return date(year, month, length)
        if self.on is On.SAME_DAY:
            return date(year, month, min(self.anchor.day, length))
        first = 1 + (self.anchor.weekday() - date(year, month, 1).weekday()) % 7
        weeks = 4 if self.on is On.LAST_WEEKDAY else (self.anchor.day - 1) // 7
        day = first + 7 * weeks
        return date(year, month, day if day <= length else day - 7)

    def slots(self, first: date, last: date) -> Iterator[date]:
        """The slots from `first` to `last`, both included, in order. Does not walk what lies
        before `first`."""
        n = self._number_before(first)
        end = min(last, self.last)
        while (day := self.slot(n)) is not None and day <= end:
            if day >= max(first, self.anchor):
                yield day
            n += 1

    def after(self, day: date) -> date | None:
        """The first slot after a day; None when there is no more."""
        return next(self.slots(day + timedelta(1), self.last), None) if day < LAST else None

    def before(self, day: date) -> date | None:
        """The last slot before a day; None when there was none."""
        found = None
        end = min(day, self.last + timedelta(1))
        start = self._number_before(end)
        for slot in map(self.slot, range(start, start + 4)):
            if slot is not None and self.anchor <= slot < end:
                found = slot
        return found

    def period(self, day: date) -> Period:
        """The period that a day lies in: from one slot to the day before the next. The rule is
        carried on before its anchor and after its end."""
        if self.unit in (Unit.DAY, Unit.WEEK):
            step = self.every * (7 if self.unit is Unit.WEEK else 1)
            n = (day - self.anchor).days // step
        else:
            step = self.every * (MONTHS if self.unit is Unit.YEAR else 1)
            apart = (day.year - self.anchor.year) * MONTHS + day.month - self.anchor.month
            n = apart // step
        while (start := self.slot(n)) is not None and start > day:
            n -= 1
        return self.period_number(n)

    def period_number(self, n: int) -> Period:
        """Period 0 starts with slot 0. Raises ValueError after year 2199."""
        first, following = self.slot(n), self.slot(n + 1)
        if first is None:
            raise ValueError("The rule has no such period.")
        return Period(n, first, following - timedelta(1) if following else LAST)

    def _number_before(self, day: date) -> int:
        """A slot number that surely lies before `day`, by at most three."""
        if self.unit in (Unit.DAY, Unit.WEEK):
            step = self.every * (7 if self.unit is Unit.WEEK else 1)
            steps = (day - self.anchor).days // step
        else:
            step = self.every * (MONTHS if self.unit is Unit.YEAR else 1)
            apart = (day.year - self.anchor.year) * MONTHS + day.month - self.anchor.month
            steps = apart // step
        return max(0, steps - 1)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clocks of a zone show a time, in UTC. A time that a clock change skips comes as
    much later as the clocks jumped (PEP 495, fold=0), one that it repeats is taken the first
    time; on a day that a zone left out (Samoa, 30 December 2011) it comes a day later."""
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def day_of_work(now: datetime, at: time, zone: ZoneInfo) -> date:
    """The latest day whose work has begun at an instant: today after `at`, yesterday before.
    It goes forward only, also over clock changes."""
    day = now.astimezone(zone).date()
    return day if instant_of(day, at, zone) <= now else day - timedelta(1)


def take_due(rule: Rule, due_on: date, day: date, limit: int) -> tuple[list[date], date | None]:
    """The slots from `due_on` (the first that is not done) to `day`, oldest first and at most
    `limit`, and the slot that waits next. After a downtime they are all there; none comes twice.
    """
    taken: list[date] = []
    waiting: date | None = next(rule.slots(due_on, rule.last), None)
    while waiting is not None and waiting <= day and len(taken) < limit:
        taken.append(waiting)
        waiting = rule.after(waiting)
    return taken, waiting
