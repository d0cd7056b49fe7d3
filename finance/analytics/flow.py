"""Income, spending and what is left of it, month by month, and where it flowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finance.analytics.periods import Period
from finance.analytics.sums import By, Cell, Converter, Key, cells, converter
from finance.exchange.rates import ConvertedTotal
from finance.models import CategoryKind
from finance.money import Money
from finance.months import first_of, months
from finance.querysets import category_tree, home, today_of


@dataclass(frozen=True, slots=True)
class MonthFlow:
    """One month (of a period that may only touch it)."""

    month: date
    income: Money
    spent: Money

    @property
    def saved(self) -> Money:
        return self.income - self.spent

    @property
    def saving_rate(self) -> Decimal | None:
        """Saved of income, in per cent with one decimal; None without income."""
        if self.income.minor <= 0:
            return None
        return round(Decimal(100 * self.saved.minor) / self.income.minor, 1)


@dataclass(frozen=True, slots=True)
class Stream:
    """What flowed in from, or out to, a top category (None: without one)."""

    key: Key
    label: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CashFlow:
    """`sources` and `uses` are the two sides of a Sankey diagram: both sum to the same when what
    was saved is added to the uses, or what was taken from savings to the sources."""

    period: Period
    months: list[MonthFlow]
    income: ConvertedTotal
    spent: ConvertedTotal
    sources: list[Stream]
    uses: list[Stream]

    @property
    def whole(self) -> MonthFlow:
        return MonthFlow(self.period.since, self.income.total, self.spent.total)


def cash_flow(period: Period) -> CashFlow:
    """Eight queries at most, whatever the period."""
    tenant = home()
    found = cells(period, By.CATEGORY)
    known = converter(tenant.currency, today_of(tenant), found)
    by_month: dict[date, list[Cell]] = {first_of(m): [] for m in months(period.since, period.until)}
    for cell in found:
        by_month[cell.month].append(cell)
    return CashFlow(
        period=period,
        months=[_month(month, some, known) for month, some in by_month.items()],
        income=known.total((cell.income, cell.month) for cell in found),
        spent=known.total((cell.spent, cell.month) for cell in found),
        **_streams(found, known),
    )


def _month(month: date, some: list[Cell], known: Converter) -> MonthFlow:
    income = known.total((cell.income, month) for cell in some).total
    return MonthFlow(month, income, known.total((cell.spent, month) for cell in some).total)


def _streams(found: Iterable[Cell], known: Converter) -> dict[str, list[Stream]]:
    """By top category. A category that came out the other way round (more refunds than
    purchases) flows on the other side."""
    tops, labels = _tops()
    sides: dict[str, dict[Key, list[tuple[Money, date]]]] = {"sources": {}, "uses": {}}
    for cell in found:
        for side, amount in (("sources", cell.income), ("uses", cell.spent)):
            if amount:
                top = tops.get(cell.key, cell.key)
                sides[side].setdefault(top, []).append((amount, cell.month))
    streams: dict[str, list[Stream]] = {"sources": [], "uses": []}
    for side, other in (("sources", "uses"), ("uses", "sources")):
        for key, amounts in sides[side].items():
            money = known.total(amounts).total
            if money:
                here = side if money.minor > 0 else other
                streams[here].append(Stream(key, labels.get(key, ""), abs(money)))
    for some in streams.values():
        some.sort(key=lambda stream: (-stream.amount.minor, stream.label))
    return streams


def _tops() -> tuple[dict[Key, Key], dict[Key, str]]:
    """The top category of each, and the labels."""
    tops: dict[Key, Key] = {}
    labels: dict[Key, str] = {}
    for category in category_tree():
        if category.kind != CategoryKind.TRANSFER:
            tops[category.pk] = tops.get(category.parent_id, category.parent_id) or category.pk
            labels[category.pk] = category.label
    return tops, labels
