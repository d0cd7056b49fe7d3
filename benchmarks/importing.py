"""What importing a statement costs, beside a bare write of as many rows, in one run.

    DATABASE_URL=… python -m benchmarks.importing [--rows 20000]

A CSV file goes the whole way: read and planned by its job, booked by the next, then the same file
again, of which nothing may be new. `bare_write` is a plain bulk_create of as many transactions,
splits and entries; `bare_copy`, on PostgreSQL, is COPY into a temporary table with five indexes,
where only a key in the way is looked for, and nothing is logged.
"""

from __future__ import annotations

import argparse
import random
import uuid
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from benchmarks.setting import Stopwatch, analyze, make_schema, tell
from finance.accounts import open_account
from finance.categories import seed_default_categories
from finance.models import (
    FinancialAccount,
    LedgerChange,
    LineOutcome,
    Split,
    StatementImport,
    StatementLine,
    Transaction,
)
from finance.statements.importing import apply, upload
from finance.verification import verify_ledger
from jobs.models import Job
from jobs.runner import JobRunner
from tenancy.ids import new_id
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

NEWEST = date(2026, 6, 30)


def statement(rows: int) -> bytes:
    chance = random.Random(3)  # noqa: S311 - the same file every time
    lines = ["Date;Payee;Purpose;Amount"]
    for number in range(rows):
        day = NEWEST - timedelta(days=number * 1095 // rows)
        minor = chance.randrange(100, 20_000)
        lines.append(
            f"{day:%d.%m.%Y};Merchant {chance.randrange(500)};Card {number % 7};"
            f"-{minor // 100},{minor % 100:02d}"
        )
    return "\n".join(lines).encode()


def run(job_id: uuid.UUID) -> None:
    JobRunner.run(job_id)
    job = Job.objects.get(pk=job_id)
    if job.state != "succeeded":
        raise RuntimeError(f"{job.kind} is {job.state}: {job.error}")


def imported(watch: Stopwatch, data: bytes, account: FinancialAccount, step: str) -> None:
    row = upload(data, "statement.csv", account=account)
    if row.job_id is None:
        raise RuntimeError("The file is not being read.")
    watch.time(f"{step}_read", run, row.job_id)
    row = StatementImport.objects.get(pk=row.pk)
    watch.time(f"{step}_apply", run, apply(row).pk)


def bare_write(account: FinancialAccount, rows: int) -> None:
    """The same tables without any question asked: trail, splits, transactions."""
    made = [
        Transaction(
            id=new_id(), account=account, state="posted", booked_on=NEWEST, amount_minor=-100,
            currency="EUR", merchant="Merchant",
        )
        for _ in range(rows)
    ]  # fmt: skip
    with transaction.atomic():
        LedgerChange.objects.bulk_create(
            [
                LedgerChange(subject="transaction", subject_id=t.pk, version=1, verb="post",
                             actor_kind="system", before={}, after={})
                for t in made
            ], batch_size=1_000,
        )  # fmt: skip
        Split.objects.bulk_create(
            [Split(transaction=t, amount_minor=-100) for t in made], batch_size=1_000
        )
        Transaction.objects.bulk_create(made, batch_size=1_000)


COPIED = (
    "CREATE TEMPORARY TABLE staged (n int, key uuid, day date, minor bigint, payee text, words"
    " text)",
    "CREATE TEMPORARY TABLE copied (LIKE staged)",
    "CREATE UNIQUE INDEX ON copied (key)",
    "CREATE INDEX ON copied (day, key)",
    "CREATE INDEX ON copied (minor, day)",
    "CREATE INDEX ON copied (payee)",
    "CREATE INDEX ON copied (n)",
)


def bare_copy(rows: int) -> None:
    """The least that could be called an import."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in COPIED:
            cursor.execute(statement)
        with cursor.copy("COPY staged FROM STDIN") as copy:
            for n in range(rows):
                copy.write(f"{n}\t{new_id()}\t{NEWEST}\t-{n}\tMerchant {n % 500}\tCard {n % 7}\n")
        cursor.execute("INSERT INTO copied SELECT * FROM staged ON CONFLICT DO NOTHING")


def measure(rows: int) -> dict[str, Any]:
    watch = Stopwatch()
    account, bare = open_account("Giro", "EUR"), open_account("Bare", "EUR")
    data = statement(rows)
    imported(watch, data, account, "first")
    analyze()
    imported(watch, data, account, "again")
    booked = Transaction.objects.filter(account=account).count()
    known = StatementLine.objects.filter(outcome=LineOutcome.KNOWN).count()
    # What is written barely keeps no merchants: that would be found.
    faults = sum(len(found) for found in verify_ledger().values())
    watch.time("bare_write", bare_write, bare, rows)
    both, again = ("first_read", "first_apply"), ("again_read", "again_apply")
    copied: dict[str, Any] = {}
    if connection.vendor == "postgresql":
        watch.time("bare_copy", bare_copy, rows)
        copied = {
            "bare_copy_rows_per_second": watch.rate(rows, "bare_copy")["per_second"],
            "import_to_bare_copy": _times(watch, both, "bare_copy"),
            "again_to_bare_copy": _times(watch, again, "bare_copy"),
        }
    return copied | {
        "database": connection.vendor,
        "rows": rows,
        "booked": booked,
        "known_again": known,
        "read_rows_per_second": watch.rate(rows, "first_read")["per_second"],
        "apply_rows_per_second": watch.rate(rows, "first_apply")["per_second"],
        "import_rows_per_second": watch.rate(rows, *both)["per_second"],
        "again_rows_per_second": watch.rate(rows, *again)["per_second"],
        "bare_write_rows_per_second": watch.rate(rows, "bare_write")["per_second"],
        "import_to_bare_write": _times(watch, both, "bare_write"),
        "faults": faults,
    }


def _times(watch: Stopwatch, steps: tuple[str, ...], bare: str) -> float:
    """How many times as long as the bare work they took."""
    return round(sum(watch.wall[step] for step in steps) / watch.wall[bare], 2)


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
