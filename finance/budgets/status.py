"""How budgets stand on a day."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median_low

from finance.budgets.spending import PeriodKey, Scopes, Spent, spent_in
from finance.models import Budget, BudgetPeriod, Rollover
from finance.money import Money
from finance.querysets import today
from finance.recurrence import Period

# Periods before the one that is shown, from which averages are made.
AVERAGE_OF = 6


@dataclass(frozen=True, slots=True)
class Share:
    """What of a budget went to one category (None: to none)."""

    category_id: uuid.UUID | None
    label: str
    spent: Money


@dataclass(frozen=True, slots=True)
class Status:
    """A budget in the period of a day. `limit` is the period's own amount or the budget's,
    `carried` comes over from the periods before; together they are `available`. Of periods before,
    `history` has what was spent, the latest first, without what happens only once."""

    budget: Budget
    period: Period
    limit: Money
    carried: Money
    spent: Money
    days_left: int
    shares: tuple[Share, ...]
    others: tuple[Money, ...]
    history: tuple[tuple[Period, Money], ...]
    categories: tuple[uuid.UUID, ...]
    labels: tuple[str, ...]

    @property
    def available(self) -> Money:
        return self.limit + self.carried

    @property
    def left(self) -> Money:
        """Negative when more was spent than there was."""
        return self.available - self.spent

    @property
    def over(self) -> Money:
        return -self.left

    @property
    def is_over(self) -> bool:
        return self.left.minor < 0

    @property
    def percent(self) -> int:
        """Of what is available, rounded down; 100 where something was spent of nothing."""
        if self.spent.minor <= 0:
            return 0
        if self.available.minor <= 0:
            return 100
        return self.spent.minor * 100 // self.available.minor

    @property
    def state(self) -> str:
        """ "over", "near" (the first threshold is reached) or "on_track"."""
        if self.is_over:
            return "over"
        thresholds = self.budget.thresholds
        return "near" if thresholds and self.percent >= min(thresholds) else "on_track"

    @property
    def per_day(self) -> Money | None:
        """What may be spent on each day that is left; None when none is, or nothing."""
        if self.days_left == 0 or self.left.minor <= 0:
            return None
        return Money(self.left.minor // self.days_left, self.left.currency)

    @property
    def average(self) -> Money | None:
        return mean([spent for _, spent in self.history])

    @property
    def median(self) -> Money | None:
        if not self.history:
            return None
        return Money(median_low([m.minor for _, m in self.history]), self.budget.currency)


def mean(amounts: Sequence[Money]) -> Money | None:
    if not amounts:
        return None
    return Money(round(sum(m.minor for m in amounts) / len(amounts)), amounts[0].currency)


def statuses(
    budgets: Sequence[Budget], day: date | None = None, history: int = AVERAGE_OF
) -> list[Status]:
    """How these budgets stand in the period of a day (today, unless given): at most seven
    queries, however many they are."""
    now = today()
    day = day or now
    if not budgets:
        return []
    scopes = Scopes(budgets)
    current = {budget.pk: budget.rule.period(day) for budget in budgets}
    wanted = {b.pk: _wanted(b, current[b.pk], history) for b in budgets}
    spent = spent_in(wanted, budgets, scopes)
    once = spent_in(wanted, budgets, scopes, once=True)
    facts = Facts(scopes, spent, once, own_amounts(budgets), now, history)
    return [_status(budget, wanted[budget.pk], facts) for budget in budgets]


def own_amounts(budgets: Sequence[Budget]) -> dict[tuple[uuid.UUID, date], int]:
    """Amounts of single periods: one query."""
    rows = BudgetPeriod.objects.filter(budget__in=budgets, amount_minor__isnull=False)
    return {(pk, day): n for pk, day, n in rows.values_list("budget", "starts_on", "amount_minor")}


def _wanted(budget: Budget, current: Period, history: int) -> list[Period]:
    """The period that is shown and those before that it needs, in order."""
    first = current.number - history
    if budget.rollover != Rollover.NONE and budget.rollover_since is not None:
        first = min(first, budget.rule.period(budget.rollover_since).number)
    return [budget.rule.period_number(n) for n in range(first, current.number + 1)]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read about some budgets at once."""

    scopes: Scopes
    spent: Mapping[PeriodKey, Spent]
    once: Mapping[PeriodKey, Spent]
    own: Mapping[tuple[uuid.UUID, date], int]
    today: date
    history: int

    def limit(self, budget: Budget, period: Period) -> int:
        return self.own.get((budget.pk, period.first), budget.amount_minor)

    def usual(self, budget: Budget, period: Period) -> int:
        key = (budget.pk, period.number)
        return self.spent[key].total - self.once[key].total

    def carried(self, budget: Budget, before: Sequence[Period]) -> int:
        """What comes over from periods before, in order."""
        carried = 0
        if budget.rollover == Rollover.NONE or budget.rollover_since is None:
            return carried
        for period in before:
            if period.last >= budget.rollover_since:
                carried += self.limit(budget, period)
                carried -= self.spent[budget.pk, period.number].total
                carried = carried if budget.rollover == Rollover.ALL else max(0, carried)
        return carried


def _status(budget: Budget, periods: Sequence[Period], facts: Facts) -> Status:
    """From the periods that `_wanted` gave, the last of which is shown."""
    *earlier, current = periods
    scopes, spent, now = facts.scopes, facts.spent, facts.today
    of_period = spent[budget.pk, current.number]
    shares = sorted(of_period.by_category.items(), key=lambda pair: -pair[1])
    before = [p for p in reversed(earlier) if p.number >= current.number - facts.history]
    in_period = current.first <= now <= current.last
    return Status(
        budget=budget,
        period=current,
        limit=Money(facts.limit(budget, current), budget.currency),
        carried=Money(facts.carried(budget, earlier), budget.currency),
        spent=Money(of_period.total, budget.currency),
        days_left=(current.last - now).days + 1 if in_period else 0,
        shares=tuple(
            Share(pk, scopes.labels.get(pk, ""), Money(minor, budget.currency))
            for pk, minor in shares
            if minor
        ),
        others=tuple(Money(n, c) for c, n in sorted(of_period.others.items()) if n),
        history=tuple((p, Money(facts.usual(budget, p), budget.currency)) for p in before),
        categories=tuple(scopes.named[budget.pk]),
        labels=tuple(scopes.labels[pk] for pk in scopes.named[budget.pk]),
    )
