"""The same transactions in Inledger and in the programs that people keep ledgers with, in one run.

    DATABASE_URL=postgresql://… python -m benchmarks.peers [--rows 100000]

hledger and ledger read the hledger export at every question, as they do at every command;
beancount reads its own export. A program that is not installed is told as such. `agrees` says
that its balances and its sums of each category equal ours to the cent.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.db import connection

from benchmarks.filling import RARE, ledger_of
from benchmarks.setting import Stopwatch, analyze, make_schema, tell
from finance.exports.entries import Period
from finance.exports.writing import export
from finance.forms import TransactionFilterForm
from finance.models import Category, MonthlyTotal
from finance.money import Money
from finance.querysets import balances, list_rows
from tenancy.scope import tenant_scope

Sums = dict[str, Decimal]
# What a beancount user would write: load once, then ask.
BEANCOUNT: Final = """
import json, sys, time
from collections import defaultdict
from beancount import loader
from beancount.core.data import Transaction
clock = time.perf_counter
start = clock(); entries, errors, _ = loader.load_file(sys.argv[1]); load = clock() - start
start = clock(); held = defaultdict(int)
for entry in entries:
    if isinstance(entry, Transaction):
        for posting in entry.postings:
            held[posting.account] += posting.units.number
balances = clock() - start
start = clock(); months = defaultdict(int)
for entry in entries:
    if isinstance(entry, Transaction):
        for posting in entry.postings:
            if posting.account.startswith("Expenses"):
                months[posting.account, entry.date.year, entry.date.month] += posting.units.number
spending = clock() - start
start = clock(); found = [e for e in entries if sys.argv[2] in (getattr(e, "payee", "") or "")]
search = clock() - start
print(json.dumps({"load": load, "balances": balances, "spending": spending, "search": search,
    "errors": len(errors), "found": len(found), "held": {k: str(v) for k, v in held.items()}}))
"""


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return round(time.perf_counter() - started, 4)


def output(*command: str | Path) -> str:
    return subprocess.run(  # noqa: S603 - programs that the reader has installed
        [str(part) for part in command], check=True, capture_output=True, text=True
    ).stdout


def ours() -> dict[str, Any]:
    def search() -> object:
        form = TransactionFilterForm({"search": RARE})
        assert form.is_valid()
        return list(list_rows(form.matching())[:50])

    def spending() -> object:
        columns = ("category_id", "month", "currency", "total_minor")
        return list(MonthlyTotal.objects.values_list(*columns))

    works = {"balances": lambda: balances(), "spending": spending, "search": search}
    return {name: min(seconds(work) for _ in range(3)) for name, work in works.items()}


def our_sums() -> Sums:
    """Of every account and category, by the last part of the name that an export gives it."""
    sums = {entry.account.name: entry.balance.decimal for entry in balances()}
    labels = {row.pk: row.label for row in Category.objects.all()}
    for category, minor in MonthlyTotal.objects.values_list("category_id", "total_minor"):
        name = labels[category]
        spent = -Money(minor, "EUR").decimal
        sums[name] = sums.get(name, Decimal(0)) + spent
    return {_bare(name): value for name, value in sums.items() if value}


def _bare(account: str) -> str:
    last = account.rsplit(":", 1)[-1]
    return "".join(char for char in last.casefold() if char.isalnum())


def agrees(theirs: Sums, mine: Sums) -> bool:
    found: Sums = {}
    for account, value in theirs.items():
        if account.startswith(("Assets", "Liabilities", "Expenses")):
            found[_bare(account)] = found.get(_bare(account), Decimal(0)) + value
    return {name: value for name, value in found.items() if value} == mine


def hledger(journal: Path, mine: Sums) -> dict[str, Any]:
    def ask(*question: str) -> float:
        return seconds(lambda: output("hledger", "-f", journal, *question))

    table = output("hledger", "-f", journal, "balance", "--flat", "--no-total", "-O", "csv",
                   "--layout=bare")  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(table)))
    return {
        "load": ask("stats"),
        "balances": ask("balance", "^Assets"),
        "spending": ask("balance", "-M", "^Expenses"),
        "search": ask("register", f"payee:{RARE}"),
        "checked": ask("check", "--strict"),
        "agrees": agrees({row["account"]: Decimal(row["balance"]) for row in rows}, mine),
    }


def ledger(journal: Path, mine: Sums) -> dict[str, Any]:
    def ask(*question: str) -> float:
        return seconds(lambda: output("ledger", "-f", journal, *question))

    lines = output("ledger", "-f", journal, "balance", "--flat", "--no-total", "--balance-format",
                   "%(account)\t%(quantity(scrub(amount)))\n")  # fmt: skip
    held = dict(line.split("\t") for line in lines.splitlines() if "\t" in line)
    return {
        "load": ask("stats"),
        "balances": ask("balance", "^Assets"),
        "spending": ask("register", "--monthly", "^Expenses"),
        "search": ask("register", f"@{RARE}"),
        "agrees": agrees({name: Decimal(value) for name, value in held.items()}, mine),
    }


def beancount(file: Path, mine: Sums) -> dict[str, Any]:
    found = json.loads(output(sys.executable, "-c", BEANCOUNT, file, RARE))
    held = {name: Decimal(value) for name, value in found["held"].items()}
    names = ("load", "balances", "spending", "search")
    return {name: round(found[name], 4) for name in names} | {
        "errors": found["errors"],
        "agrees": agrees(held, mine),
    }


def table(rows: int, folder: Path) -> dict[str, Any]:
    written = Stopwatch()
    journal, bean = folder / "inledger.journal", folder / "inledger.beancount"
    for name, path in (("hledger", journal), ("beancount", bean)):
        pieces = export(name, Period())
        written.time(name, path.write_bytes, written.time(f"{name}_made", b"".join, pieces))
    mine = our_sums()
    programs: dict[str, Any] = {"inledger": ours()}
    peers: Sequence[tuple[str, Callable[..., dict[str, Any]], Path]] = (
        ("hledger", hledger, journal), ("ledger", ledger, journal), ("beancount", beancount, bean),
    )  # fmt: skip
    for name, peer, path in peers:
        is_there = name == "beancount" or shutil.which(name)
        programs[name] = peer(path, mine) if is_there else "not installed"
    return {
        "database": connection.vendor,
        "rows": rows,
        "export_rows_per_second": round(rows / written.wall["hledger_made"]),
        "seconds": programs,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    if connection.vendor != "postgresql":
        tell({"database": connection.vendor, "left_out": "measured on PostgreSQL alone"})
        return
    make_schema()
    tenant = ledger_of(rows)
    analyze()
    with tempfile.TemporaryDirectory(prefix="inledger-peers-") as folder, tenant_scope(tenant.pk):
        tell(table(rows, Path(folder)))


if __name__ == "__main__":
    main()
