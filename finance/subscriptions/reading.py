"""Reading subscriptions: their charges, prices, and what they cost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from finance.models import (
    Announcement,
    AnnouncementKind,
    AnnouncementState,
    Subscription,
    SubscriptionCharge,
    SubscriptionState,
    TransactionState,
)
from finance.money import Money
from finance.recurrence import Unit
from finance.subscriptions.detecting import LATE

# So many, the soonest, stand on the page.
MOST_ANNOUNCED: Final = 50
# How often a year holds a unit.
IN_A_YEAR: Final = {
    Unit.WEEK: Fraction(3652425, 70000), Unit.MONTH: Fraction(12), Unit.YEAR: Fraction(1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charged:
    transaction_id: uuid.UUID
    day: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Price:
    """What a charge was from a day on; `percent` more (or less) than before, None at first."""

    since: date
    amount: Money
    percent: int | None

    @property
    def change(self) -> str:
        """“+11 %”; empty at first."""
        return "" if self.percent is None else f"{self.percent:+d} %".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Shown:
    """A subscription with its charges, oldest first."""

    row: Subscription
    charges: tuple[Charged, ...]

    @property
    def prices(self) -> list[Price]:
        """One entry for each change; a single one where the amount varies anyhow."""
        found: list[Price] = []
        for charge in self.charges:
            if not found:
                found.append(Price(charge.day, charge.amount, None))
            elif charge.amount != found[-1].amount and not self.row.varies:
                before = found[-1].amount.minor
                percent = round(100 * (charge.amount.minor - before) / before)
                found.append(Price(charge.day, charge.amount, percent))
        return found

    @property
    def per_year(self) -> Money:
        """The latest amount as often as a year has it; the average one where it varies."""
        minor = Fraction(self.row.amount_minor)
        if self.row.varies and self.charges:
            minor = Fraction(sum(c.amount.minor for c in self.charges), len(self.charges))
        times = IN_A_YEAR[Unit(self.row.unit)] / self.row.every
        return Money(round(minor * times), self.row.currency)

    @property
    def per_month(self) -> Money:
        return Money(round(Fraction(self.per_year.minor, 12)), self.row.currency)


def listed(rows: QuerySet[Subscription], day: date) -> QuerySet[Subscription]:
    """Without suggestions that have ceased meanwhile."""
    ceased = Q(state=SubscriptionState.SUGGESTED, next_on__lt=day - LATE)
    return rows.exclude(ceased).select_related("account")


def announced(day: date) -> list[Announcement]:
    """What is still to happen, or to be confirmed, by day: one query."""
    rows = Announcement.objects.filter(
        state__in=(AnnouncementState.OPEN, AnnouncementState.PROPOSED)
    ).exclude(~Q(kind=AnnouncementKind.REFUND), day__lt=day)
    return list(rows.order_by(Coalesce("day", "told_on"), "pk")[:MOST_ANNOUNCED])


def shown(rows: Iterable[Subscription]) -> list[Shown]:
    """With the charges of each that are still posted: one query."""
    all_of = list(rows)
    by_row: dict[uuid.UUID, list[Charged]] = {row.pk: [] for row in all_of}
    charges = SubscriptionCharge.objects.filter(
        subscription__in=by_row, transaction__state=TransactionState.POSTED
    ).order_by("transaction__booked_on", "transaction_id")
    for owner, pk, day, minor, currency in charges.values_list(
        "subscription_id", "transaction_id", "transaction__booked_on",
        "transaction__amount_minor", "transaction__currency",
    ):  # fmt: skip
        by_row[owner].append(Charged(pk, day, Money(-minor, currency)))
    return [Shown(row, tuple(by_row[row.pk])) for row in all_of]


def cost_per_year(of: Iterable[Shown]) -> list[Money]:
    """What they cost together in a year, for each currency."""
    sums: dict[str, int] = {}
    for entry in of:
        cost = entry.per_year
        sums[cost.currency] = sums.get(cost.currency, 0) + cost.minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]
