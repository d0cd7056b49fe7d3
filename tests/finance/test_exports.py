"""Exports, judged by the programs that they are for."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance import ledger
from finance.balances import balances_on
from finance.exports.entries import Period
from finance.exports.writing import export
from finance.ledger import Movement, Part
from finance.models import (
    AccountKind,
    Category,
    CategoryKind,
    FinancialAccount,
    Split,
    TransactionState,
)
from finance.money import Money
from tenancy.models import Tenant
from tests.finance.make import category, make_account, make_posted, make_proposed
from tests.make import make_member

pytestmark = pytest.mark.django_db
START, LATER = date(2025, 1, 1), date(2030, 1, 1)
STRANGE = ["Corner shop", 'A "quoted"; one | two', "قهوة الشرق", "R&D <Co>", "=1+1", "\\ Ltd"]


def text(name: str, period: Period | None = None) -> str:
    return b"".join(export(name, period or Period())).decode()


@pytest.fixture
def books(ledger: Tenant) -> list[FinancialAccount]:
    """A ledger with everything in it: currencies of 0, 2 and 3 decimals, splits, transfers within
    and across currencies and days, opening balances, two accounts of one name."""
    return fill(300)


def fill(count: int) -> list[FinancialAccount]:
    dice = random.Random(7)
    accounts = [
        make_account("Giro", "EUR", opening=Money.parse("1000.00", "EUR"), opening_on=START),
        make_account("Giro", "EUR", number="4417"),
        make_account("Visa: Gold; (old)", "EUR", kind=AccountKind.CREDIT_CARD),
        make_account("円", "JPY"),
        make_account("Dinar", "KWD", opening=Money.parse("-5.125", "KWD")),
    ]
    categories = [
        each.pk for each in Category.objects.exclude(kind=CategoryKind.TRANSFER).order_by("id")
    ]
    movements = []
    for number in range(count):
        account = dice.choice(accounts)
        minor = dice.choice([-1, -1, -1, 1]) * dice.randint(2, 90_000)
        amount = Money(minor, account.currency)
        parts: tuple[Part, ...] = ()
        if number % 5 == 0:
            first = Money(minor // 2, account.currency)
            parts = (Part(first, dice.choice(categories), "half; of it"),
                     Part(amount - first, None))  # fmt: skip
        movements.append(
            Movement(
                account.pk,
                START + timedelta(dice.randint(0, 400)),
                amount,
                merchant=dice.choice(STRANGE),
                description="for \n two",
                category_id=None if parts else dice.choice([*categories, None]),
                parts=parts,
            )
        )
    ledger.post_many(movements)
    for number in range(10):
        out = make_posted(accounts[0], f"-{number + 1}.00", booked_on=START + timedelta(number))
        into = make_posted(
            accounts[1], f"{number + 1}.00", booked_on=START + timedelta(number + number % 3)
        )
        ledger.transfer(out.pk, into.pk)
    abroad = make_posted(accounts[0], "-100.00", booked_on=START)
    there = make_posted(accounts[3], "16000", booked_on=START + timedelta(2))
    ledger.transfer(abroad.pk, there.pk)
    make_proposed(accounts[0])
    ledger.void(make_posted(accounts[0]).pk)
    return accounts


@pytest.fixture
def journal(books: list[FinancialAccount], tmp_path: Path) -> Path:
    path = tmp_path / "books.journal"
    path.write_text(text("hledger"), encoding="utf-8")
    return path


def hledger(*arguments: str) -> str:
    return subprocess.run(
        ["hledger", *arguments], check=True, capture_output=True, encoding="utf-8"
    ).stdout


def told(output: str) -> dict[tuple[str, str], Decimal]:
    """Account and commodity → sum, of `hledger balance --output-format=csv --layout=bare`."""
    rows = list(csv.reader(io.StringIO(output)))[1:]
    return {(row[0], row[1]): Decimal(row[2]) for row in rows if Decimal(row[2])}


@pytest.mark.hledger
def test_hledger_takes_it_strictly_and_agrees_to_the_cent(
    books: list[FinancialAccount], journal: Path
) -> None:
    hledger("check", "-f", str(journal), "--strict")
    balance = ("balance", "-f", str(journal), "-O", "csv", "--layout=bare", "--no-total", "--flat")
    ours = sorted(
        (held.balance.currency, held.balance.decimal)
        for held in balances_on(LATER, books)
        if held.balance
    )
    theirs = told(hledger(*balance, "^Assets", "^Liabilities"))
    assert sorted((code, amount) for (_, code), amount in theirs.items()) == ours
    for first in (date(2025, 3, 1), date(2025, 12, 1)):
        month = f"{first:%Y-%m}"
        found = told(hledger(*balance, "^Expenses", "^Income", "-p", month))
        by_currency: dict[str, Decimal] = defaultdict(Decimal)
        for (_, code), amount in found.items():
            by_currency[code] -= amount
        assert dict(by_currency) == dict(_spent_and_earned(month))


def _spent_and_earned(month: str) -> Iterator[tuple[str, Decimal]]:
    sums: dict[str, int] = defaultdict(int)
    splits = Split.objects.filter(
        transaction__state=TransactionState.POSTED,
        transaction__booked_on__startswith=month,
    ).select_related("category", "transaction")
    for split in splits:
        if split.category is None or split.category.kind != CategoryKind.TRANSFER:
            sums[split.transaction.currency] += split.amount_minor
    for code, minor in sums.items():
        if minor:
            yield code, Money(minor, code).decimal


@pytest.mark.hledger
def test_sums_by_category_are_hledger_s(books: list[FinancialAccount], journal: Path) -> None:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in map(json.loads, text("jsonl").splitlines()):
        for split in entry.get("transaction", {}).get("splits", ()):
            if split["category"] and split["kind"] != "transfer":
                key = (split["category"][-1], entry["transaction"]["currency"])
                sums[key] -= Decimal(split["amount"])
    theirs: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    found = told(
        hledger("balance", "-f", str(journal), "-O", "csv", "--layout=bare", "--no-total", "--flat")
    )
    for (name, code), amount in found.items():
        if name.startswith(("Expenses", "Income")) and "Uncategorised" not in name:
            theirs[name.rpartition(":")[2], code] += amount
    spelled = {(name.replace(":", "-"), code): amount for (name, code), amount in sums.items()}
    assert dict(theirs) == {key: amount for key, amount in spelled.items() if amount}


def test_beancount_proves_it(books: list[FinancialAccount], tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    path.write_text(text("beancount"), encoding="utf-8")
    check = Path(sys.executable).parent / "bean-check"
    done = subprocess.run([check, path], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    broken = path.read_text(encoding="utf-8").replace("  Assets:Giro  -1.00 EUR", "", 1)
    path.write_text(broken, encoding="utf-8")
    assert subprocess.run([check, path], capture_output=True, check=False).returncode != 0


def test_csv_has_a_line_a_split_and_no_formula(books: list[FinancialAccount]) -> None:
    rows = list(csv.DictReader(io.StringIO(text("csv"))))
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["currency"]] += Decimal(row["amount"])
    ours: dict[str, Decimal] = defaultdict(Decimal)
    for held in balances_on(LATER, books):
        ours[held.account.currency] += held.balance.decimal - held.account.opening.decimal
    assert dict(sums) == dict(ours)
    assert {row["merchant"] for row in rows} >= {"'=1+1", "قهوة الشرق"}


def test_ofx_is_well_formed_and_sums(books: list[FinancialAccount]) -> None:
    root = ET.fromstring(text("ofx").split("?>", 2)[2])  # noqa: S314 # our own
    sums = [
        sum(Decimal(item.text or "0") for item in statement.iter("TRNAMT"))
        for tag in ("STMTRS", "CCSTMTRS")
        for statement in root.iter(tag)
    ]
    ours = [
        held.balance.decimal - held.account.opening.decimal for held in balances_on(LATER, books)
    ]
    assert sorted(sums) == sorted(ours)


@pytest.mark.hledger
def test_a_period_and_an_account_are_a_part(books: list[FinancialAccount], tmp_path: Path) -> None:
    period = Period(date(2025, 2, 1), date(2025, 3, 31), books[0].pk)
    days = [row["date"] for row in csv.DictReader(io.StringIO(text("csv", period)))]
    assert days == sorted(days)
    assert min(days) >= "2025-02-01"
    assert max(days) <= "2025-03-31"
    path = tmp_path / "part.journal"
    path.write_text(text("hledger", period), encoding="utf-8")
    hledger("check", "-f", str(path), "--strict")


def test_the_ledger_s_size_costs_no_more_queries(
    ledger: Tenant, django_assert_max_num_queries: object
) -> None:
    fill(300)
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        text("csv")


def test_the_api_streams_a_file_and_refuses_what_is_wrong(ledger: Tenant) -> None:
    make_posted(make_account())
    category("groceries")
    access = start_session(make_member(ledger)).access
    api = APIClient(headers={"Authorization": f"Bearer {access}"})
    names = {row["format"] for row in api.get("/api/v1/exports/formats").json()["data"]}
    assert names == {"csv", "jsonl", "archive", "hledger", "beancount", "ofx"}
    answer = api.get("/api/v1/exports/file", {"type": "csv", "since": "2026-05-01"})
    assert answer.status_code == 200
    assert b"Corner shop" in answer.getvalue()
    assert 'filename="' in answer["Content-Disposition"]
    for query, code in (
        ({"type": "xlsx"}, "invalid_choice"),
        ({}, "required"),
        ({"type": "csv", "since": "2026-05-02", "until": "2026-05-01"}, "days_reversed"),
        ({"type": "csv", "account": str(ledger.pk)}, "unknown_account"),
    ):
        refused = api.get("/api/v1/exports/file", query)
        assert 400 <= refused.status_code < 500, refused.content
        assert code in refused.content.decode()


def test_the_command_writes_a_file_and_says_what_is_wrong(ledger: Tenant, tmp_path: Path) -> None:
    make_posted(make_account())
    path = tmp_path / "out.jsonl"
    call_command("export", tenant=str(ledger.pk), format="jsonl", output=path)
    kinds = [next(iter(json.loads(line))) for line in path.read_text().splitlines()]
    assert kinds == ["inledger", "account", "transaction"]
    with pytest.raises(CommandError, match="No account is called"):
        call_command("export", tenant=str(ledger.pk), format="csv", account="Nope")
    with pytest.raises(CommandError, match="Cannot write"):
        call_command(
            "export", tenant=str(ledger.pk), format="csv", output=tmp_path / "no" / "where"
        )
