"""Goals added and changed, money set aside, and how far each has come."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Sum
from django.utils.translation import gettext

from finance.errors import LedgerError, NotInLedger, UnknownReference
from finance.ledger.movements import LARGEST_MINOR, check_amount, check_date, clean_text
from finance.ledger.writing import change, insert, locked, plain, writing
from finance.models import FinancialAccount, Goal, GoalContribution
from finance.money import Money
from finance.querysets import balances, today
from tenancy.ids import new_id
from tenancy.wording import worded

FIELDS: Final = ("name", "target_minor", "currency", "target_on", "account_id", "notes")


@dataclass(frozen=True, slots=True)
class Progress:
    """A goal on a day. `per_month` is what reaches it in time when it is set aside in this month
    and every one until the last, rounded up; None without a date, or when it is reached."""

    goal: Goal
    saved: Money
    per_month: Money | None
    months_left: int | None

    @property
    def missing(self) -> Money:
        return Money(max(0, self.goal.target_minor - self.saved.minor), self.goal.currency)

    @property
    def percent(self) -> int:
        """Rounded down, 0 to 100."""
        return max(0, min(100, self.saved.minor * 100 // self.goal.target_minor))

    @property
    def is_reached(self) -> bool:
        return self.saved.minor >= self.goal.target_minor

    @property
    def is_late(self) -> bool:
        """Its date has passed before it was reached."""
        return self.months_left == 0 and not self.is_reached


def progress(goals: Sequence[Goal], day: date | None = None) -> list[Progress]:
    """How far goals have come: at most four queries, however many they are."""
    if not goals:
        return []
    day = day or today()
    accounts = FinancialAccount.objects.filter(pk__in={g.account_id for g in goals if g.account_id})
    saved_on = {entry.account.pk: entry.balance.minor for entry in balances(accounts)}
    given = dict(
        GoalContribution.objects.filter(goal__in=goals)
        .order_by()
        .values_list("goal_id")
        .annotate(total=Sum("amount_minor"))
    )
    return [
        _progress(
            goal,
            saved_on[goal.account_id] if goal.account_id else int(given.get(goal.pk, 0)),
            day,
        )
        for goal in goals
    ]


def _progress(goal: Goal, saved: int, day: date) -> Progress:
    months = per_month = None
    missing = goal.target_minor - saved
    if goal.target_on is not None:
        months = months_left(day, goal.target_on)
        if missing > 0:
            per_month = Money(-(-missing // max(1, months)), goal.currency)
    return Progress(goal, Money(saved, goal.currency), per_month, months)


def months_left(day: date, until: date) -> int:
    """Months from a day's to the last, both counted; 0 when that day has passed.

    >>> months_left(date(2026, 5, 20), date(2026, 7, 1))
    3
    """
    if until < day:
        return 0
    return (until.year - day.year) * 12 + until.month - day.month + 1


def add_goal(name: str, target: Money, **fields: Any) -> Goal:
    """`fields`: `target_on`, `account_id`, `notes`. Raises LedgerError, UnknownReference."""
    with writing():
        row = Goal(
            id=new_id(),
            name=clean_text(name, 120),
            target_minor=target.minor,
            currency=target.currency,
            **fields,
        )
        _check(row)
        insert([row], "add", [{name: plain(getattr(row, name)) for name in FIELDS}])
    return row


def change_goal(goal_id: uuid.UUID, changes: Mapping[str, Any]) -> Goal:
    """Change what `add_goal` takes, or `is_archived`. Raises NotInLedger, LedgerError,
    UnknownReference."""
    with writing():
        row = locked(Goal, goal_id)
        wanted = dict(changes)
        if "name" in wanted:
            wanted["name"] = clean_text(wanted["name"], 120)
        if "target" in wanted:
            target: Money = wanted.pop("target")
            wanted |= {"target_minor": target.minor, "currency": target.currency}
        trial = Goal(**{f.attname: getattr(row, f.attname) for f in Goal._meta.fields})
        for name, value in wanted.items():
            setattr(trial, name, value)
        _check(trial)
        change(row, "change", wanted)
    return row


def contribute(
    goal_id: uuid.UUID, amount: Money, made_on: date | None = None, note: str = ""
) -> GoalContribution:
    """Set money aside for a goal without an account; a negative amount takes some back. Raises
    NotInLedger, LedgerError."""
    with writing():
        row = locked(Goal, goal_id)
        if row.account_id is not None:
            raise LedgerError(
                gettext("This goal is saved on an account: what is paid in there counts."),
                code="has_account",
                field="amount",
            )
        check_amount(amount)
        if amount.currency != row.currency:
            raise LedgerError(
                worded("The goal is kept in %(currency)s.", currency=row.currency),
                code="currency_mismatch",
                field="amount",
            )
        made_on = made_on or today()
        check_date(made_on)
        made: GoalContribution = GoalContribution.objects.create(
            goal=row, made_on=made_on, amount_minor=amount.minor, note=clean_text(note, 200)
        )
    return made


def goal_named(goal_id: uuid.UUID) -> Goal:
    """Raises NotInLedger."""
    row: Goal | None = Goal.objects.filter(pk=goal_id).first()
    if row is None:
        raise NotInLedger(worded("There is no goal %(goal_id)s.", goal_id=goal_id))
    return row


def _check(row: Goal) -> None:
    if not row.name:
        raise LedgerError(gettext("A goal needs a name."), code="blank", field="name")
    if not 0 < row.target_minor <= LARGEST_MINOR:
        raise LedgerError(
            gettext("A target is more than zero."), code="amount_out_of_range", field="target"
        )
    if row.target_on is not None:
        check_date(row.target_on)
    if row.account_id is None:
        return
    account = FinancialAccount.objects.filter(pk=row.account_id).first()
    if account is None:
        raise UnknownReference(
            worded("There is no account %(pk)s.", pk=row.account_id),
            field="account",
        )
    if account.currency != row.currency:
        raise LedgerError(
            worded(
                "“%(name)s” is kept in %(currency)s, the goal in %(other)s.",
                name=account.name,
                currency=account.currency,
                other=row.currency,
            ),
            code="currency_mismatch",
            field="account",
        )
