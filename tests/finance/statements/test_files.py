"""Every file of tests/samples/statements: read as the JSON beside it says; and what was booked of
them all comes out of each export, read again, with the same hashes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from finance import ledger
from finance.exports.entries import Period
from finance.exports.writing import export
from finance.ledger import Movement
from finance.models import FinancialAccount
from finance.statements.lines import Line, Statement, keys
from finance.statements.readers import FORMATS, format_of, read, text_of
from tenancy.models import Tenant
from tests.finance.make import make_account

FOLDER = Path(__file__).parents[2] / "samples" / "statements"
FILES = sorted(path for path in FOLDER.glob("*/*") if path.suffix != ".json")


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return found


def statement(path: Path) -> Statement:
    text = text_of(path.read_bytes())
    assert format_of(text) == path.parent.name
    (found,) = read(text, path.parent.name, expected(path)["currency"])
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_is_read(path: Path) -> None:
    wanted, found = expected(path), statement(path)
    rows = [[str(line.booked_on), str(line.amount), line.payee] for line in found.lines]
    assert rows == wanted["rows"]
    assert {line.amount.currency for line in found.lines} <= {wanted["currency"]}
    assert len(found.problems) == wanted["refused"], found.problems
    assert found.digits == wanted.get("digits", found.digits)


def test_each_format_has_thirty() -> None:
    counts = Counter(path.parent.name for path in FILES)
    assert set(counts) == set(FORMATS) - {"jsonl"}
    assert min(counts.values()) >= 30, counts


@pytest.mark.parametrize("form", ["jsonl", "csv", "ofx"])
def test_what_was_booked_of_them_comes_again_out_of_each_export(ledger: Tenant, form: str) -> None:
    for currency, lines in booked().items():
        text = b"".join(export(form, Period(account_id=account_of(currency).pk))).decode()
        assert format_of(text) == form
        (again,) = read(text, form, currency)
        assert not again.problems
        assert Counter(map(told, again.lines)) == Counter(map(told, lines)), currency
        other = b"".join(export("jsonl", Period(account_id=account_of(currency).pk))).decode()
        assert set(keys(again.lines)) == set(keys(read(other, "jsonl", currency)[0].lines))


def booked() -> dict[str, list[Line]]:
    """The lines of all files by currency, posted in one account of each."""
    by_currency: dict[str, list[Line]] = {}
    for path in FILES:
        for line in statement(path).lines:
            by_currency.setdefault(line.amount.currency, []).append(line)
    for currency, lines in by_currency.items():
        account = make_account(currency, currency)
        ledger.post_many([
            Movement(account.pk, line.booked_on, line.amount, merchant=line.payee,
                     description=line.description)
            for line in lines
        ])  # fmt: skip
    return by_currency


def account_of(currency: str) -> FinancialAccount:
    found: FinancialAccount = FinancialAccount.objects.get(name=currency)
    return found


def told(line: Line) -> tuple[str, str]:
    return str(line.booked_on), str(line.amount)
