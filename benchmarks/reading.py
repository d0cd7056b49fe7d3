"""What reading costs as a ledger grows, each page beside a bare view of the same rows, in one run.

    DATABASE_URL=postgresql://… python -m benchmarks.reading [--rows 10000 100000 1000000]
        [--tenants 1000 --rows-each 10000]

With `--tenants` the smallest ledger is measured again after so many others have come beside it.
On PostgreSQL alone, as the runtime role behind row security. Milliseconds are medians; `cpu_ms` is
this process's and does not see the database's, `db_ms` is the time that statements took.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from accounts.models import User
from benchmarks.filling import COMMON, NEWEST, NONE, RARE, ledger_of
from benchmarks.setting import analyze, make_schema, milliseconds, tell
from finance.analytics.flow import cash_flow
from finance.analytics.periods import Period, whole_month
from finance.analytics.spending import spending_report
from finance.analytics.worth import net_worth_over
from finance.forms import TransactionFilterForm
from finance.ledger import Changes
from finance.ledger.batches import edit_many, undo
from finance.models import Category, FinancialAccount, MonthlyTotal, Transaction
from finance.querysets import LIST_COLUMNS, balances, list_rows
from finance.subscriptions.finding import find_subscriptions
from finance.verification import verify_ledger
from finance.viewsets import ReportViewSet, TransactionViewSet
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tenancy.snapshot import snapshot

PAGE = 50
MANY = 1_000
ROUNDS = 30
READS = frozenset({"transactions:read", "accounts:read"})
YEAR = Period.year_to(NEWEST)


class BareList(APIView):
    """The page's rows and nothing else: no splits, no filter, no cursor."""

    def get(self, request: Request) -> Response:
        rows = Transaction.objects.order_by("-booked_on", "-id").values(*LIST_COLUMNS)
        return Response({"data": list(rows[:PAGE])})


class BareTotals(APIView):
    """A month's totals and what each account holds, as they are."""

    def get(self, request: Request) -> Response:
        columns = ("account_id", "category_id", "currency", "total_minor", "inflow_minor", "count")
        totals = MonthlyTotal.objects.filter(month=NEWEST.replace(day=1)).values(*columns)
        held = [(entry.account.pk, entry.balance.minor) for entry in balances()]
        return Response({"data": list(totals), "balances": held})


def asking(user: User, view: Any, /, **query: Any) -> Callable[[], object]:
    """A request through a view, to the bytes of its answer; PostgreSQL is told the scope once, as
    the middleware does."""

    def ask() -> object:
        request = APIRequestFactory().get("/", query, headers={"host": "localhost"})
        force_authenticate(request, user)
        with snapshot():
            response = view(request)
            response.render()
        assert response.status_code == 200, response.data
        return response.content

    return ask


@contextmanager
def database_time() -> Any:
    """Yields a list that gets the milliseconds of every statement."""
    taken: list[float] = []

    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            taken.append((time.perf_counter() - started) * 1000)

    with connection.execute_wrapper(timed):
        yield taken


def in_database(work: Callable[[], object]) -> float:
    """The median milliseconds that the database takes for it."""
    rounds: list[float] = []
    for _ in range(10):
        with database_time() as taken:
            work()
        rounds.append(sum(taken))
    return float(round(statistics.median(rounds), 2))


def search(words: str) -> Callable[[], object]:
    def found() -> object:
        form = TransactionFilterForm({"search": words})
        assert form.is_valid()
        return list(list_rows(form.matching())[:PAGE])

    return found


def pages(user: User) -> dict[str, Any]:
    lists = TransactionViewSet.as_view({"get": "list"})
    reports = ReportViewSet.as_view({"get": "dashboard"})
    account, category = FinancialAccount.objects.first(), Category.objects.get(key="groceries")
    assert account is not None
    works = {
        "list": asking(user, lists, limit=PAGE),
        "list_of_account": asking(user, lists, limit=PAGE, account=account.pk),
        "list_of_category": asking(user, lists, limit=PAGE, category=category.pk),
        "bare_list": asking(user, BareList.as_view()),
        "dashboard": asking(user, reports, month=f"{NEWEST:%Y-%m}"),
        "bare_totals": asking(user, BareTotals.as_view()),
        "spending_month": lambda: spending_report(whole_month(NEWEST)),
        "cash_flow_year": lambda: cash_flow(YEAR),
        "net_worth_year": lambda: net_worth_over(YEAR.since, YEAR.until),
    }
    medians = milliseconds(ROUNDS, *works.values())
    found = {f"{name}_ms": round(ms, 2) for name, ms in zip(works, medians, strict=True)}
    taken = dict(zip(works, medians, strict=True))
    return found | {
        "list_to_bare": round(taken["list"] / taken["bare_list"], 2),
        "list_of_account_to_bare": round(taken["list_of_account"] / taken["bare_list"], 2),
        "dashboard_to_bare": round(taken["dashboard"] / taken["bare_totals"], 2),
        "list_db_ms": in_database(works["list"]),
        "dashboard_db_ms": in_database(works["dashboard"]),
    }


def editing() -> dict[str, float]:
    """A thousand of the newest get another category, and it is taken back."""
    category = Category.objects.get(key="groceries").pk
    newest = Transaction.objects.order_by("-booked_on", "-id").values_list("pk", flat=True)
    changes: Changes = {"category_id": category}
    started = time.perf_counter()
    edited = edit_many(dict.fromkeys(newest[:MANY], changes), "Benchmark")
    between = time.perf_counter()
    assert edited.batch is not None
    undo(edited.batch.pk)
    return {
        "bulk_edited": edited.changed,
        "bulk_edit_seconds": round(between - started, 2),
        "bulk_undo_seconds": round(time.perf_counter() - between, 2),
    }


def measure(tenant: Tenant, user: User, rows: int) -> dict[str, Any]:
    with tenant_scope(tenant.pk, permissions=READS, home=tenant):
        found = {"rows": rows} | pages(user)
        for name, words in (("common", COMMON), ("rare", RARE), ("none", NONE)):
            found[f"search_{name}_db_ms"] = in_database(search(words))
        found |= editing()
        started = time.perf_counter()
        found["subscriptions_found"] = find_subscriptions(NEWEST)
        found["find_subscriptions_seconds"] = round(time.perf_counter() - started, 2)
        started = time.perf_counter()
        faults = sum(len(some) for some in verify_ledger().values())
        found["verify_ledger_seconds"] = round(time.perf_counter() - started, 2)
        return found | {"faults": faults}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--tenants", type=int, default=0)
    parser.add_argument("--rows-each", type=int, default=10_000)
    chosen = parser.parse_args()
    sizes = chosen.rows
    if connection.vendor != "postgresql":
        tell({"database": connection.vendor, "left_out": "measured on PostgreSQL alone"})
        return
    make_schema()
    user = User.objects.create_user("bench@example.org", "a long password for nobody")
    seconds, tenants = [], []
    for rows in sizes:
        started = time.perf_counter()
        tenants.append(ledger_of(rows))
        seconds.append(round(time.perf_counter() - started, 1))
    analyze()
    found = [measure(tenant, user, rows) for tenant, rows in zip(tenants, sizes, strict=True)]
    told = {"database": connection.vendor, "fill_seconds": seconds, "measured": found,
            "growth": growth(found[0], found[-1])}  # fmt: skip
    if chosen.tenants:
        for _ in range(chosen.tenants):
            ledger_of(chosen.rows_each)
        analyze()
        among = measure(tenants[0], user, sizes[0])
        told |= {"tenants": chosen.tenants, "rows_each": chosen.rows_each, "among_them": among,
                 "growth_among_them": growth(found[0], among)}  # fmt: skip
    tell(told)


def growth(first: dict[str, Any], last: dict[str, Any]) -> dict[str, float]:
    names = ("list_ms", "list_of_account_ms", "dashboard_ms")
    return {name: round(last[name] / first[name], 2) for name in names}


if __name__ == "__main__":
    main()
