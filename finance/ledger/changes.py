"""What may be changed about a transaction, checked against what it is."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, TypedDict

from django.db.models import Q

from finance.errors import LedgerError, WrongState
from finance.ledger.movements import Part, check_amount, check_date, check_parts, clean_text
from finance.ledger.references import References, check_currency
from finance.ledger.writing import is_person, parts_of
from finance.models import Transaction, Transfer
from finance.money import Money
from tenancy.scope import current_actor


class Changes(TypedDict, total=False):
    """New values; what is not named stays. `category_id` is for a transaction of one split,
    `parts` replaces all of them."""

    account_id: uuid.UUID
    booked_on: date
    occurred_at: datetime | None
    amount: Money
    original: Money | None
    merchant: str
    description: str
    notes: str
    event: str
    category_id: uuid.UUID | None
    parts: tuple[Part, ...]


TEXT_LIMITS: Final = {"merchant": 200, "description": 500, "notes": 10_000, "event": 20}
# A transfer rests on these: its legs keep them until it is unlinked.
OF_TRANSFERS: Final = {"account_id", "amount", "category_id", "parts"}


def resolve(row: Transaction, changes: Changes) -> tuple[dict[str, Any], list[Part]]:
    """The columns and the splits that `row` gets. A machine's changes of what a person has set
    are left out. Raises LedgerError, UnknownReference, WrongState, InvalidMoney."""
    wanted: dict[str, Any] = dict(changes)
    unknown = wanted.keys() - Changes.__annotations__.keys()
    if unknown:
        raise LedgerError(f"Cannot change {', '.join(sorted(unknown))}.", code="unknown_field")
    if not is_person():
        wanted = {name: value for name, value in wanted.items() if name not in row.locked}
    if OF_TRANSFERS & wanted.keys() and transfer_of(row) is not None:
        raise WrongState(
            "This is one leg of a transfer. Unlink the transfer before changing its account,"
            " amount or category.",
            code="linked_transfer",
        )
    columns = _columns(row, wanted)
    parts = _parts(row, wanted)
    if wanted:
        by = {"by": current_actor().kind}
        columns["provenance"] = row.provenance | dict.fromkeys(wanted, by)
        if is_person():
            columns["locked"] = sorted({*row.locked, *wanted})
    return columns, parts


def _columns(row: Transaction, wanted: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: clean_text(wanted[name], limit)
        for name, limit in TEXT_LIMITS.items()
        if name in wanted
    }
    if "booked_on" in wanted:
        check_date(wanted["booked_on"])
    columns |= {n: wanted[n] for n in ("booked_on", "occurred_at", "account_id") if n in wanted}
    if wanted.keys() & {"amount", "account_id"}:
        amount = wanted.get("amount", row.amount)
        check_amount(amount)
        account_id = wanted.get("account_id", row.account_id)
        check_currency(References([account_id]).account(account_id), amount)
        columns |= {"amount_minor": amount.minor, "currency": amount.currency}
    if "original" in wanted:
        original: Money | None = wanted["original"]
        columns["original_minor"] = original.minor if original else None
        columns["original_currency"] = original.currency if original else ""
    return columns


def _parts(row: Transaction, wanted: dict[str, Any]) -> list[Part]:
    amount: Money = wanted.get("amount", row.amount)
    parts = list(wanted.get("parts") or parts_of(row))
    single = len(parts) == 1
    if "parts" in wanted:
        check_parts(tuple(parts), amount)
    elif amount != row.amount and not single:
        raise LedgerError(
            "This transaction is split: give the splits of the new amount as well.",
            code="splits_do_not_sum",
            field="splits",
        )
    elif single:
        parts = [replace(parts[0], amount=amount)]
    if "category_id" in wanted:
        if not single:
            raise LedgerError(
                "This transaction is split: change the category of its splits.",
                code="several_splits",
                field="category",
            )
        parts = [replace(parts[0], category_id=wanted["category_id"])]
    if wanted.keys() & {"parts", "category_id"}:
        references = References((), [part.category_id for part in parts])
        for part in parts:
            references.check_category(part.category_id)
    return parts


def transfer_of(row: Transaction) -> Transfer | None:
    link: Transfer | None = Transfer.objects.filter(Q(outflow=row) | Q(inflow=row)).first()
    return link
