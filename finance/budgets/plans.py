"""Planning: budgets added and changed, amounts of single periods set, copied and averaged."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext

from finance.budgets.status import mean, own_amounts, statuses
from finance.errors import LedgerError, NotInLedger, UnknownReference
from finance.ledger.movements import LARGEST_MINOR, check_date, clean_text
from finance.ledger.writing import change, insert, locked, plain, writing
from finance.models import (
    Budget,
    BudgetCategory,
    BudgetPeriod,
    Category,
    CategoryKind,
    Rollover,
)
from finance.money import Money
from finance.querysets import today
from tenancy.ids import new_id
from tenancy.wording import worded

MOST_STEPS: Final = 12
MOST_THRESHOLDS: Final = 5
HIGHEST_PERCENT: Final = 500
# From so many periods an average is made.
AVERAGES: Final = (3, 6, 12)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a budget is; see the model."""

    name: str
    amount: Money
    starts_on: date
    category_ids: Sequence[uuid.UUID] = ()
    unit: str = "month"
    every: int = 1
    rollover: str = Rollover.NONE
    thresholds: Sequence[int] = (80, 100)


def add_budget(plan: Plan) -> Budget:
    """Raises LedgerError, UnknownReference."""
    with writing():
        row = Budget(
            id=new_id(),
            name=clean_text(plan.name, 120),
            amount_minor=plan.amount.minor,
            currency=plan.amount.currency,
            starts_on=plan.starts_on,
            unit=plan.unit,
            every=plan.every,
            rollover=plan.rollover,
            rollover_since=today() if plan.rollover != Rollover.NONE else None,
            thresholds=sorted(set(plan.thresholds)),
        )
        _check(row)
        categories = _categories(plan.category_ids)
        kept = {name: plain(getattr(row, name)) for name in KEPT}
        insert([row], "add", [kept | {"categories": [plain(pk) for pk in categories]}])
        _link(row, categories)
    return row


KEPT: Final = ("name", "amount_minor", "currency", "starts_on", "unit", "every", "rollover")


def change_budget(budget_id: uuid.UUID, changes: Mapping[str, Any]) -> Budget:
    """Change fields of a Plan, or `is_archived`. Rollover counts from the period in which it was
    switched on. Raises NotInLedger, LedgerError, UnknownReference."""
    with writing():
        row = locked(Budget, budget_id)
        wanted = dict(changes)
        categories = wanted.pop("category_ids", None)
        if "name" in wanted:
            wanted["name"] = clean_text(wanted["name"], 120)
        if "amount" in wanted:
            amount: Money = wanted.pop("amount")
            wanted |= {"amount_minor": amount.minor, "currency": amount.currency}
        if "thresholds" in wanted:
            wanted["thresholds"] = sorted(set(wanted["thresholds"]))
        rollover = wanted.get("rollover", row.rollover)
        if rollover == Rollover.NONE:
            wanted["rollover_since"] = None
        elif row.rollover == Rollover.NONE:
            wanted["rollover_since"] = today()
        trial = Budget(**{f.attname: getattr(row, f.attname) for f in Budget._meta.fields})
        for name, value in wanted.items():
            setattr(trial, name, value)
        _check(trial)
        change(row, "change", wanted)
        if categories is not None:
            found = _categories(categories)
            BudgetCategory.objects.filter(budget=row).delete()
            _link(row, found)
    return row


def budget_named(budget_id: uuid.UUID) -> Budget:
    """Raises NotInLedger."""
    row: Budget | None = Budget.objects.filter(pk=budget_id).first()
    if row is None:
        raise NotInLedger(worded("There is no budget %(budget_id)s.", budget_id=budget_id))
    return row


def set_period_amount(budget_id: uuid.UUID, day: date, amount: Money | None) -> None:
    """Give the period of a day its own amount; None gives it the budget's again. Raises
    NotInLedger, LedgerError."""
    check_date(day)
    with writing():
        row = locked(Budget, budget_id)
        if amount is not None and amount.currency != row.currency:
            raise LedgerError(
                worded("The budget is kept in %(currency)s.", currency=row.currency),
                code="currency_mismatch",
                field="amount",
            )
        minor = None if amount is None else _check_amount(amount.minor)
        _set_amounts({row.pk: (row.rule.period(day).first, minor)})


def copy_last(day: date, budgets: Sequence[Budget] | None = None) -> int:
    """Give each budget's period of a day the amount of the period before. Returns how many."""
    with writing():
        rows = list(_active() if budgets is None else budgets)
        own = own_amounts(rows)
        amounts: dict[uuid.UUID, tuple[date, int | None]] = {}
        for row in rows:
            period = row.rule.period(day)
            before = row.rule.period_number(period.number - 1)
            amounts[row.pk] = (period.first, own.get((row.pk, before.first), row.amount_minor))
        _set_amounts(amounts)
    return len(amounts)


def fill_from_averages(day: date, count: int, budgets: Sequence[Budget] | None = None) -> int:
    """Give each budget's period of a day the mean of what was spent in the `count` periods
    before; one in which nothing was spent on the whole keeps its amount. Returns how many."""
    with writing():
        rows = list(_active() if budgets is None else budgets)
        amounts: dict[uuid.UUID, tuple[date, int | None]] = {}
        for status in statuses(rows, day, history=count):
            average = mean([spent for _, spent in status.history[:count]])
            if average is not None and average.minor > 0:
                amounts[status.budget.pk] = (status.period.first, average.minor)
        _set_amounts(amounts)
    return len(amounts)


def _active() -> Sequence[Budget]:
    return list(Budget.objects.filter(is_archived=False))


def _set_amounts(amounts: Mapping[uuid.UUID, tuple[date, int | None]]) -> None:
    BudgetPeriod.objects.bulk_create(
        [
            BudgetPeriod(budget_id=pk, starts_on=starts_on, amount_minor=minor)
            for pk, (starts_on, minor) in amounts.items()
        ],
        update_conflicts=True,
        unique_fields=["tenant", "budget", "starts_on"],
        update_fields=["amount_minor"],
    )


def _link(row: Budget, categories: Sequence[uuid.UUID]) -> None:
    BudgetCategory.objects.bulk_create(
        [BudgetCategory(budget=row, category_id=pk) for pk in categories]
    )


def _categories(ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    wanted = list(dict.fromkeys(ids))
    found = {c.pk: c for c in Category.objects.filter(pk__in=wanted)}
    for pk in wanted:
        if pk not in found:
            raise UnknownReference(
                worded("There is no category %(pk)s.", pk=pk), field="categories"
            )
        if found[pk].kind != CategoryKind.EXPENSE:
            raise LedgerError(
                worded(
                    "“%(label)s” is no expense: a budget is for what is spent.",
                    label=found[pk].label,
                ),
                code="other_kind",
                field="categories",
            )
    return wanted


def _check_amount(minor: int) -> int:
    if not 0 <= minor <= LARGEST_MINOR:
        raise LedgerError(
            gettext("A budget's amount is positive."), code="amount_out_of_range", field="amount"
        )
    return minor


def _check(row: Budget) -> None:
    if not row.name:
        raise LedgerError(gettext("A budget needs a name."), code="blank", field="name")
    _check_amount(row.amount_minor)
    check_date(row.starts_on)
    if not 1 <= row.every <= MOST_STEPS:
        raise LedgerError(
            worded("Periods last 1 to %(most_steps)s.", most_steps=MOST_STEPS),
            code="step_out_of_range",
            field="every",
        )
    percents = row.thresholds
    if len(percents) > MOST_THRESHOLDS or any(not 1 <= p <= HIGHEST_PERCENT for p in percents):
        raise LedgerError(
            worded(
                "Give at most %(most_thresholds)s percentages from 1 to %(highest_percent)s.",
                most_thresholds=MOST_THRESHOLDS,
                highest_percent=HIGHEST_PERCENT,
            ),
            code="bad_thresholds",
            field="thresholds",
        )
