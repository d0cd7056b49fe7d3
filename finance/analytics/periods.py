"""Periods of days, the ones they are compared with, and how they fall into months. Pure.

Days are dates of the tenant's zone, as transactions are booked; only "today" needs the zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from finance.months import first_of, month_end, month_of, months, next_month

MONTHS_IN_AVERAGE = 12


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, both included."""

    since: date
    until: date

    @property
    def is_whole_months(self) -> bool:
        return self.since.day == 1 and self.until == month_end(self.until)

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @classmethod
    def year_to(cls, day: date) -> Period:
        """The month of a day and the eleven before it, up to the day."""
        return cls(months_before(first_of(day), MONTHS_IN_AVERAGE - 1), day)

    def before(self) -> Period:
        """The period before: as many months before whole months, else as many days."""
        until = self.since - timedelta(1)
        if self.is_whole_months:
            return Period(months_before(self.since, len(months(self.since, self.until))), until)
        return Period(self.since - timedelta(self.days), until)

    def history(self) -> Period:
        """The twelve whole months before the month in which it begins: what is usual."""
        first = first_of(self.since)
        return Period(months_before(first, MONTHS_IN_AVERAGE), first - timedelta(1))

    def share_of(self, history: Period) -> Fraction:
        """How much of the history's sum is usual for this period, going by months where it is
        whole months, else by days."""
        if self.is_whole_months:
            whole = len(months(history.since, history.until))
            return Fraction(len(months(self.since, self.until)), whole)
        return Fraction(self.days, history.days)

    def parts(self) -> tuple[tuple[date, date] | None, list[Period]]:
        """The first and last month that lie wholly in it (their first days; None if there are
        none), and the days around them."""
        first = self.since if self.since.day == 1 else next_month(self.since)
        last = first_of(self.until)
        if self.until != month_end(self.until):
            last = first_of(last - timedelta(1))
        if first > last:
            halves = [self]
            if first_of(self.since) != first_of(self.until):
                # Two months that are both touched only: each is counted as itself.
                halves = [Period(self.since, month_end(self.since)),
                          Period(first_of(self.until), self.until)]  # fmt: skip
            return None, halves
        edges = []
        if self.since < first:
            edges.append(Period(self.since, first - timedelta(1)))
        if self.until > month_end(last):
            edges.append(Period(next_month(last), self.until))
        return (first, last), edges


def months_before(first: date, count: int) -> date:
    """The first day of the month `count` months before a first day."""
    place = first.year * 12 + first.month - 1 - count
    return date(place // 12, place % 12 + 1, 1)


def whole_month(day: date) -> Period:
    return Period(*month_of(day))
