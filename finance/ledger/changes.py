"""What may be changed about a transaction, checked against what it is."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, TypedDict

from django.db.models import Q
from django.utils.translation import gettext

from finance.errors import LedgerError, WrongState
from finance.ledger.movements import Part, check_amount, check_date, check_parts, clean_text
from finance.ledger.references import References, check_currency, check_tags
from finance.ledger.tagging import Tags, tags_of
from finance.ledger.writing import is_person, parts_of
from finance.models import Transaction, Transfer
from finance.money import Money
from tenancy.scope import current_actor
from tenancy.wording import worded


class Changes(TypedDict, total=False):
    """New values; what is not named stays. `category_id` is for a transaction of one split,
    `parts` replaces all of them, `tags` all tags; `add_tags` and `remove_tags` leave the others."""

    account_id: uuid.UUID
    booked_on: date
    occurred_at: datetime | None
    amount: Money
    original: Money | None
    merchant: str
    description: str
    notes: str
    event: str
    is_one_time: bool
    category_id: uuid.UUID | None
    parts: tuple[Part, ...]
    tags: frozenset[uuid.UUID]
    add_tags: frozenset[uuid.UUID]
    remove_tags: frozenset[uuid.UUID]


TEXT_LIMITS: Final = {"merchant": 200, "description": 500, "notes": 10_000, "event": 20}
AS_GIVEN: Final = ("booked_on", "occurred_at", "account_id", "is_one_time")
# A transfer rests on these: its legs keep them until it is unlinked.
OF_TRANSFERS: Final = {"account_id", "amount", "category_id", "parts"}
OF_TAGS: Final = {"tags", "add_tags", "remove_tags"}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a row already, so that many need no queries of their own."""

    parts: tuple[Part, ...]
    is_leg: bool
    references: References
    tags: Tags


def resolve(
    row: Transaction, changes: Changes, known: Known | None = None
) -> tuple[dict[str, Any], list[Part], Tags]:
    """The columns, the splits and the tags that `row` gets. A machine's changes of what a person
    has set are left out. Raises LedgerError, UnknownReference, WrongState, InvalidMoney."""
    wanted: dict[str, Any] = dict(changes)
    unknown = wanted.keys() - Changes.__annotations__.keys()
    if unknown:
        raise LedgerError(
            worded("Cannot change %(fields)s.", fields=", ".join(sorted(unknown))),
            code="unknown_field",
        )
    if not is_person():
        wanted = {name: value for name, value in wanted.items() if _shown(name) not in row.locked}
    is_leg = known.is_leg if known else None
    if OF_TRANSFERS & wanted.keys() and (transfer_of(row) if is_leg is None else is_leg):
        raise WrongState(
            gettext(
                "This is one leg of a transfer. Unlink the transfer before changing its account,"
                " amount or category."
            ),
            code="linked_transfer",
        )
    columns = _columns(row, wanted)
    parts = _parts(row, wanted, known)
    tags = _tags(row, wanted, known)
    if wanted:
        by, names = {"by": current_actor().kind}, {_shown(name) for name in wanted}
        columns["provenance"] = row.provenance | dict.fromkeys(sorted(names), by)
        if is_person():
            columns["locked"] = sorted({*row.locked, *names})
    return columns, parts, tags


def _shown(name: str) -> str:
    """The field of which provenance and locks speak."""
    return "tags" if name in OF_TAGS else name


def _tags(row: Transaction, wanted: dict[str, Any], known: Known | None) -> Tags:
    before = known.tags if known else tags_of(row)
    if not OF_TAGS & wanted.keys():
        return before
    after = wanted.get("tags", before) | wanted.get("add_tags", frozenset())
    if not known:
        check_tags(after - before)
    return frozenset(after - wanted.get("remove_tags", frozenset()))


def _columns(row: Transaction, wanted: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: clean_text(wanted[name], limit)
        for name, limit in TEXT_LIMITS.items()
        if name in wanted
    }
    if "booked_on" in wanted:
        check_date(wanted["booked_on"])
    columns |= {n: wanted[n] for n in AS_GIVEN if n in wanted}
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


def _parts(row: Transaction, wanted: dict[str, Any], known: Known | None) -> list[Part]:
    amount: Money = wanted.get("amount", row.amount)
    parts = list(wanted.get("parts") or (known.parts if known else parts_of(row)))
    single = len(parts) == 1
    if "parts" in wanted:
        check_parts(tuple(parts), amount)
    elif amount != row.amount and not single:
        raise LedgerError(
            gettext("This transaction is split: give the splits of the new amount as well."),
            code="splits_do_not_sum",
            field="splits",
        )
    elif single:
        parts = [replace(parts[0], amount=amount)]
    if "category_id" in wanted:
        if not single:
            raise LedgerError(
                gettext("This transaction is split: change the category of its splits."),
                code="several_splits",
                field="category",
            )
        parts = [replace(parts[0], category_id=wanted["category_id"])]
    if wanted.keys() & {"parts", "category_id"}:
        references = (
            known.references if known else References((), [part.category_id for part in parts])
        )
        for part in parts:
            references.check_category(part.category_id)
    return parts


def transfer_of(row: Transaction) -> Transfer | None:
    link: Transfer | None = Transfer.objects.filter(Q(outflow=row) | Q(inflow=row)).first()
    return link


def legs_among(ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """The legs of every transfer that one of these transactions is in: one query."""
    wanted = list(ids)
    links = Transfer.objects.filter(Q(outflow__in=wanted) | Q(inflow__in=wanted))
    return {pk for pair in links.values_list("outflow_id", "inflow_id") for pk in pair}
