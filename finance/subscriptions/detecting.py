"""Which charges of one merchant repeat, how often, and how sure that is. Pure: no Django.

It abstains rather than guess: a habit (coffee most mornings, groceries on Saturdays) is not a
subscription, and two charges are none either, unless they are equal and a year apart.
"""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from finance.recurrence import Rule, Unit

# More of one merchant's charges than these, the latest, are not looked at.
MOST: Final = 60
FEWEST: Final = 3
# An amount that varies needs more of them, and may lie so far from the usual one.
FEWEST_VARYING: Final = 4
VARYING_BY: Final = 0.35
# A price may rise or fall by this factor.
STEP_BY: Final = 2.5
# One date in so many may have been left out, and never two on end.
LEFT_OUT_IN: Final = 4
# So much later than expected a charge may still come.
LATE: Final = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Charge:
    """Something paid: `minor` units of its currency, positive."""

    id: uuid.UUID
    day: date
    minor: int


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often: `days` is its usual length, and a charge may lie `off` days from its date."""

    unit: Unit
    every: int
    days: float
    off: int

    @property
    def is_long(self) -> bool:
        return self.unit is not Unit.WEEK


CADENCES: Final = (
    Cadence(Unit.WEEK, 1, 7, 1),
    Cadence(Unit.WEEK, 2, 14, 2),
    Cadence(Unit.WEEK, 4, 28, 2),
    Cadence(Unit.MONTH, 1, 30.44, 4),
    Cadence(Unit.MONTH, 2, 60.88, 5),
    Cadence(Unit.MONTH, 3, 91.31, 7),
    Cadence(Unit.MONTH, 6, 182.62, 9),
    Cadence(Unit.YEAR, 1, 365.24, 14),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Charges that repeat, in order, and why that is believed: at most `days_off` days from the
    dates of `rule`, `left_out` dates without a charge; `varies` says that the amount does."""

    charges: tuple[Charge, ...]
    rule: Rule
    days_off: int
    left_out: int
    varies: bool
    next_on: date

    @property
    def latest(self) -> Charge:
        return self.charges[-1]


def find(charges: Sequence[Charge], today: date) -> list[Finding]:
    """What repeats among one merchant's charges and has not ceased by `today`. There may be
    several: two subscriptions, or one beside purchases."""
    known = sorted(charges, key=lambda c: (c.day, c.id))[-MOST:]
    whole = _fit(known)
    found = [whole] if whole else _parts(known)
    return [finding for finding in found if finding.next_on + LATE >= today]


def _parts(charges: Sequence[Charge]) -> list[Finding]:
    """By equal amounts; a later amount that carries the dates on is a new price of the same."""
    by_amount: dict[int, list[Charge]] = {}
    for charge in charges:
        by_amount.setdefault(charge.minor, []).append(charge)
    groups = sorted(by_amount.values(), key=lambda group: group[0].day)
    found: list[Finding] = []
    for group in groups:
        before = next(
            (n for n, f in enumerate(found) if f.latest.day < group[0].day
             and _fit([*f.charges, *group])), None,
        )  # fmt: skip
        joined = _fit([*found[before].charges, *group]) if before is not None else _fit(group)
        if joined is None or joined.varies:
            continue
        if before is None:
            found.append(joined)
        else:
            found[before] = joined
    used = {charge.id for finding in found for charge in finding.charges}
    return [_carried_on(f, [c for c in charges if c.id not in used]) for f in found]


def _carried_on(finding: Finding, others: Sequence[Charge]) -> Finding:
    """With a charge at another price on the next date, if just one can be meant."""
    cadence = _cadence_of(finding.rule)
    near = [
        c for c in others
        if abs((c.day - finding.next_on).days) <= cadence.off
        and _within(c.minor, finding.latest.minor, 1.5)
    ]  # fmt: skip
    longer = _fit([*finding.charges, near[0]]) if len(near) == 1 else None
    return longer or finding


def _fit(charges: Sequence[Charge]) -> Finding | None:
    """The cadence that all of them keep, the closest if several do."""
    if len(charges) < FEWEST - 1:
        return None
    amounts = [charge.minor for charge in charges]
    changes = sum(a != b for a, b in pairwise(amounts))
    steady = changes <= (len(amounts) - 1) // 3 and _within(max(amounts), min(amounts), STEP_BY)
    varies = not steady
    usual = statistics.median(amounts)
    if varies and any(abs(minor - usual) > VARYING_BY * usual for minor in amounts):
        return None
    fits = [
        found
        for cadence in CADENCES
        if (found := _keep(charges, cadence, varies=varies, is_equal=not changes))
    ]
    return min(fits, key=lambda f: (f.left_out, f.days_off), default=None)


def _keep(
    charges: Sequence[Charge], cadence: Cadence, *, varies: bool, is_equal: bool
) -> Finding | None:
    fewest = FEWEST_VARYING if varies else FEWEST
    if is_equal and cadence.unit is Unit.YEAR:
        fewest = 2
    if len(charges) < fewest or (varies and not cadence.is_long):
        return None
    span = (charges[-1].day - charges[0].day).days
    if not 0.7 <= span / cadence.days / (len(charges) - 1) <= 1.5:
        return None
    best: tuple[int, Rule, list[int]] | None = None
    for anchor in dict.fromkeys(charge.day for charge in charges):
        rule = Rule(anchor, cadence.unit, cadence.every)
        numbers = [_nearest(rule, cadence, charge.day) for charge in charges]
        off = max(
            abs((_slot(rule, n) - charge.day).days)
            for n, charge in zip(numbers, charges, strict=True)
        )
        if best is None or off < best[0]:
            best = off, rule, numbers
    if best is None or best[0] > cadence.off:
        return None
    return _finding(charges, *best, varies=varies)


def _finding(
    charges: Sequence[Charge], off: int, rule: Rule, numbers: Sequence[int], *, varies: bool
) -> Finding | None:
    """None where two charges share a date, or too many dates have none."""
    steps = [b - a for a, b in pairwise(numbers)]
    left_out = sum(steps) - len(steps)
    if min(steps) < 1 or max(steps) > 2 or left_out * LEFT_OUT_IN > len(charges):
        return None
    return Finding(tuple(charges), rule, off, left_out, varies, _slot(rule, numbers[-1] + 1))


def _nearest(rule: Rule, cadence: Cadence, day: date) -> int:
    about = round((day - rule.anchor).days / cadence.days)
    return min(range(about - 1, about + 2), key=lambda n: abs((_slot(rule, n) - day).days))


def _slot(rule: Rule, n: int) -> date:
    return rule.slot(n) or date.max


def _cadence_of(rule: Rule) -> Cadence:
    return next(c for c in CADENCES if (c.unit, c.every) == (rule.unit, rule.every))


def _within(one: int, other: int, factor: float) -> bool:
    return max(one, other) <= factor * min(one, other)
