"""Who is told that a budget is nearly spent: once for each threshold and period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from finance.budgets.status import Status, statuses
from finance.ledger.writing import writing
from finance.models import Budget, BudgetPeriod
from finance.querysets import today
from notifications import facts
from notifications.notify import cancel, notify

LINK: Final = "/budgets/"


def check_budgets() -> int:
    """Tell the highest threshold that each budget has reached in today's period, if that is more
    than was told before; what was told and is no longer reached is taken back. Returns how many
    were told. Six queries, and those of each notice."""
    with writing():
        budgets = list(Budget.objects.filter(is_archived=False))
        found = statuses(budgets, today(), history=0)
        told = _told(found)
        changed = [
            (status, reached, before)
            for status in found
            if (reached := _reached(status)) != (before := told.get(_slot(status), 0))
        ]
        BudgetPeriod.objects.bulk_create(
            [
                BudgetPeriod(
                    budget=status.budget, starts_on=status.period.first, alerted_percent=reached
                )
                for status, reached, _ in changed
            ],
            update_conflicts=True,
            unique_fields=["tenant", "budget", "starts_on"],
            update_fields=["alerted_percent"],
        )
        for status, reached, before in changed:
            if reached > before:
                _tell(status, reached)
            else:
                _take_back(status, reached)
    return sum(reached > before for _, reached, before in changed)


def _slot(status: Status) -> tuple[object, date]:
    return status.budget.pk, status.period.first


def _take_back(status: Status, reached: int) -> None:
    for threshold in status.budget.thresholds:
        if threshold > reached:
            cancel("budget_threshold", key=_key(status, threshold))


def _key(status: Status, threshold: int) -> str:
    return f"{status.budget.pk}:{status.period.first}:{threshold}"


def _told(found: Sequence[Status]) -> dict[tuple[object, date], int]:
    rows = BudgetPeriod.objects.filter(
        budget__in=[s.budget for s in found], starts_on__in={s.period.first for s in found}
    )
    return {(pk, day): n for pk, day, n in rows.values_list("budget", "starts_on",
                                                            "alerted_percent")}  # fmt: skip


def _reached(status: Status) -> int:
    return max((p for p in status.budget.thresholds if status.percent >= p), default=0)


def _tell(status: Status, reached: int) -> None:
    currency = status.budget.currency
    notify(
        "budget_threshold",
        key=_key(status, reached),
        facts={
            "budget": status.budget.name,
            "percent": status.percent,
            "spent": facts.money(status.spent.decimal, currency),
            "limit": facts.money(status.available.decimal, currency),
            "until": status.period.last,
        },
        link=LINK,
    )
