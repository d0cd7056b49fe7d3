"""What the ledger's reads cost beside a bare view of the same rows, in one run.

    DATABASE_URL=… python benchmarks/ledger.py [--rows 100000]

Prints JSON: milliseconds (best of several rounds) and ratios. On PostgreSQL DATABASE_URL names a
database that it may create tables in; the reads then run as the runtime role, behind row security.
A fresh SQLite file is made without one. The tenant that it fills is made for it and stays.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="inledger-bench-"))

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from finance.accounts import open_account  # noqa: E402
from finance.categories import seed_default_categories  # noqa: E402
from finance.ledger import Movement, Source, post_many  # noqa: E402
from finance.models import Category, FinancialAccount, MonthlyTotal, Transaction  # noqa: E402
from finance.money import Money  # noqa: E402
from finance.querysets import LIST_COLUMNS, dashboard, list_rows, with_links  # noqa: E402
from finance.rendering import dashboard_json, transaction_json  # noqa: E402
from finance.verification import verify_ledger  # noqa: E402
from tenancy.models import Tenant  # noqa: E402
from tenancy.scope import tenant_scope  # noqa: E402

PAGE = 50
BATCH = 500
ROUNDS = 40
NEWEST = date(2026, 6, 30)


def fill(rows: int) -> float:
    """Book `rows` transactions by the verb; returns rows a second."""
    chance = random.Random(1)  # noqa: S311 - the same data every time
    accounts = [open_account(f"Account {number}", "EUR") for number in range(5)]
    categories = list(Category.objects.values_list("pk", flat=True))
    started = time.perf_counter()
    for first in range(0, rows, BATCH):
        post_many(
            [
                movement(chance, chance.choice(accounts), chance.choice(categories))
                for _ in range(min(BATCH, rows - first))
            ]
        )
    return rows / (time.perf_counter() - started)


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


def milliseconds(*works: Callable[[], object]) -> list[float]:
    """The median of each, taken in turn, so that a busy moment of the machine hits all alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            taken.append((time.perf_counter() - started) * 1000)
    return [statistics.median(taken) for taken in times]


def measure(rows: int) -> dict[str, Any]:
    written = fill(rows)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute(f'SET ROLE "{os.environ.get("DATABASE_RUNTIME_ROLE", "inledger_app")}"')
    page, bare_page, board, bare_board = milliseconds(
        full_list, bare_list, full_dashboard, bare_totals
    )
    started = time.perf_counter()
    faults = sum(len(found) for found in verify_ledger().values())
    return {
        "database": connection.vendor,
        "rows": rows,
        "post_many_rows_per_second": round(written),
        "list_ms": round(page, 2),
        "list_ratio_to_values": round(page / bare_page, 2),
        "dashboard_ms": round(board, 2),
        "dashboard_ratio_to_totals": round(board / bare_board, 2),
        "verify_ledger_seconds": round(time.perf_counter() - started, 2),
        "faults": faults,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    call_command("migrate", verbosity=0)
    tenant = Tenant.objects.create(name="Benchmark")
    with tenant_scope(tenant.pk):
        seed_default_categories()
        sys.stdout.write(json.dumps(measure(rows), indent=2) + "\n")


if __name__ == "__main__":
    main()
