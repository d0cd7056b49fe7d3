"""Recurrence against a naive oracle that walks every day (and every quarter of an hour).

A sample of zones, rules and years here; all of them, 50 years long, with INLEDGER_FUZZ_DATES=all
(`make fuzz`).
"""

from __future__ import annotations

import os
import random
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest

from finance.recurrence import On, Rule, Unit, day_of_work, instant_of, take_due

WHOLE = os.environ.get("INLEDGER_FUZZ_DATES") == "all"
# Summer time in both halves of the world, one of half an hour, one at midnight, none, and a day
# that was left out.
ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
    "Asia/Kolkata", "Pacific/Apia",
)  # fmt: skip
ANCHORS = (
    date(2000, 2, 29), date(1999, 12, 31), date(2004, 1, 30), date(2001, 1, 29), date(2003, 5, 1),
    date(2002, 4, 30), date(2005, 3, 28), date(2000, 8, 10),
)  # fmt: skip
YEARS = 50 if WHOLE else 13
EVERY = {
    Unit.DAY: (1, 2, 10, 30, 365), Unit.WEEK: (1, 2, 4, 13), Unit.MONTH: (1, 2, 3, 5, 6, 18),
    Unit.YEAR: (1, 2, 4),
}  # fmt: skip
RULES = [
    Rule(anchor, unit, every, on)
    for anchor, unit in product(ANCHORS, Unit)
    for every in EVERY[unit]
    for on in (On if unit in (Unit.MONTH, Unit.YEAR) else (On.SAME_DAY,))
]
TIMES = (time(6), time(0), time(2, 30), time(1, 45), time(23, 30))


def is_slot(rule: Rule, day: date) -> bool:
    """By the words of the rule alone: is this day one of its slots?"""
    apart = (day - rule.anchor).days
    if apart < 0:
        return False
    if rule.unit is Unit.DAY:
        return apart % rule.every == 0
    if rule.unit is Unit.WEEK:
        return day.weekday() == rule.anchor.weekday() and apart // 7 % rule.every == 0
    months = (day.year * 12 + day.month) - (rule.anchor.year * 12 + rule.anchor.month)
    if months % (rule.every * (12 if rule.unit is Unit.YEAR else 1)):
        return False
    is_last = (day + timedelta(1)).month != day.month
    if rule.on is On.SAME_DAY:
        return day.day == rule.anchor.day or (is_last and day.day < rule.anchor.day)
    if rule.on is On.LAST_DAY:
        return is_last
    if day.weekday() != rule.anchor.weekday():
        return False
    of_weekday = [
        d for d in range(1, monthrange(day.year, day.month)[1] + 1)
        if date(day.year, day.month, d).weekday() == day.weekday()
    ]  # fmt: skip
    if rule.on is On.LAST_WEEKDAY:
        return day.day == of_weekday[-1]
    nth = sum(1 for d in range(1, rule.anchor.day) if (rule.anchor.day - d) % 7 == 0)
    return day.day == of_weekday[min(nth, len(of_weekday) - 1)]


def days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(n)


@pytest.mark.parametrize("anchor", ANCHORS)
def test_every_rule_has_the_slots_that_its_words_say(anchor: date) -> None:
    last = date(anchor.year + YEARS, 12, 31)
    walked = list(days(anchor - timedelta(40), last))
    for rule in (rule for rule in RULES if rule.anchor == anchor):
        expected = [day for day in walked if is_slot(rule, day)]
        assert list(rule.slots(walked[0], last)) == expected, rule
        middle = expected[len(expected) // 2]
        assert list(rule.slots(middle, last)) == expected[len(expected) // 2 :], rule


@pytest.mark.parametrize("on", On)
def test_after_and_before_agree_with_the_list(on: On) -> None:
    for anchor, every in product(ANCHORS, (1, 3)):
        rule = Rule(anchor, Unit.MONTH, every, on, until=date(anchor.year + 4, 1, 15))
        slots = list(rule.slots(anchor, date(2100, 1, 1)))
        assert slots[-1] <= date(anchor.year + 4, 1, 15)
        for day in days(anchor - timedelta(3), anchor + timedelta(4 * 366)):
            assert rule.after(day) == next((s for s in slots if s > day), None)
            assert rule.before(day) == next((s for s in reversed(slots) if s < day), None)


@pytest.mark.parametrize("anchor", ANCHORS)
def test_periods_lie_side_by_side_and_start_at_slots(anchor: date) -> None:
    for rule in (rule for rule in RULES if rule.anchor == anchor and rule.every < 5):
        period = rule.period(anchor - timedelta(800))
        for day in days(anchor - timedelta(800), anchor + timedelta(800)):
            if day > period.last:
                assert day == period.last + timedelta(1)
                assert rule.period(day).number == period.number + 1
                period = rule.period(day)
                assert day < anchor or is_slot(rule, day)
            assert rule.period(day) == period
            assert period.first <= day <= period.last


def test_the_days_that_others_get_wrong() -> None:
    month = Rule(date(2026, 1, 31), Unit.MONTH)
    assert [str(d) for d in month.slots(date(2026, 1, 1), date(2026, 5, 31))] == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31",
    ]  # fmt: skip
    year = Rule(date(2024, 2, 29), Unit.YEAR)
    assert [str(d) for d in year.slots(date(2024, 1, 1), date(2028, 12, 31))] == [
        "2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29",
    ]  # fmt: skip
    fifth = Rule(date(2026, 1, 29), Unit.MONTH, on=On.SAME_WEEKDAY)
    assert [str(d) for d in fifth.slots(date(2026, 1, 1), date(2026, 4, 30))] == [
        "2026-01-29", "2026-02-26", "2026-03-26", "2026-04-30",
    ]  # fmt: skip


def test_a_rule_ends_with_the_ledgers_years_and_refuses_a_step_of_nothing() -> None:
    for unit in Unit:
        rule = Rule(date(2199, 12, 1), unit, 400)
        assert rule.after(date(2199, 12, 1)) is None
        assert Rule(date(2198, 12, 31), unit, 1).after(date(2199, 12, 31)) is None
    with pytest.raises(ValueError, match="1 or more"):
        Rule(date(2026, 1, 1), Unit.DAY, 0)


QUARTER = timedelta(minutes=15)


def clock_of(zone: ZoneInfo, first: datetime, count: int) -> dict[datetime, datetime]:
    """Wall time → the first instant that shows it, by looking at the clock every quarter."""
    shown: dict[datetime, datetime] = {}
    for n in range(count):
        instant = first + n * QUARTER
        shown.setdefault(instant.astimezone(zone).replace(tzinfo=None), instant)
    return shown


@pytest.mark.parametrize("name", ZONES)
def test_an_instant_is_when_the_clock_shows_it(name: str) -> None:
    """Every day of the years, at five times of day; a skipped one comes later by the jump."""
    zone = ZoneInfo(name)
    for year in range(1999, 1999 + YEARS) if WHOLE else (2011, 2026):
        first = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=2)
        shown = clock_of(zone, first, 370 * 96)
        for day, at in product(days(date(year, 1, 1), date(year, 12, 31)), TIMES):
            wall = datetime.combine(day, at)
            jump = timedelta()
            while wall + jump not in shown:
                jump += QUARTER
            found = instant_of(day, at, zone)
            if not jump:
                assert found == shown[wall]
            else:
                # As many minutes after the jump as the wanted time lies within it.
                before = max(w for w in shown if w < wall) + QUARTER
                assert found == shown[wall + jump] + (wall - before)


@pytest.mark.parametrize("name", ZONES)
def test_days_of_work_go_forward_only(name: str) -> None:
    zone = ZoneInfo(name)
    for year in (2011, 2026):
        start = datetime(year, 1, 1, tzinfo=UTC)
        seen = [day_of_work(start + n * QUARTER, time(6), zone) for n in range(370 * 96)]
        assert all(a <= b <= a + timedelta(2) for a, b in pairwise(seen))


def test_a_utc_morning_is_the_evening_before_in_new_york() -> None:
    instant = datetime(2026, 2, 1, 3, tzinfo=UTC)
    assert day_of_work(instant, time(6), ZoneInfo("America/New_York")) == date(2026, 1, 31)
    assert day_of_work(instant, time(23), ZoneInfo("America/New_York")) == date(2026, 1, 30)


@pytest.mark.parametrize("name", ZONES)
def test_each_slot_comes_once_whatever_the_downtimes(name: str) -> None:
    """Runs at random instants, weeks apart at times, some twice, at most three slots each."""
    zone, chance = ZoneInfo(name), random.Random(name)
    rules = RULES if WHOLE else chance.sample(RULES, 60)
    for rule in rules:
        end = date(rule.anchor.year + (50 if WHOLE else 4), 6, 1)
        expected = [day for day in days(rule.anchor, end) if is_slot(rule, day)]
        now = datetime.combine(rule.anchor, time(), UTC) - timedelta(days=3)
        waiting: date | None = rule.anchor
        done: list[date] = []
        while now.date() < end + timedelta(3) or (done and len(done) < len(expected)):
            day = min(day_of_work(now, time(6), zone), end)
            taken, waiting = take_due(rule, waiting, day, 3) if waiting else ([], None)
            assert all(slot <= day for slot in taken) and len(taken) <= 3
            done += taken
            now += timedelta(hours=chance.choice((0, 1, 7, 24, 24, 24 * chance.randint(1, 60))))
        assert done == expected, rule
