"""What was spent in the periods of budgets: a handful of queries for all of them.

Budgets whose periods are calendar months or years read the monthly totals; others sum the splits
of each day. Refunds lessen what was spent; transfers are not spending; without a category only
what went out counts.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from django.db.models import F, Q, Sum

from finance.models import (
    Budget,
    BudgetCategory,
    BudgetUnit,
    Category,
    CategoryKind,
    MonthlyTotal,
    Split,
    TransactionState,
)
from finance.recurrence import Period

# Budget and number of the period.
PeriodKey = tuple[uuid.UUID, int]
NO_CATEGORY = None


@dataclass(slots=True)
class Spent:
    """In minor units of the budget's currency, positive when spent. `others` holds what was spent
    in other currencies, which does not count."""

    total: int = 0
    by_category: dict[uuid.UUID | None, int] = field(default_factory=lambda: defaultdict(int))
    others: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, budget: Budget, category_id: uuid.UUID | None, currency: str, minor: int) -> None:
        if currency == budget.currency:
            self.total += minor
            self.by_category[category_id] += minor
        else:
            self.others[currency] += minor


@dataclass(frozen=True, slots=True)
class SpentOn:
    """What was spent on a category from a day on (a day's, or a month's)."""

    category_id: uuid.UUID | None
    day: date
    currency: str
    minor: int


class Scopes:
    """Which categories each budget is for: two queries."""

    def __init__(self, budgets: Iterable[Budget]) -> None:
        ids = [budget.pk for budget in budgets]
        self.named: dict[uuid.UUID, list[uuid.UUID]] = {pk: [] for pk in ids}
        links = BudgetCategory.objects.filter(budget__in=ids).order_by("id")
        for budget_id, category_id in links.values_list("budget_id", "category_id"):
            self.named[budget_id].append(category_id)
        self.labels: dict[uuid.UUID | None, str] = {}
        self._children: dict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
        for category in Category.objects.order_by("kind", "position", "name", "id"):
            self.labels[category.pk] = category.label
            self._children[category.parent_id].append(category.pk)
        self.within = {pk: self._below(named) for pk, named in self.named.items()}

    def _below(self, category_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
        found = list(category_ids)
        for pk in found:
            found.extend(self._children[pk])
        return frozenset(found)

    def of(self, budget: Budget, category_id: uuid.UUID | None) -> bool:
        if not self.named[budget.pk]:
            return True
        return category_id in self.within[budget.pk]

    def condition(self, budgets: Iterable[Budget]) -> Q:
        """Splits or totals that any of the budgets is for."""
        budgets = list(budgets)
        if any(not self.named[budget.pk] for budget in budgets):
            return Q(category__isnull=True) | Q(category__kind=CategoryKind.EXPENSE)
        return Q(category__in=frozenset().union(*(self.within[b.pk] for b in budgets)))


def spent_in(
    periods: Mapping[uuid.UUID, Sequence[Period]],
    budgets: Sequence[Budget],
    scopes: Scopes,
    *,
    once: bool = False,
) -> dict[PeriodKey, Spent]:
    """What was spent in each of the periods that are asked for, by budget; with `once`, only what
    was marked as happening once."""
    found: dict[PeriodKey, Spent] = {
        (pk, period.number): Spent() for pk, wanted in periods.items() for period in wanted
    }
    # Totals by month know nothing of single transactions.
    by_month = [budget for budget in budgets if is_by_month(budget) and not once]
    by_day = [budget for budget in budgets if not is_by_month(budget) or once]
    for some, read in ((by_month, _months), (by_day, _once if once else _days)):
        wanted = [period for budget in some for period in periods[budget.pk]]
        if not wanted:
            continue
        first, last = min(p.first for p in wanted), max(p.last for p in wanted)
        numbers = {budget.pk: cache(budget.rule.period) for budget in some}
        for row in read(first, last, scopes.condition(some)):
            for budget in some:
                if scopes.of(budget, row.category_id):
                    key = (budget.pk, numbers[budget.pk](row.day).number)
                    if key in found:
                        found[key].add(budget, row.category_id, row.currency, row.minor)
    return found


def is_by_month(budget: Budget) -> bool:
    return budget.unit != BudgetUnit.WEEK and budget.starts_on.day == 1


def _months(first: date, last: date, condition: Q) -> Iterator[SpentOn]:
    rows = (
        MonthlyTotal.objects.filter(condition, month__range=(first, last))
        .order_by()
        .values("category_id", "month", "currency")
        .annotate(total=Sum("total_minor"), inflow=Sum("inflow_minor"))
    )
    for row in rows:
        spent = -int(row["total"]) + (0 if row["category_id"] else int(row["inflow"]))
        yield SpentOn(row["category_id"], row["month"], row["currency"], spent)


def _once(first: date, last: date, condition: Q) -> Iterator[SpentOn]:
    return _days(first, last, condition & Q(transaction__is_one_time=True))


def _days(first: date, last: date, condition: Q) -> Iterator[SpentOn]:
    rows = (
        Split.objects.filter(
            condition,
            transaction__state=TransactionState.POSTED,
            transaction__booked_on__range=(first, last),
        )
        .order_by()
        .values("category_id", day=F("transaction__booked_on"), currency=F("transaction__currency"))
        .annotate(
            total=Sum("amount_minor"),
            inflow=Sum("amount_minor", filter=Q(amount_minor__gt=0), default=0),
        )
    )
    for row in rows:
        spent = -int(row["total"]) + (0 if row["category_id"] else int(row["inflow"]))
        yield SpentOn(row["category_id"], row["day"], row["currency"], spent)
