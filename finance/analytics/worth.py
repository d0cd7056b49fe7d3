"""Net worth over time, and the forecast to the end of the month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from finance.balances import month_end_balances
from finance.exchange.rates import ConvertedTotal, rates_to
from finance.models import FinancialAccount, SlotState
from finance.money import Money
from finance.months import month_end
from finance.querysets import balances, home, today_of
from finance.recurring.reading import Happening, happenings


@dataclass(frozen=True, slots=True)
class Worth:
    """What was held less what was owed, at the end of a day."""

    day: date
    total: ConvertedTotal


def net_worth_over(since: date, until: date) -> list[Worth]:
    """At the end of each month and on the last day, by the rates of that day: eight queries at
    most. Closed accounts count: they held money then."""
    currency = home().currency
    ends = month_end_balances(FinancialAccount.objects.all(), since, until)
    wanted = {(e.balance.currency, day) for day, held in ends.items() for e in held}
    rates = rates_to(currency, wanted)
    return [
        Worth(day, rates.total((entry.balance, day) for entry in held))
        for day, held in ends.items()
    ]


@dataclass(frozen=True, slots=True)
class AccountForecast:
    account: FinancialAccount
    now: Money
    expected: Money

    @property
    def then(self) -> Money:
        return self.now + self.expected


@dataclass(frozen=True, slots=True)
class Forecast:
    """Balances at the end of the month if what repeats comes as planned, and nothing else does."""

    today: date
    until: date
    accounts: list[AccountForecast]
    expected: list[Happening]
    total: ConvertedTotal


def forecast() -> Forecast:
    """From today's balances and the recurring transactions still due this month, and those that
    are late and still waited for. Eight queries at most."""
    tenant = home()
    now = today_of(tenant)
    until = month_end(now)
    coming = [
        happening
        for happening in happenings(now - timedelta(31), until)
        if not happening.state or happening.state == SlotState.WAITING
    ]
    expected: dict[object, int] = {}
    for happening in coming:
        account_id = happening.recurring.account_id
        expected[account_id] = expected.get(account_id, 0) + happening.amount.minor
    accounts = [
        AccountForecast(
            entry.account, entry.balance, Money(expected.get(entry.account.pk, 0),
            entry.balance.currency),
        )
        for entry in balances(FinancialAccount.objects.filter(is_archived=False))
    ]  # fmt: skip
    then = [(account.then, now) for account in accounts]
    rates = rates_to(tenant.currency, [(money.currency, day) for money, day in then])
    return Forecast(now, until, accounts, coming, rates.total(then))
