"""What is odd in a period, and why: to be looked at, never acted upon.

The rules are plain enough to be told in a sentence beside each finding. Amounts are compared within
one merchant and one currency, so that nothing is converted.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from django.db.models import Avg, Count, Exists, FloatField, OuterRef, QuerySet
from django.db.models.functions import Cast

from finance.analytics.periods import Period
from finance.analytics.spending import Line, SpendingReport
from finance.models import Category, CategoryKind, Split, Transaction, TransactionState
from finance.money import Money

# A merchant is known after so many purchases; what lies so many deviations over the usual, and is
# at least twice it, is odd.
KNOWN_AFTER: Final = 5
DEVIATIONS: Final = 3
# A category is odd from half more than usual on, if that is a twentieth of all spending.
CATEGORY_RATIO: Final = 1.5
CATEGORY_SHARE: Final = 0.05
LARGEST_LOOKED_AT: Final = 500
MOST_FOUND: Final = 50


class Oddity(StrEnum):
    LARGE_FOR_MERCHANT = "large_for_merchant"
    LARGE_NEW_MERCHANT = "large_new_merchant"
    SAME_TWICE = "same_twice"
    CATEGORY_UP = "category_up"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One finding. `usual` is what was expected (for SAME_TWICE: each of the `count`), `count` how
    many purchases that is based on."""

    kind: Oddity
    label: str
    amount: Money
    usual: Money
    count: int
    first_on: date
    last_on: date
    transaction_id: uuid.UUID | None = None
    category_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None


def anomalies(period: Period, spending: SpendingReport) -> list[Anomaly]:
    """Largest surprise first within each kind; four queries beside the spending's own."""
    return [*_large(period), *_twice(period), *_categories(period, spending)][:MOST_FOUND]


def purchases(period: Period) -> QuerySet[Any]:
    """Posted outflows that are spending: no leg of a transfer between own accounts."""
    # Named one by one: SQLite, which has no statistics, reads all splits to join their categories.
    transfers = Category.objects.filter(kind=CategoryKind.TRANSFER).values_list("pk", flat=True)
    moved = Split.objects.filter(transaction=OuterRef("pk"), category__in=list(transfers))
    rows: QuerySet[Any] = Transaction.objects.filter(
        ~Exists(moved),
        state=TransactionState.POSTED,
        amount_minor__lt=0,
        booked_on__range=(period.since, period.until),
    ).order_by()
    return rows


def _large(period: Period) -> Iterable[Anomaly]:
    found = list(
        purchases(period)
        .exclude(merchant="")
        .order_by("amount_minor", "id")
        .values("id", "merchant", "amount_minor", "currency", "booked_on", "account_id")[
            :LARGEST_LOOKED_AT
        ]
    )
    past, overall = _usual(period, {row["merchant"] for row in found})
    for row in found:
        key = (row["merchant"], row["currency"])
        spent, known = -row["amount_minor"], past.get(key)
        if known and known["n"] >= KNOWN_AFTER:
            bound = max(known["mean"] + DEVIATIONS * known["spread"], 2 * known["mean"])
            if spent > bound:
                yield _finding(Oddity.LARGE_FOR_MERCHANT, row, known)
        elif not known and (usual := overall.get(row["currency"])):
            bound = usual["mean"] + DEVIATIONS * usual["spread"]
            if usual["n"] >= KNOWN_AFTER and spent > bound:
                yield _finding(Oddity.LARGE_NEW_MERCHANT, row, usual)


def _finding(kind: Oddity, row: dict[str, Any], usual: dict[str, Any]) -> Anomaly:
    currency = row["currency"]
    return Anomaly(
        kind, row["merchant"], Money(-row["amount_minor"], currency),
        Money(round(usual["mean"]), currency), usual["n"], row["booked_on"], row["booked_on"],
        transaction_id=row["id"], account_id=row["account_id"],
    )  # fmt: skip


def _usual(
    period: Period, merchants: set[str]
) -> tuple[dict[tuple[str, str], dict[str, Any]], dict[str, dict[str, Any]]]:
    """Mean and spread of what was spent in the twelve months before: at each of some merchants,
    and at all of them."""
    before = purchases(period.history())

    def usual(row: dict[str, Any]) -> dict[str, Any]:
        mean, square = -float(row["mean"] or 0), float(row["square"] or 0)
        return {"mean": mean, "spread": math.sqrt(max(square - mean**2, 0)), "n": row["n"]}

    # SQLite knows no deviation: Python would be called for each row.
    amount = Cast("amount_minor", FloatField())
    figures = {"mean": Avg("amount_minor"), "square": Avg(amount * amount), "n": Count("pk")}
    each = before.filter(merchant__in=merchants).values("merchant", "currency").annotate(**figures)
    every = before.values("currency").annotate(**figures)
    return (
        {(row["merchant"], row["currency"]): usual(row) for row in each},
        {row["currency"]: usual(row) for row in every},
    )


def _twice(period: Period) -> Iterable[Anomaly]:
    """The same amount at the same merchant on one day: two real purchases as often as not."""
    groups = (
        purchases(period)
        .exclude(merchant="")
        .values("account_id", "merchant", "currency", "booked_on", "amount_minor")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .order_by("amount_minor", "booked_on")[:MOST_FOUND]
    )
    for row in groups:
        each = Money(-row["amount_minor"], row["currency"])
        whole = Money(each.minor * row["n"], each.currency)
        yield Anomaly(
            Oddity.SAME_TWICE, row["merchant"], whole, each, row["n"], row["booked_on"],
            row["booked_on"], account_id=row["account_id"],
        )  # fmt: skip


def _categories(period: Period, spending: SpendingReport) -> Iterable[Anomaly]:
    """Of a category and its parent only the one below, whose figures are the reason."""
    odd = [line for line in spending.lines if _is_odd(line, spending.total.total.minor)]
    reasons = {line.parent for line in odd}
    for line in odd:
        if line.key not in reasons and line.usual is not None and isinstance(line.key, uuid.UUID):
            yield Anomaly(
                Oddity.CATEGORY_UP, line.label, line.amount, line.usual, line.count,
                period.since, period.until, category_id=line.key,
            )  # fmt: skip


def _is_odd(line: Line, all_spending: int) -> bool:
    if line.usual is None or line.usual.minor <= 0:
        return False
    more = line.amount.minor - line.usual.minor
    least = max(all_spending * CATEGORY_SHARE, 1)
    return line.amount.minor >= line.usual.minor * CATEGORY_RATIO and more >= least
