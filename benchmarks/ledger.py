"""What the ledger's reads cost beside a bare view of the same rows, in one run.

    DATABASE_URL=… python -m benchmarks.ledger [--rows 20000]

Milliseconds are medians of several rounds. The tenant that it fills is made for it and stays.
"""

from __future__ import annotations

import argparse
import random
import time
import uuid
from datetime import date, timedelta
from typing import Any

from django.db import connection

from benchmarks.setting import Stopwatch, analyze, make_schema, milliseconds, tell
from finance.accounts import open_account
from finance.categories import seed_default_categories
from finance.ledger import Movement, Source, post_many
from finance.models import Category, FinancialAccount, MonthlyTotal, Transaction
from finance.money import Money
from finance.querysets import LIST_COLUMNS, dashboard, list_rows, with_links
from finance.rendering import dashboard_json, transaction_json
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

PAGE = 50
BATCH = 500
ROUNDS = 40
NEWEST = date(2026, 6, 30)


def fill(rows: int) -> dict[str, int]:
    """Book `rows` transactions by the verb; returns rows a second."""
    chance = random.Random(1)  # noqa: S311 - the same data every time
    accounts = [open_account(f"Account {number}", "EUR") for number in range(5)]
    categories = list(Category.objects.values_list("pk", flat=True))
    watch = Stopwatch()
    for first in range(0, rows, BATCH):
        movements = [
            movement(chance, chance.choice(accounts), chance.choice(categories))
            for _ in range(min(BATCH, rows - first))
        ]
        watch.time("post", post_many, movements)
    return watch.rate(rows)


def movement(chance: random.Random, account: FinancialAccount, category: uuid.UUID) -> Movement:
    return Movement(
        account_id=account.pk,
        booked_on=NEWEST - timedelta(days=chance.randrange(1095)),
        amount=Money(-chance.randrange(100, 20_000), "EUR"),
        merchant=f"Merchant {chance.randrange(500)}",
        category_id=category,
        source=Source("bench", str(uuid.UUID(int=chance.getrandbits(128)))),
    )


def bare_list() -> object:
    return list(Transaction.objects.order_by("-booked_on", "-id").values(*LIST_COLUMNS)[:PAGE])


def full_list() -> object:
    return [transaction_json(row) for row in with_links(list(list_rows(every())[:PAGE]))]


def every() -> Any:
    return Transaction.objects.all()


def bare_totals() -> object:
    columns = ("account_id", "category_id", "currency", "total_minor", "inflow_minor", "count")
    return list(MonthlyTotal.objects.filter(month=NEWEST.replace(day=1)).values(*columns))


def full_dashboard() -> object:
    return dashboard_json(dashboard(NEWEST))


def measure(rows: int) -> dict[str, Any]:
    written = fill(rows)
    analyze()
    page, bare_page, board, bare_board = milliseconds(
        ROUNDS, full_list, bare_list, full_dashboard, bare_totals
    )
    started = time.perf_counter()
    faults = sum(len(found) for found in verify_ledger().values())
    return {
        "database": connection.vendor,
        "rows": rows,
        "post_many": written,
        "list_ms": round(page, 2),
        "list_ratio_to_values": round(page / bare_page, 2),
        "dashboard_ms": round(board, 2),
        "dashboard_ratio_to_totals": round(board / bare_board, 2),
        "verify_ledger_seconds": round(time.perf_counter() - started, 2),
        "faults": faults,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    make_schema()
    tenant = Tenant.objects.create(name="Benchmark")
    with tenant_scope(tenant.pk):
        seed_default_categories()
        tell(measure(rows))


if __name__ == "__main__":
    main()
