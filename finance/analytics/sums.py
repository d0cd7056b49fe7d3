"""Sums of a period by month, kind of category and currency; by account, category or merchant."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Greatest, TruncMonth

from finance.analytics.periods import Period
from finance.exchange.rates import ConvertedTotal, Rates, rates_to
from finance.models import CategoryKind, MonthlyTotal, Split, Transaction, TransactionState
from finance.money import Money
from finance.months import month_end

Key = uuid.UUID | str | None


class By(StrEnum):
    CATEGORY = "category"
    ACCOUNT = "account"
    MERCHANT = "merchant"


@dataclass(frozen=True, slots=True)
class Cell:
    """What moved in one month, for one key and kind of category (None: no category), in one
    currency, in minor units."""

    month: date
    key: Key
    kind: str | None
    currency: str
    total: int
    inflow: int
    count: int

    @property
    def income(self) -> Money:
        """Without a category, what came in is income."""
        if self.kind == CategoryKind.INCOME:
            return Money(self.total, self.currency)
        return Money(self.inflow if self.kind is None else 0, self.currency)

    @property
    def spent(self) -> Money:
        """Positive; a refund lessens it. Without a category, what went out is spent."""
        if self.kind == CategoryKind.EXPENSE:
            return Money(-self.total, self.currency)
        return Money(self.inflow - self.total if self.kind is None else 0, self.currency)


def cells(period: Period, by: By, account_id: uuid.UUID | None = None) -> list[Cell]:
    """At most two queries: whole months from the totals, the days around them from their splits.
    Merchants are in no total: theirs is one query over the days."""
    whole, edges = period.parts()
    one = Q() if account_id is None else Q(account=account_id)
    found: list[Cell] = []
    if by is By.MERCHANT:
        whole, edges = None, [period]
    if whole is not None:
        totals = MonthlyTotal.objects.filter(one, month__range=whole).order_by()
        found += _read(
            totals.values(
                "month", "currency", kind=F("category__kind"), key=F(f"{by}_id")
            ).annotate(total=Sum("total_minor"), inflow=Sum("inflow_minor"), splits=Sum("count"))
        )
    if edges:
        found += _read(_of_days(edges, by, account_id))
    return found


def usual_cells(period: Period, by: By, account_id: uuid.UUID | None = None) -> list[Cell]:
    """As `cells`, without what happens only once: one query more."""
    # Asked for by their ids, of which there are few: SQLite would read every split first.
    of_days = Q(booked_on__range=(period.since, period.until))
    few = Transaction.objects.filter(of_days, is_one_time=True).order_by().values("pk")
    once = _of_days([period], by, account_id).filter(transaction__in=few)
    taken = [
        replace(cell, total=-cell.total, inflow=-cell.inflow, count=-cell.count)
        for cell in _read(once)
    ]
    return cells(period, by, account_id) + taken


def _of_days(days: Iterable[Period], by: By, account_id: uuid.UUID | None) -> QuerySet[Any]:
    within = Q()
    for part in days:
        within |= Q(transaction__booked_on__range=(part.since, part.until))
    if account_id is not None:
        within &= Q(transaction__account=account_id)
    key = {
        By.CATEGORY: F("category_id"),
        By.ACCOUNT: F("transaction__account_id"),
        By.MERCHANT: F("transaction__merchant"),
    }[by]
    posted = Split.objects.filter(within, transaction__state=TransactionState.POSTED).order_by()
    rows: QuerySet[Any] = posted.values(
        month=TruncMonth("transaction__booked_on"), currency=F("transaction__currency"),
        kind=F("category__kind"), key=key,
    ).annotate(
        total=Sum("amount_minor"), inflow=Sum(Greatest("amount_minor", 0)), splits=Count("pk")
    )  # fmt: skip
    return rows


def _read(rows: QuerySet[Any]) -> list[Cell]:
    return [
        Cell(
            row["month"], row["key"], row["kind"], row["currency"], int(row["total"]),
            int(row["inflow"]), int(row["splits"]),
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Converter:
    """Converts cells by the last rate on or before the end of their month, or today in the month
    that is running."""

    rates: Rates
    today: date

    def day(self, month: date) -> date:
        return min(month_end(month), self.today)

    def total(self, amounts: Iterable[tuple[Money, date]]) -> ConvertedTotal:
        """Of amounts with their months."""
        return self.rates.total((money, self.day(month)) for money, month in amounts)


def converter(home: str, today: date, of: Iterable[Cell]) -> Converter:
    """Looks up the rates of all cells at once: three queries where one is foreign."""
    wanted = {(cell.currency, min(month_end(cell.month), today)) for cell in of}
    return Converter(rates_to(home, wanted), today)
