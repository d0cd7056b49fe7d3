"""Reading the ledger: rows as plain dictionaries for API and pages, sums from monthly totals.

Sums are by currency; a total over currencies is made by `exchange.rates`. Lists are served from
`.values()` rows, in a fixed number of queries however long the page is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from finance.exchange.rates import ConvertedTotal, total_in
from finance.models import (
    Category,
    CategoryKind,
    FinancialAccount,
    LedgerChange,
    MonthlyTotal,
    ReviewItem,
    ReviewState,
    Transaction,
    Transfer,
)
from finance.models.categories import category_label
from finance.money import Money
from finance.row_links import links_of
from tenancy.models import Tenant
from tenancy.scope import current_scope, current_tenant_id

Row = dict[str, Any]

TRANSACTION_ORDER: Final = ("-booked_on", "-id")
LIST_COLUMNS: Final = (
    "id", "account_id", "account__name", "state", "booked_on", "occurred_at", "amount_minor",
    "currency", "original_minor", "original_currency", "merchant", "merchant_raw", "description",
    "event", "is_one_time", "source_kind", "source_id", "source_item", "merged_into_id", "version",
)  # fmt: skip
DETAIL_COLUMNS: Final = (
    *LIST_COLUMNS, "notes", "provenance", "locked", "created_at", "updated_at",
)  # fmt: skip


def list_rows(transactions: QuerySet[Transaction]) -> QuerySet[Any]:
    """Rows for a list; give the page to `with_links`."""
    rows: QuerySet[Any] = transactions.order_by(*TRANSACTION_ORDER).values(*LIST_COLUMNS)
    return rows


def detail_row(transaction_id: uuid.UUID) -> Row | None:
    """One transaction with all its fields, splits and transfer; None if there is none."""
    rows = Transaction.objects.filter(pk=transaction_id).values(*DETAIL_COLUMNS)
    return next(iter(with_links(list(rows))), None)


def with_links(rows: Sequence[Row]) -> Sequence[Row]:
    """The same rows with their `splits` (id, amount_minor, category_id, category, note), `tags`
    (id, name) and `transfer` (id, other transaction) or None: two queries for the page, one where
    it has no transfer."""
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        row["splits"], row["tags"], row["transfer"] = [], [], None
    legs = set()
    # A page has few categories.
    labels: dict[tuple[str | None, str | None], str] = {}
    for link in links_of(list(by_id)):
        row = by_id[link.transaction_id]
        if link.amount_minor is None:
            row["tags"].append({"id": link.id, "name": link.text})
            continue
        if link.category_kind == CategoryKind.TRANSFER:
            legs.add(link.transaction_id)
        named = link.category_key, link.category_name
        if named not in labels:
            labels[named] = category_label(named[0] or "", named[1] or "")
        row["splits"].append({
            "id": link.id, "amount_minor": link.amount_minor, "category_id": link.category_id,
            "note": link.text, "category": labels[named],
        })  # fmt: skip
    # A leg of a transfer has a transfer's category (see `verification.transfers_pair`).
    if not legs:
        return rows
    links = Transfer.objects.filter(Q(outflow__in=legs) | Q(inflow__in=legs))
    for pk, outflow, inflow in links.values_list("pk", "outflow_id", "inflow_id"):
        for leg, other in ((outflow, inflow), (inflow, outflow)):
            if leg in by_id:
                by_id[leg]["transfer"] = {"id": pk, "transaction_id": other}
    return rows


def history(subject_id: uuid.UUID) -> QuerySet[LedgerChange]:
    """The audit trail of one row, newest first."""
    changes: QuerySet[LedgerChange] = LedgerChange.objects.filter(subject_id=subject_id)
    return changes.order_by("-version")


def open_review_items() -> QuerySet[ReviewItem]:
    """Newest first, without those put off until later."""
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=timezone.now())
    items: QuerySet[ReviewItem] = ReviewItem.objects.filter(awake, state=ReviewState.OPEN)
    return items.order_by("-id")


def for_reason(items: QuerySet[ReviewItem], code: str) -> QuerySet[ReviewItem]:
    """The questions that are asked for this reason, among others."""
    # JSON containment is PostgreSQL's alone; codes hold no quotes.
    return items.filter(reasons__icontains=f'"{code}"')


# --- Sums -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Balance:
    account: FinancialAccount
    balance: Money


@dataclass(frozen=True, slots=True)
class Flow:
    """One month in one currency. Transfers are in neither; a refund lessens the expenses."""

    currency: str
    income: Money
    expense: Money

    @property
    def net(self) -> Money:
        return self.income - self.expense


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent in one category (None: in none) and currency; positive is spent."""

    category_id: uuid.UUID | None
    parent_id: uuid.UUID | None
    label: str
    amount: Money
    count: int


def balances(accounts: Iterable[FinancialAccount] | None = None) -> list[Balance]:
    """Today's balance of accounts (all of them, unless given): two queries."""
    if accounts is None:
        accounts = FinancialAccount.objects.all()
    moved = moved_by_account()
    return [
        Balance(account, account.opening + Money(int(moved.get(account.pk, 0)), account.currency))
        for account in accounts
    ]


def moved_by_account() -> dict[uuid.UUID, int]:
    """The sum in minor units of what is posted to each account."""
    sums = MonthlyTotal.objects.values_list("account_id").annotate(moved=Sum("total_minor"))
    return dict(sums)


def net_worth(of: Iterable[Balance]) -> list[Money]:
    """The sum of balances for each currency."""
    sums: dict[str, Money] = {}
    for entry in of:
        nothing = Money(0, entry.balance.currency)
        sums[nothing.currency] = sums.get(nothing.currency, nothing) + entry.balance
    return [sums[currency] for currency in sorted(sums)]


def month_totals(month: date) -> list[Row]:
    """The month's totals by category and currency, over all accounts: one query."""
    return list(
        MonthlyTotal.objects.filter(month=month.replace(day=1))
        .values(
            "category_id", "currency", kind=F("category__kind"), key=F("category__key"),
            name=F("category__name"), parent_id=F("category__parent_id"),
        )
        .annotate(total=Sum("total_minor"), inflow=Sum("inflow_minor"), splits=Sum("count"))
        .order_by("currency")
    )  # fmt: skip


def flows(totals: Iterable[Row]) -> list[Flow]:
    """Income and expense for each currency, from `month_totals`. Without a category, what came
    in is income and what went out is expense."""
    sums: dict[str, tuple[int, int]] = {}
    for row in totals:
        income, expense = sums.get(row["currency"], (0, 0))
        if row["kind"] == CategoryKind.INCOME:
            income += int(row["total"])
        elif row["kind"] == CategoryKind.EXPENSE:
            expense -= int(row["total"])
        elif row["kind"] is None:
            income += int(row["inflow"])
            expense += int(row["inflow"]) - int(row["total"])
        sums[row["currency"]] = income, expense
    return [
        Flow(currency, Money(income, currency), Money(expense, currency))
        for currency, (income, expense) in sorted(sums.items())
    ]


def spending(totals: Iterable[Row]) -> list[Spending]:
    """Spending by category, largest first within each currency, from `month_totals`."""
    found = []
    for row in totals:
        spent = -int(row["total"])
        if row["kind"] is None:
            spent += int(row["inflow"])
        elif row["kind"] != CategoryKind.EXPENSE:
            continue
        if spent:
            label = category_label(row["key"] or "", row["name"] or "")
            amount = Money(spent, row["currency"])
            found.append(
                Spending(row["category_id"], row["parent_id"], label, amount, int(row["splits"]))
            )
    return sorted(found, key=lambda entry: (entry.amount.currency, -entry.amount.minor))


@dataclass(frozen=True, slots=True)
class Dashboard:
    month: date
    balances: list[Balance]
    flows: list[Flow]
    spending: list[Spending]
    open_reviews: int
    total: ConvertedTotal


def dashboard(month: date | None = None) -> Dashboard:
    """The first page at a glance, in five queries; up to three more look up the rates of foreign
    balances."""
    tenant = home()
    now = today_of(tenant)
    month = (month or now).replace(day=1)
    totals = month_totals(month)
    held = balances(FinancialAccount.objects.filter(is_archived=False))
    return Dashboard(
        month=month,
        balances=held,
        total=total_in(tenant.currency, net_worth(held), now),
        flows=flows(totals),
        spending=spending(totals),
        open_reviews=open_review_items().count(),
    )


def home() -> Tenant:
    """The tenant with its currency and time zone."""
    known = current_scope().home
    return known or Tenant.objects.only("currency", "time_zone").get(pk=current_tenant_id())


def today() -> date:
    """Today where the tenant lives."""
    return today_of(home())


def today_of(tenant: Tenant) -> date:
    return timezone.localdate(timezone=ZoneInfo(tenant.time_zone))


def category_tree() -> list[Category]:
    """All categories, parents before their children, in the order in which they are shown."""
    children: dict[uuid.UUID | None, list[Category]] = {}
    for category in Category.objects.order_by("kind", "position", "name", "id"):
        children.setdefault(category.parent_id, []).append(category)
    ordered: list[Category] = []

    def walk(parent_id: uuid.UUID | None) -> None:
        for category in children.get(parent_id, ()):
            ordered.append(category)
            walk(category.pk)

    walk(None)
    return ordered
