"""Does the ledger hold what the bank says? And if not, since when?

Every stated balance is compared with the ledger's of the same day. A message tells the balance of
some moment of its day, and which of the day's transactions came before it is not known: it agrees
when some of them make its figure. What a day hides so shows on the next day that states a balance.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from finance.balances import DayBalance, daily_balances
from finance.models import (
    FinancialAccount,
    StatedBalance,
    StatedBy,
    Transaction,
    TransactionState,
)
from finance.money import Money
from finance.querysets import Row, list_rows, with_links

# Of so many transactions in one day all combinations are tried (4,096); of more, their order.
MOST_COMBINED = 12
SHOWN_BETWEEN = 200


@dataclass(frozen=True, slots=True)
class Check:
    """One stated balance beside the ledger's; `difference` is stated minus ledger."""

    stated: StatedBalance
    ledger: Money
    difference: Money
    is_new: bool

    @property
    def agrees(self) -> bool:
        return not self.difference


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The checks of an account, oldest first. `first_off` is the first disagreement after the
    last agreement: None while the latest check agrees, or nothing was stated."""

    account: FinancialAccount
    checks: list[Check]
    agreed_on: date | None
    first_off: Check | None
    since: date

    @property
    def suspects(self) -> tuple[date, date] | None:
        """First and last day of what was booked between the last agreement and the first
        disagreement: the mistake is there, or something is missing there."""
        if self.first_off is None:
            return None
        # The day of the agreement too: a message may have agreed before that day's end.
        return self.agreed_on or self.since, self.first_off.stated.stated_on


def reconcile(account: FinancialAccount, since: date, until: date) -> Reconciliation:
    """Check the balances stated of some days: six queries at most."""
    stated = list(
        StatedBalance.objects.filter(
            account=account, stated_on__range=(since, until), currency=account.currency
        ).order_by("stated_on", "told_at", "id")
    )
    if not stated:
        return Reconciliation(account, [], None, None, since)
    line = daily_balances(account, min(since, stated[0].stated_on), until)
    amounts = _amounts(account, [one.stated_on for one in stated])
    checks: list[Check] = []
    agreed_on, first_off, difference = None, None, 0
    for one in stated:
        possible = _possible(line, one, amounts.get(one.stated_on, []))
        ledger = _nearest(possible, one.amount_minor, difference)
        is_new = one.amount_minor - ledger != difference
        difference = one.amount_minor - ledger
        money = Money(difference, account.currency)
        check = Check(one, Money(ledger, account.currency), money, is_new)
        checks.append(check)
        if check.agrees:
            agreed_on, first_off = one.stated_on, None
        elif first_off is None:
            first_off = check
    return Reconciliation(account, checks, agreed_on, first_off, since)


def transactions_between(found: Reconciliation) -> Sequence[Row]:
    """The posted transactions among which the mistake is, newest first."""
    if found.suspects is None:
        return []
    rows = Transaction.objects.filter(
        account=found.account, state=TransactionState.POSTED, booked_on__range=found.suspects
    )
    return with_links(list(list_rows(rows)[:SHOWN_BETWEEN]))


def _possible(line: Sequence[DayBalance], one: StatedBalance, amounts: list[int]) -> list[int]:
    """The balances that the ledger knows for the day, its end first."""
    at = bisect_right([entry.day for entry in line], one.stated_on) - 1
    end = line[at].balance.minor
    if one.stated_by != StatedBy.MESSAGE:
        return [end]
    start = end - sum(amounts)
    if len(amounts) > MOST_COMBINED:
        found, running = [end], start
        for amount in amounts:
            found.append(running)
            running += amount
        return found
    sums = {start}
    for amount in amounts:
        sums |= {so_far + amount for so_far in sums}
    return [end, *sorted(sums - {end})]


def _nearest(possible: Sequence[int], stated: int, difference: int) -> int:
    """An agreement if there is one; else what goes on with the difference before, for the same
    mistake is seen again every day; else the day's end."""
    known = set(possible)
    for wanted in (stated, stated - difference):
        if wanted in known:
            return wanted
    return possible[0]


def _amounts(account: FinancialAccount, days: Sequence[date]) -> dict[date, list[int]]:
    """The amounts posted on some days, in the order in which they came."""
    rows: Any = Transaction.objects.filter(
        account=account, state=TransactionState.POSTED, booked_on__in=set(days)
    )
    found: dict[date, list[int]] = {}
    for day, minor in rows.order_by("id").values_list("booked_on", "amount_minor"):
        found.setdefault(day, []).append(minor)
    return found
