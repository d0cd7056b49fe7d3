"""What each section of the overview shows. Every figure leads to what it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance import charts
from finance.analytics.coverage import AccountCover, Cover, coverage
from finance.analytics.flow import cash_flow
from finance.analytics.oddities import anomalies
from finance.analytics.periods import Period, months_before, whole_month
from finance.analytics.spending import spending_report
from finance.analytics.worth import net_worth_over
from finance.balances import month_end_balances
from finance.bills.reading import due_in, shown, standing
from finance.filters import NONE
from finance.models import (
    Bill,
    BillStatus,
    FinancialAccount,
    MonthlyTotal,
    Subscription,
    SubscriptionState,
)
from finance.money import Money
from finance.months import TO_COME, DayEntry, first_of
from finance.querysets import Dashboard, Spending, dashboard, home, month_totals, spending, today
from finance.recurring.reading import happenings
from finance.views.accounts import by_currency
from finance.views.analytics import (
    flow_chart,
    listed,
    oddity_href,
    reason,
    worth_chart,
)
from finance.views.recurring import bill_entry

Context = dict[str, Any]

YEAR: Final = timedelta(days=366)
COMING_DAYS: Final = 14
MOST_COMING: Final = 8
MOST_INSIGHTS: Final = 3
MOST_NAMED: Final = 3
MONTHS_SHOWN: Final = 6
MONTHS_CHECKED: Final = 3


class Glance:
    """What several sections read, read once."""

    @cached_property
    def board(self) -> Dashboard:
        return dashboard()

    @cached_property
    def today(self) -> date:
        return today()


# --- Sections -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Insight:
    """Something to look at. `mark` names it with its figures: once they change it is new."""

    mark: str
    label: str
    reason: str
    href: str
    amount: Money | None = None
    usual: Money | None = None


def insights(glance: Glance) -> Context | None:
    """What repeats and is not decided about, and what was odd in the last thirty days; those that
    are noted are left out by the view."""
    found = [*_suggested(), *_odd(Period(glance.today - timedelta(29), glance.today))]
    return {"insights": found} if found else None


def _suggested() -> Iterable[Insight]:
    """Until a new one comes."""
    suggested = Subscription.objects.filter(state=SubscriptionState.SUGGESTED)
    found = list(suggested.order_by("-amount_minor", "id").values_list("name", "id"))
    if found:
        names = [name for name, _id in found[:MOST_NAMED]]
        asked = ngettext(
            "Is it a subscription? %(names)s", "Which are subscriptions? %(names)s", len(found)
        )
        yield Insight(
            mark=f"suggested:{max(pk for _name, pk in found)}",
            label=_("Charges that come again and again"),
            reason=asked % {"names": ", ".join(names) + " …" * (len(found) > MOST_NAMED)},
            href=reverse("subscriptions"),
        )


def _odd(period: Period) -> list[Insight]:
    return [
        Insight(
            mark=f"{one.kind}:{one.label[:80]}:{one.amount.minor}:{one.first_on.isoformat()}",
            label=one.label,
            reason=reason(one),
            href=oddity_href(one),
            amount=one.amount,
            usual=one.usual,
        )
        for one in anomalies(period, spending_report(period))
    ]


def spent(glance: Glance) -> Context:
    """This month, or the latest of the last year in which something was spent, by category."""
    months = MonthlyTotal.objects.filter(
        month__lte=glance.today, month__gt=glance.today - YEAR, total_minor__lt=0
    )
    latest = months.order_by("-month").values_list("month", flat=True).first()
    if latest is None:
        return {"chart": None}
    is_now = latest == glance.board.month
    found = glance.board.spending if is_now else spending(month_totals(latest))
    return {"chart": _spending_chart(found, latest), "month": latest}


def _spending_chart(found: list[Spending], month: date) -> charts.BarChart | None:
    """In the ledger's own currency, else in the one with the most."""
    positive = [entry for entry in found if entry.amount.minor > 0]
    if not positive:
        return None
    currency = home().currency
    at_home = [entry for entry in positive if entry.amount.currency == currency]
    chosen = at_home or [e for e in positive if e.amount.currency == positive[0].amount.currency]
    slices = [
        charts.Slice(
            entry.label or _("No category"),
            entry.amount,
            listed(whole_month(month), category=entry.category_id or NONE),
        )
        for entry in chosen
    ]
    rest = charts.Slice(_("Everything else"), slices[0].value, listed(whole_month(month)))
    return charts.bar_chart(slices, rest=rest)


def balances(glance: Glance) -> Context:
    """Each account with the line of its last twelve months."""
    held = [entry.account for entry in glance.board.balances]
    ends = month_end_balances(held, Period.year_to(glance.today).since, glance.today)
    lines: dict[Any, list[int]] = {account.pk: [] for account in held}
    for found in ends.values():
        for entry in found:
            lines[entry.account.pk].append(entry.balance.minor)
    groups = [
        (group, [(entry, charts.sparkline(lines[entry.account.pk])) for entry in group.balances])
        for group in by_currency(glance.board.balances)
    ]
    return {"groups": groups, "total": glance.board.total}


def months_in_and_out(glance: Glance) -> Context | None:
    since = months_before(first_of(glance.today), MONTHS_SHOWN - 1)
    flow = cash_flow(Period(since, glance.today))
    if not any(month.income or month.spent for month in flow.months):
        return None
    pairs = [
        charts.Pair(
            date_format(month.month, "M"),
            date_format(month.month, "YEAR_MONTH_FORMAT"),
            month.income,
            month.spent,
            listed(whole_month(month.month)),
        )
        for month in flow.months
    ]
    return {"chart": charts.pair_chart(pairs), "months": flow.months}


def upcoming(glance: Glance) -> Context | None:
    """What repeats and the bills of the next days, and bills that are late."""
    now, until = glance.today, glance.today + timedelta(COMING_DAYS)
    entries = [h.entry for h in happenings(now, until) if h.entry.state == TO_COME]
    late = shown(Bill.objects.filter(standing([BillStatus.OVERDUE], now)))
    bills = [*late.order_by("due_on", "id")[:MOST_COMING], *due_in(now, until)]
    entries += [bill_entry(bill, now) for bill in bills if bill.status_on(now) in (
        BillStatus.OPEN, BillStatus.OVERDUE)]  # fmt: skip
    entries.sort(key=lambda entry: (entry.day, entry.name))
    return {"entries": _with_places(entries[:MOST_COMING]), "today": now} if entries else None


def _with_places(entries: Iterable[DayEntry]) -> list[tuple[DayEntry, str]]:
    return [(entry, entry.href or reverse("recurring")) for entry in entries]


def net_worth(glance: Glance) -> Context | None:
    since = Period.year_to(glance.today).since
    found = net_worth_over(since, glance.today)
    if not any(one.total.total for one in found):
        return None
    return {"chart": worth_chart(found), "latest": found[-1]}


def missing(glance: Glance) -> Context | None:
    """Accounts of which less came than usual in the last months."""
    since = months_before(first_of(glance.today), MONTHS_CHECKED - 1)
    covered = coverage(since, glance.today)
    if not covered:
        return None
    return {"gaps": [gap for one in covered for gap in _gaps(one)]}


def _gaps(one: AccountCover) -> list[tuple[FinancialAccount, date, str, str]]:
    """Account, month, what is missing, and where that month is."""
    return [
        (
            one.account,
            month.month,
            _("Nothing came") if month.state == Cover.GAP else _("Less than half of the usual"),
            listed(whole_month(month.month), account=one.account.pk),
        )
        for month in one.months
        if month.state in (Cover.GAP, Cover.THIN)
    ]


def flow(glance: Glance) -> Context | None:
    """The Sankey of this month and the two before."""
    period = Period(months_before(first_of(glance.today), MONTHS_CHECKED - 1), glance.today)
    found = cash_flow(period)
    sankey = flow_chart(found)
    return {"sankey": sankey, "flow": found} if sankey else None
