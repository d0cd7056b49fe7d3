"""Our own JSON lines (`finance.exports.formats.json_lines`), so that a ledger can move."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from finance.money import InvalidMoney, Money
from finance.statements.lines import Line, Problem, Statement, UnreadableStatement


def read(text: str, currency: str) -> list[Statement]:
    """One statement for each account in the file, in the order of its accounts."""
    accounts: dict[str, dict[str, Any]] = {}
    lines: dict[str, list[Line]] = {}
    problems: dict[str, list[Problem]] = {}
    for row, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        try:
            value = json.loads(raw)
            if "account" in value:
                accounts[value["account"]["id"]] = value["account"]
            elif "transaction" in value:
                entry = value["transaction"]
                lines.setdefault(entry["account"], []).append(line_of(row, entry))
        except (ValueError, KeyError, TypeError, InvalidMoney) as error:
            problems.setdefault("", []).append(Problem(row, raw[:300], str(error)))
    found = [
        Statement(
            tuple(lines.get(pk, ())), digits=account.get("last_digits", ""),
            currency=account.get("currency", currency),
        )
        for pk, account in accounts.items()
        if lines.get(pk)
    ]  # fmt: skip
    if not found:
        raise UnreadableStatement("This file holds no transactions.")
    first = found[0]
    if problems:
        found[0] = Statement(first.lines, tuple(problems[""]), first.digits, first.currency)
    return found


def line_of(row: int, entry: dict[str, Any]) -> Line:
    """Of one transaction's object. Raises ValueError, KeyError, TypeError, InvalidMoney."""
    return Line(
        row,
        date.fromisoformat(entry["booked_on"]),
        Money.parse(entry["amount"], entry["currency"]),
        entry.get("merchant", ""),
        entry.get("description", ""),
        entry["id"],
    )
