"""A large ledger, judged by hledger and beancount: `python -m tests.soak.peers [--rows 100000]`.

The books of the tests (several currencies, splits, transfers, odd names) and so many transactions
more are exported. `hledger check --strict` and `bean-check` must take the files; the balance of
each account and the sum of each category in each month must equal hledger's to the cent. Ours are
summed over all splits, not read from the totals. Needs TEST_DATABASE_URL, hledger and beancount;
exits with 1 at any difference.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from benchmarks.filling import ledger_of
from benchmarks.run import own_database
from benchmarks.setting import analyze, make_schema
from finance.balances import balances_on
from finance.exports.names import account_names, category_name, hledger_name
from finance.models import Category, CategoryKind, FinancialAccount, Split
from finance.money import Money
from tenancy.scope import tenant_scope
from tests.finance.test_exports import fill, text

LATER = date(2100, 1, 1)
Sums = dict[tuple[str, str, str], Decimal]


def judged(rows: int, folder: Path) -> int:
    """How many differences there are. In a new database."""
    make_schema()
    tenant = ledger_of(rows)
    with tenant_scope(tenant.pk):
        fill(1_000)
        analyze()
        journal, beans = folder / "books.journal", folder / "books.beancount"
        journal.write_text(text("hledger"), encoding="utf-8")
        beans.write_text(text("beancount"), encoding="utf-8")
        ask("hledger", "check", "-f", str(journal), "--strict")
        say("hledger check --strict takes it")
        ask(str(Path(sys.executable).parent / "bean-check"), str(beans))
        say("bean-check takes it")
        balances = differing(our_balances(), their_balances(journal), "balances")
        return balances + differing(our_months(), their_months(journal), "sums of a month")


def differing(ours: Sums, theirs: Sums, what: str) -> int:
    wrong = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
    say(f"{len(ours):,} {what}, {len(wrong)} differ")
    for key in sorted(wrong)[:20]:
        say(f"  {' '.join(key)}: ours {ours.get(key)}, hledger's {theirs.get(key)}")
    return len(wrong) + (not ours)


def our_balances() -> Sums:

    accounts = list(FinancialAccount.objects.order_by("id"))
    names = account_names(accounts, hledger_name)
    return {
        (names[held.account.pk], held.account.currency, ""): held.balance.decimal
        for held in balances_on(LATER, accounts)
        if held.balance
    }


def our_months() -> Sums:

    nodes = {node.pk: node for node in Category.objects.all()}

    def path(pk: object) -> tuple[str, ...]:
        node = nodes.get(pk)
        return () if node is None else (*path(node.parent_id), node.label)

    sums: Sums = defaultdict(Decimal)
    splits = Split.objects.filter(transaction__state="posted").order_by().values_list(
        "category_id", "amount_minor", "transaction__currency", "transaction__booked_on"
    )  # fmt: skip
    for category, minor, currency, day in splits.iterator(chunk_size=5_000):
        kind = nodes[category].kind if category else ""
        if kind != CategoryKind.TRANSFER:
            name = category_name(kind, path(category), hledger_name, outflow=minor < 0)
            sums[(name, currency, f"{day:%Y-%m}")] -= Money(minor, currency).decimal
    return {key: value for key, value in sums.items() if value}


def table(journal: Path, *question: str) -> list[list[str]]:
    found = ask("hledger", "balance", "-f", str(journal), *question, "--flat", "--no-total",
                "-O", "csv", "--layout=bare")  # fmt: skip
    return list(csv.reader(io.StringIO(found)))


def their_balances(journal: Path) -> Sums:
    rows = table(journal, "^Assets", "^Liabilities")[1:]
    return {(name, code, ""): Decimal(value) for name, code, value in rows if Decimal(value)}


def their_months(journal: Path) -> Sums:
    heads, *rows = table(journal, "-M", "^Expenses", "^Income")
    return {
        (row[0], row[1], month): Decimal(value)
        for row in rows
        for month, value in zip(heads[2:], row[2:], strict=True)
        if Decimal(value)
    }


def ask(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command[:2])} refuses it: {(done.stdout + done.stderr)[:2000]}"
        )
    return done.stdout


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--here", action="store_true", help="in the database of DATABASE_URL")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-peers-") as folder:
        if given.here:
            started = time.perf_counter()
            wrong = judged(given.rows, Path(folder))
            took = time.perf_counter() - started
            say(f"{given.rows:,} transactions: {wrong} differences, {took:.0f} s")
            return int(wrong > 0)
        with own_database(os.environ["TEST_DATABASE_URL"]) as url:
            return subprocess.run(
                [sys.executable, "-m", "tests.soak.peers", "--here", "--rows", str(given.rows)],
                env={**os.environ, "DATABASE_URL": url, "DATA_DIR": folder}, check=False,
            ).returncode  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
