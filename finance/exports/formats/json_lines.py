"""JSON lines: everything, so that an import of the file gives the same ledger. One object a line;
the first is {"inledger": 1}, then accounts, then transactions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from finance.exports.entries import Entry, Period, accounts_of, entries
from finance.models import FinancialAccount
from finance.money import Money

VERSION = 1


def write(period: Period) -> Iterator[str]:
    yield _line({"inledger": VERSION})
    for account in accounts_of(period):
        yield _line({"account": _account(account)})
    for entry in entries(period):
        yield _line({"transaction": transaction_object(entry)})


def _account(account: FinancialAccount) -> dict[str, Any]:
    return {
        "id": str(account.pk),
        "name": account.name,
        "kind": account.kind,
        "currency": account.currency,
        "institution": account.institution,
        "group": account.group,
        "last_digits": account.last_digits,
        "opening": str(account.opening),
        "opening_on": account.opening_on and account.opening_on.isoformat(),
        "is_archived": account.is_archived,
    }


def transaction_object(entry: Entry) -> dict[str, Any]:
    """The JSON of one transaction; amounts are decimal strings."""
    return {
        "id": str(entry.id),
        "account": str(entry.account_id),
        "booked_on": entry.booked_on.isoformat(),
        "occurred_at": entry.occurred_at and entry.occurred_at.isoformat(),
        **_money("amount", entry.amount),
        **(_money("original", entry.original) if entry.original else {}),
        "merchant": entry.merchant,
        "description": entry.description,
        "notes": entry.notes,
        "event": entry.event,
        "source": list(entry.source) if entry.source else None,
        "transfer": str(entry.other_leg.id) if entry.other_leg else None,
        "splits": [
            {
                "amount": str(part.amount),
                "kind": part.kind,
                "category": list(part.category),
                "note": part.note,
            }
            for part in entry.parts
        ],
        "attachments": [
            {"name": file.name, "media_type": file.media_type, "size": file.size,
             "sha256": file.sha256, "path": file.path}
            for file in entry.files
        ],
    }  # fmt: skip


def _money(name: str, money: Money) -> dict[str, str]:
    code = "currency" if name == "amount" else f"{name}_currency"
    return {name: str(money), code: money.currency}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
