"""Finding what new transactions belong to, beside a bare look at the same amounts and days.

    DATABASE_URL=… python -m benchmarks.matching [--rows 20000] [--new 2000] [--one-in 50]

Of the new rows one in so many tells again, by another source, of what is in the ledger already; as
many pay a purchase back, and as many are legs of transfers. Seconds are the wall's and, as `cpu`,
this process's own.
"""

from __future__ import annotations

import argparse
import random
import time
import uuid
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.ledger import NEWEST, fill, movement
from benchmarks.setting import Stopwatch, analyze, make_schema, tell
from finance.categories import seed_default_categories
from finance.ledger import Movement, Source, post_many
from finance.matching.finding import find_matches
from finance.models import Category, FinancialAccount, Transaction
from finance.money import Money
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

BATCH = 500


def new_rows(count: int, one_in: int) -> list[uuid.UUID]:
    """Book the new ones, and return their ids."""
    chance = random.Random(2)  # noqa: S311 - the same data every time
    accounts = list(FinancialAccount.objects.order_by("name"))
    categories = list(Category.objects.values_list("pk", flat=True))
    some = count // one_in
    told = list(Transaction.objects.order_by("pk")[: 2 * some])
    movements = [_again(row, chance) for row in told[:some]]
    movements += [_refund(row) for row in told[some:]]
    for _ in range(some // 2):
        movements += _legs(chance, accounts)
    while len(movements) < count:
        movements.append(movement(chance, chance.choice(accounts), chance.choice(categories)))
    ids: list[uuid.UUID] = []
    for at in range(0, count, BATCH):
        ids += [row.pk for row in post_many(movements[at : at + BATCH])]
    return ids


def _again(row: Transaction, chance: random.Random) -> Movement:
    return Movement(
        row.account_id,
        row.booked_on + timedelta(days=chance.randrange(3)),
        row.amount,
        merchant=row.merchant.upper(),
        source=Source("bench2", str(row.pk)),
    )


def _refund(row: Transaction) -> Movement:
    return Movement(
        row.account_id, row.booked_on + timedelta(days=10), -row.amount, merchant=row.merchant,
        event="refund", source=Source("bench2", str(row.pk)),
    )  # fmt: skip


def _legs(chance: random.Random, accounts: list[FinancialAccount]) -> list[Movement]:
    """Of an amount that no purchase has."""
    out, into = chance.sample(accounts, 2)
    day = NEWEST - timedelta(days=chance.randrange(1095))
    amount = Money(chance.randrange(30_000, 900_000), "EUR")
    return [
        Movement(out.pk, day, -amount, merchant="To savings", event="transfer_out"),
        Movement(into.pk, day, amount, merchant="From checking", event="transfer_in"),
    ]


def bare(ids: list[uuid.UUID]) -> int:
    """Every other row of the same amount within ten days, by one join."""
    table = Transaction._meta.db_table
    days = "interval '10 days'" if connection.vendor == "postgresql" else "10"
    between = f"o.booked_on BETWEEN n.booked_on - {days} AND n.booked_on + {days}"
    if connection.vendor != "postgresql":
        between = "abs(julianday(o.booked_on) - julianday(n.booked_on)) <= 10"
    first = min(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} n JOIN {table} o ON o.tenant_id = n.tenant_id"  # noqa: S608 - our own names
            f" AND o.amount_minor = n.amount_minor AND o.id <> n.id AND {between}"
            " WHERE n.id >= %s",
            [first if connection.vendor == "postgresql" else first.hex],
        )
        return int(cursor.fetchone()[0])


def measure(rows: int, new: int, one_in: int) -> dict[str, Any]:
    fill(rows)
    ids = new_rows(new, one_in)
    analyze()
    started = time.perf_counter()
    joined = bare(ids)
    bare_seconds = time.perf_counter() - started
    watch = Stopwatch()
    with CaptureQueriesContext(connection) as queries:
        found = watch.time("find", find_matches, ids)
    again = watch.time("again", find_matches, ids)
    return {
        "database": connection.vendor,
        "rows": rows,
        "new": new,
        "bare_join_seconds": round(bare_seconds, 2),
        "bare_join_rows": joined,
        "statements": len(queries),
        "find_seconds": round(watch.wall["find"], 2),
        "find_cpu": round(watch.cpu["find"], 2),
        "new_rows_a_second": watch.rate(new, "find")["per_second"],
        "pairs": found.pairs,
        "merged": found.carried_out,
        "again_seconds": round(watch.wall["again"], 2),
        "again_cpu": round(watch.cpu["again"], 2),
        "again_pairs": again.pairs,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--new", type=int, default=2_000)
    parser.add_argument("--one-in", type=int, default=50)
    given = parser.parse_args()
    make_schema()
    tenant = Tenant.objects.create(name="Benchmark")
    with tenant_scope(tenant.pk):
        seed_default_categories()
        tell(measure(given.rows, given.new, given.one_in))


if __name__ == "__main__":
    main()
