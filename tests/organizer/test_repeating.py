"""Rules of RFC 5545 against a naive oracle that walks every day and asks the rule's words, and
against another implementation.

A sample of years, zones and random rules here; 50 years in six zones and ten thousand random rules
with INLEDGER_FUZZ_DATES=all (`make fuzz`).
"""

from __future__ import annotations

import os
import random
from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr  # celery brings it; the application does not use it

from finance.recurrence import Unit, instant_of
from organizer.repeating import Repetition, every
from organizer.rule_text import BadRule, check_possible, read_rule

WHOLE = os.environ.get("INLEDGER_FUZZ_DATES") == "all"
YEARS = 50 if WHOLE else 9
RANDOM_RULES = 10_000 if WHOLE else 150
ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
    "Asia/Kolkata", "Pacific/Apia",
)  # fmt: skip
TIMES = (time(2, 30), time(0), time(1, 45), time(23, 30)) if WHOLE else (time(2, 30), time(0))
ANCHORS = (
    date(2000, 2, 29), date(1999, 12, 31), date(2004, 1, 30), date(2001, 1, 29), date(2003, 5, 1),
)  # fmt: skip
Says = Callable[[date, date], bool]


def weeks(day: date, anchor: date, start: int = 0) -> int:
    """Whole weeks between the weeks of two days."""
    first = [d - timedelta((d.weekday() - start) % 7) for d in (day, anchor)]
    return (first[0] - first[1]).days // 7


def months(day: date, anchor: date) -> int:
    return (day.year - anchor.year) * 12 + day.month - anchor.month


def length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def is_workday(day: date) -> bool:
    return day.weekday() < 5


def is_last_workday(day: date) -> bool:
    rest = [day + timedelta(n) for n in range(1, length(day) - day.day + 1)]
    return is_workday(day) and not any(map(is_workday, rest))


def nth_weekday(day: date) -> tuple[int, int]:
    """The how manyth of its weekday in its month, from the start and from the end."""
    return (day.day - 1) // 7 + 1, (length(day) - day.day) // 7 + 1


# A rule, and what its words say of a day.
RULES: list[tuple[str, Says]] = [
    ("FREQ=DAILY", lambda d, a: True),
    ("FREQ=DAILY;INTERVAL=10", lambda d, a: (d - a).days % 10 == 0),
    ("FREQ=DAILY;BYMONTH=1,12", lambda d, a: d.month in (1, 12)),
    ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", lambda d, a: is_workday(d)),
    ("FREQ=DAILY;BYMONTHDAY=-1", lambda d, a: d.day == length(d)),
    ("FREQ=WEEKLY", lambda d, a: d.weekday() == a.weekday()),
    ("FREQ=WEEKLY;INTERVAL=3", lambda d, a: d.weekday() == a.weekday() and weeks(d, a) % 3 == 0),
    ("FREQ=WEEKLY;BYDAY=SA,SU", lambda d, a: d.weekday() > 4),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
     lambda d, a: d.weekday() in (6, 0) and weeks(d, a, 6) % 2 == 0),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO", lambda d, a: d.weekday() in (6, 0)
     and weeks(d, a) % 2 == 0),
    ("FREQ=MONTHLY", lambda d, a: d.day == a.day),
    ("FREQ=MONTHLY;INTERVAL=5", lambda d, a: d.day == a.day and months(d, a) % 5 == 0),
    ("FREQ=MONTHLY;BYMONTHDAY=31", lambda d, a: d.day == 31),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", lambda d, a: d.day == length(d)),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", lambda d, a: d.day == min(30, length(d))),
    ("FREQ=MONTHLY;BYDAY=2TU", lambda d, a: d.weekday() == 1 and nth_weekday(d)[0] == 2),
    ("FREQ=MONTHLY;BYDAY=-1FR", lambda d, a: d.weekday() == 4 and nth_weekday(d)[1] == 1),
    ("FREQ=MONTHLY;BYDAY=5MO", lambda d, a: d.weekday() == 0 and nth_weekday(d)[0] == 5),
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", lambda d, a: d.weekday() == 4 and d.day == 13),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", lambda d, a: is_last_workday(d)),
    ("FREQ=YEARLY", lambda d, a: (d.month, d.day) == (a.month, a.day)),
    ("FREQ=YEARLY;INTERVAL=4",
     lambda d, a: (d.month, d.day) == (a.month, a.day) and (d.year - a.year) % 4 == 0),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", lambda d, a: (d.month, d.day) == (2, 29)),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", lambda d, a: d.month == 2 and d.day == length(d)),
    ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
     lambda d, a: d.month == 11 and d.weekday() == 3 and nth_weekday(d)[0] == 4),
    ("FREQ=YEARLY;BYMONTH=3,9", lambda d, a: d.month in (3, 9) and d.day == a.day),
    ("FREQ=YEARLY;BYYEARDAY=-1,60", lambda d, a: d.timetuple().tm_yday in (
        60, 365 + isleap(d.year))),
    ("FREQ=YEARLY;BYDAY=20MO",
     lambda d, a: d.weekday() == 0 and (d.timetuple().tm_yday - 1) // 7 == 19),
    ("FREQ=YEARLY;BYWEEKNO=20", lambda d, a: d.isocalendar()[1:] == (20, a.isoweekday())),
    ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=WE", lambda d, a: d.isocalendar()[1:] == (53, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), RULES, ids=[text for text, _ in RULES])
def test_a_rule_names_the_days_that_its_words_say(text: str, says: Says) -> None:
    rule = read_rule(text)
    assert str(read_rule(str(rule))) == str(rule)
    for anchor in ANCHORS:
        last = date(anchor.year + YEARS, 12, 31)
        walked = (anchor + timedelta(n) for n in range((last - anchor).days + 1))
        expected = [day for day in walked if says(day, anchor)]
        assert list(read_rule(f"{text};UNTIL={last:%Y%m%d}").days(anchor)) == expected
        # From the middle on, and from one to the next: the same.
        for at in {0, len(expected) // 2, max(0, len(expected) - 9)}:
            found = islice(rule.days(anchor, expected[at]), 8) if expected else []
            assert list(found)[: len(expected) - at] == expected[at : at + 8]
        for before, following in islice(pairwise(expected), 40):
            assert rule.after(anchor, before) == following
            assert rule.after(anchor, following - timedelta(1)) == following
        counted = read_rule(f"{text};COUNT=5")
        assert list(counted.days(anchor))[: len(expected)] == expected[:5]
        assert list(islice(rule.days(anchor), len(expected))) == expected


@pytest.mark.parametrize("anchor", ANCHORS)
def test_every_keeps_the_day_of_the_month(anchor: date) -> None:
    for unit in (Unit.MONTH, Unit.YEAR):
        for step in (1, 2, 3, 12):
            rule = every(unit, step, anchor)
            assert str(read_rule(str(rule))) == str(rule)
            found = list(islice(rule.days(anchor), 60))
            for n, day in enumerate(found):
                apart = n * step * (12 if unit is Unit.YEAR else 1)
                assert months(day, anchor) == apart
                assert day.day == min(anchor.day, length(day))


# --- Instants ---------------------------------------------------------------------------------


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def first_instant(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """When the clocks show it for the first time: by walking five days, quarter by quarter."""
    start = datetime.combine(day, time(0), UTC) - timedelta(days=2)
    steps = (start + timedelta(minutes=15 * n) for n in range(5 * 96))
    return next((i for i in steps if wall(i, zone) == datetime.combine(day, at)), None)


@pytest.mark.parametrize("name", ZONES)
def test_a_time_of_day_stays_where_the_clocks_say(name: str) -> None:
    """Daily over all the years: one instant a day, in order, shown by the clocks as the task says;
    around a change of the clocks compared with the walk."""
    zone, first = ZoneInfo(name), date(2004, 1, 1)
    days = list(islice(read_rule("FREQ=DAILY").days(first), YEARS * 365))
    changes = 0
    for at in TIMES:
        instants = [instant_of(day, at, zone) for day in days]
        assert all(a <= b for a, b in pairwise(instants))
        for day, instant in zip(days, instants, strict=True):
            noon = datetime.combine(day, time(12), zone)
            near = [noon + timedelta(n) for n in (-2, 2)]
            if near[0].utcoffset() == near[1].utcoffset():
                assert wall(instant, zone) == datetime.combine(day, at)
                continue
            changes += 1
            expected = first_instant(day, at, zone)
            if expected is not None:
                assert instant == expected
            else:
                # The clocks skip it: later by as much as they jump.
                jump = near[1].utcoffset() - near[0].utcoffset()  # type: ignore[operator]
                assert jump > timedelta(0)
                assert wall(instant, zone) == datetime.combine(day, at) + jump
    assert changes or name == "Asia/Kolkata"


# --- Another implementation -------------------------------------------------------------------


def random_rule(dice: random.Random) -> str:
    """Where the two agree what the RFC means: dateutil counts a week 53 that is none, and cuts the
    first week of BYSETPOS at its start."""
    freq = dice.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    parts = [f"FREQ={freq}"]
    if dice.random() < 0.5:
        parts.append(f"INTERVAL={dice.randint(1, 6)}")
    if dice.random() < 0.3:
        parts.append(dice.choice((f"COUNT={dice.randint(1, 30)}", "UNTIL=20080630")))
    if dice.random() < 0.3:
        parts.append(f"BYMONTH={','.join(map(str, dice.sample(range(1, 13), 3)))}")
    if freq != "WEEKLY" and dice.random() < 0.4:
        parts.append(f"BYMONTHDAY={dice.choice(('28', '-1', '1,15', '-28', '5,-5'))}")
    if freq == "YEARLY" and len(parts) == 1:
        parts.append(f"BYYEARDAY={dice.choice(('1,100', '-1', '60,-60'))}")
    if dice.random() < 0.4:
        plain, counted = ("MO", "TU,TH", "SA,SU"), ("1MO", "-1FR", "MO,TU", "2SA,-2SU")
        parts.append(f"BYDAY={dice.choice(plain if freq in ('DAILY', 'WEEKLY') else counted)}")
    has_parts = any(part.startswith("BY") for part in parts)
    if has_parts and freq in ("MONTHLY", "YEARLY") and dice.random() < 0.3:
        parts.append(f"BYSETPOS={dice.choice(('1', '-1', '1,-1'))}")
    if dice.random() < 0.3:
        parts.append(f"WKST={dice.choice(('SU', 'MO', 'TH'))}")
    return ";".join(parts)


def test_random_rules_agree_with_another_implementation() -> None:
    dice, end = random.Random(20261127), date(2012, 1, 1)
    for _ in range(RANDOM_RULES):
        text, anchor = random_rule(dice), dice.choice(ANCHORS)
        mine = list(islice(takewhile(lambda d: d < end, read_rule(text).days(anchor)), 60))
        # Bounded, because dateutil looks for days until the year 9999.
        bounded = [part for part in text.split(";") if not part.startswith("COUNT")]
        if "UNTIL" not in text:
            bounded.append(f"UNTIL={end:%Y%m%d}")
        theirs = rrulestr(";".join(bounded), dtstart=datetime.combine(anchor, time(0)))
        count = next((int(p[6:]) for p in text.split(";") if p.startswith("COUNT=")), 60)
        found = [d.date() for d in islice(theirs, min(60, count)) if d.date() < end]
        assert mine == found, text


# --- What is no rule --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "rule_syntax"),
        ("every day", "rule_syntax"),
        ("FREQ=FORTNIGHTLY", "rule_syntax"),
        ("INTERVAL=2", "rule_syntax"),
        ("FREQ=DAILY;FREQ=WEEKLY", "rule_syntax"),
        ("FREQ=DAILY;INTERVAL=0", "rule_syntax"),
        ("FREQ=DAILY;INTERVAL=-1", "rule_syntax"),
        ("FREQ=DAILY;INTERVAL=99999999999999999999", "rule_syntax"),
        ("FREQ=DAILY;COUNT=0", "rule_syntax"),
        ("FREQ=DAILY;COUNT=²", "rule_syntax"),
        ("FREQ=DAILY;UNTIL=20260231", "rule_syntax"),
        ("FREQ=DAILY;UNTIL=tomorrow", "rule_syntax"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "rule_syntax"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "rule_syntax"),
        ("FREQ=YEARLY;BYMONTH=-1", "rule_syntax"),
        ("FREQ=WEEKLY;BYDAY=XX", "rule_syntax"),
        ("FREQ=MONTHLY;BYDAY=0MO", "rule_syntax"),
        ("FREQ=DAILY;WKST=8", "rule_syntax"),
        ("FREQ=DAILY;" + "BYMONTH=" + ",".join(["1"] * 200), "rule_syntax"),
        ("FREQ=DAILY;BYEASTER=1", "rule_part"),
        ("FREQ=WEEKLY;BYDAY=1MO", "rule_part"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "rule_part"),
        ("FREQ=DAILY;BYYEARDAY=3", "rule_part"),
        ("FREQ=MONTHLY;BYSETPOS=1", "rule_part"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20300101", "rule_part"),
        ("FREQ=HOURLY", "rule_too_often"),
        ("FREQ=DAILY;BYMINUTE=5", "rule_too_often"),
        ("FREQ=DAILY;COUNT=1000000", "too_many_occurrences"),
        ("FREQ=DAILY;COUNT=99999999999999999999999", "too_many_occurrences"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadRule) as refused:
        read_rule(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;UNTIL=19990101",
    ],
)
def test_a_rule_without_a_day_is_found_out(text: str) -> None:
    with pytest.raises(BadRule) as refused:
        check_possible(read_rule(text), date(2026, 1, 1))
    assert refused.value.code == "impossible_rule"


def test_what_is_left_of_a_count() -> None:
    rule: Repetition | None = read_rule("FREQ=DAILY;COUNT=2")
    assert rule is not None
    rule = rule.once_less()
    assert str(rule) == "FREQ=DAILY;COUNT=1"
    assert rule is not None
    assert rule.once_less() is None
