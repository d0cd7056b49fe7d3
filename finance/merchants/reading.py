"""Merchants with what was spent at each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from finance.models import Merchant, MerchantAlias, Subscription, Transaction, TransactionState
from finance.money import Money


@dataclass(slots=True)
class Sums:
    """What is posted under a merchant's name, or with a tag. `spent` has one amount for each
    currency, the most used first: positive is spent, negative has come in."""

    count: int = 0
    last_on: date | None = None
    spent: list[Money] = field(default_factory=list)

    def add(self, total: int, currency: str, count: int, last: date) -> None:
        """What is posted in one currency; `total` in minor units, an outflow negative."""
        self.count += count
        self.last_on = max(filter(None, (self.last_on, last)))
        self.spent.append(Money(-total, currency))


def sums_of(names: Iterable[str]) -> dict[str, Sums]:
    """By name, in one query; a name without transactions has no sums."""
    wanted = list(names)
    rows = (
        Transaction.objects.filter(merchant__in=wanted, state=TransactionState.POSTED)
        .order_by()
        .values("merchant", "currency")
        .annotate(total=Sum("amount_minor"), n=Count("pk"), last=Max("booked_on"))
        .order_by("-n", "currency")
    )
    found: dict[str, Sums] = {}
    for row in rows:
        sums = found.setdefault(row["merchant"], Sums())
        sums.add(int(row["total"]), row["currency"], row["n"], row["last"])
    return found


def standing() -> QuerySet[Merchant]:
    """Merchants that are not merged into others."""
    rows: QuerySet[Merchant] = Merchant.objects.filter(merged_into=None)
    return rows.select_related("default_category").order_by("name", "id")


def called(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of some merchants whose name, or a way in which they are written, holds a text."""
    aliases = MerchantAlias.objects.filter(text__icontains=text).values("merchant")
    merged = Merchant.objects.filter(name__icontains=text, merged_into__isnull=False)
    known = Q(name__icontains=text) | Q(pk__in=aliases) | Q(pk__in=merged.values("merged_into"))
    return rows.filter(known)


def subscriptions_of(merchant: Merchant) -> QuerySet[Subscription]:
    charged = Q(charges__transaction__merchant=merchant.name)
    rows: QuerySet[Subscription] = Subscription.objects.filter(Q(name=merchant.name) | charged)
    return rows.select_related("account").distinct()


def ids_by_name(names: Iterable[str]) -> dict[str, uuid.UUID]:
    return dict(Merchant.objects.filter(name__in=list(names)).values_list("name", "pk"))
