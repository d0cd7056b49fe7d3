"""How every verb writes: one atomic block, one writer per tenant at a time, audit trail first."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.utils import timezone

from finance.errors import NotInLedger
from finance.ledger.movements import Part, clean_text
from finance.ledger.naming import keep_names
from finance.ledger.setwise import update_rows
from finance.ledger.tagging import Tags, plain_tags, replace_tags, tags_of
from finance.ledger.telling import tell_changed, tell_created, tell_many
from finance.models import (
    Announcement,
    Bill,
    Budget,
    Category,
    ChangeSubject,
    ExchangeRate,
    FinancialAccount,
    Goal,
    LedgerChange,
    LedgerRow,
    Match,
    Recurring,
    ReviewItem,
    Split,
    Subscription,
    Transaction,
)
from finance.money import Money
from tenancy.ids import new_id
from tenancy.inserting import insert_rows
from tenancy.models import TenantModel
from tenancy.scope import PERSONS, current_actor, current_tenant_id
from tenancy.wording import worded

Row = TypeVar("Row", bound=TenantModel)

# Rows that are announced in one statement.
AT_ONCE: Final = 1_000
SUBJECTS: dict[type[LedgerRow], ChangeSubject] = {
    FinancialAccount: ChangeSubject.ACCOUNT,
    Category: ChangeSubject.CATEGORY,
    Transaction: ChangeSubject.TRANSACTION,
    ReviewItem: ChangeSubject.REVIEW_ITEM,
    Recurring: ChangeSubject.RECURRING,
    Budget: ChangeSubject.BUDGET,
    Goal: ChangeSubject.GOAL,
    ExchangeRate: ChangeSubject.RATE,
    Bill: ChangeSubject.BILL,
    Subscription: ChangeSubject.SUBSCRIPTION,
    Announcement: ChangeSubject.ANNOUNCEMENT,
    Match: ChangeSubject.MATCH,
}


@contextmanager
def writing() -> Iterator[None]:
    """An atomic block in which nobody else writes this tenant's ledger.

    Two writers of one tenant would meet at its monthly totals anyway, and in different orders:
    that is a deadlock. SQLite has one writer at a time by itself.
    """
    tenant_id = current_tenant_id()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ledger:{tenant_id}"]
                )
        yield


def locked(model: type[Row], pk: uuid.UUID) -> Row:
    """The row, locked until the end of the block. Raises NotInLedger."""
    try:
        row: Row = model.objects.select_for_update(no_key=True).get(pk=pk)
    except ObjectDoesNotExist as error:
        raise not_in_ledger(model, pk) from error
    return row


def not_in_ledger(model: type[TenantModel], pk: uuid.UUID) -> NotInLedger:
    return NotInLedger(
        worded("There is no %(verbose_name)s %(pk)s.", verbose_name=model._meta.verbose_name, pk=pk)
    )


def locked_many(model: type[Row], ids: Iterable[uuid.UUID]) -> list[Row]:
    """Those of the rows that are there, locked in the order of their ids."""
    rows = model.objects.select_for_update(no_key=True).filter(pk__in=list(ids))
    return list(rows.order_by("pk"))


def is_person() -> bool:
    """Whether a person acts, rather than a job, a rule or the system."""
    return current_actor().kind in PERSONS


def plain(value: Any) -> Any:
    """A field's value as the audit trail's JSON keeps it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID | Decimal) else value


def plain_parts(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [
        {"amount_minor": p.amount.minor, "category_id": plain(p.category_id), "note": p.note}
        for p in parts
    ]


def announcement(
    row: LedgerRow, verb: str, before: Mapping[str, Any], after: Mapping[str, Any], note: str = ""
) -> LedgerChange:
    """The entry, not yet saved, for the version that `row` now carries."""
    actor = current_actor()
    return LedgerChange(
        subject=SUBJECTS[type(row)],
        subject_id=row.pk,
        version=row.version,
        verb=verb,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        actor=actor.label[:200],
        before=dict(before),
        after=dict(after),
        note=clean_text(note, 300),
    )


def insert(rows: Sequence[LedgerRow], verb: str, details: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of one model, announced with what they are. Inside `writing()`."""
    if not rows:
        return
    changes = [announcement(row, verb, {}, after) for row, after in zip(rows, details, strict=True)]
    _announce(changes)
    keep_names(row.merchant for row in rows if isinstance(row, Transaction))
    insert_rows(rows)
    tell_created(rows)


def _announce(changes: Sequence[LedgerChange]) -> None:
    insert_rows(changes, batch_size=AT_ONCE)


def change(row: LedgerRow, verb: str, fields: Mapping[str, Any], *, note: str = "") -> bool:
    """Set fields of a locked row, announced. Returns False, and writes nothing, when every field
    already has its value."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if not changed:
        return False
    _write(row, verb, changed, {}, {}, note)
    return True


def change_alike(
    rows: Sequence[LedgerRow], verb: str, fields: Mapping[str, Any], note: str = ""
) -> None:
    """As `change_each`, the same for all."""
    change_each([(row, fields) for row in rows], verb, note)


def change_each(
    changes: Sequence[tuple[LedgerRow, Mapping[str, Any]]], verb: str, note: str = ""
) -> None:
    """As `change` for many locked rows of one model, each with the same fields, in two statements.
    Not for transactions, which webhooks are told of."""
    real, announced, names = [], [], set[str]()
    for row, fields in changes:
        changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
        if not changed:
            continue
        before = {name: plain(getattr(row, name)) for name in changed}
        row.version += 1
        announced.append(
            announcement(row, verb, before, {n: plain(v) for n, v in changed.items()}, note)
        )
        for name, value in changed.items():
            setattr(row, name, value)
        real.append(row)
        names |= changed.keys()
    if real:
        _announce(announced)
        update_rows(real, ["version", *sorted(names)])


def change_with_parts(
    row: Transaction,
    verb: str,
    fields: Mapping[str, Any],
    parts: Sequence[Part],
    note: str = "",
    tags: Tags | None = None,
) -> None:
    """As `change`, for a transaction whose splits are replaced as well, and its tags if given."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    old, old_tags = parts_of(row), None if tags is None else tags_of(row)
    if not changed and list(parts) == old and tags == old_tags:
        return
    before: dict[str, Any] = {"splits": plain_parts(old)}
    after: dict[str, Any] = {"splits": plain_parts(parts)}
    if tags is not None and tags != old_tags:
        before["tags"], after["tags"] = plain_tags(old_tags or ()), plain_tags(tags)
        replace_tags({row.pk: tags})
    _write(row, verb, changed, before, after, note, parts)


def _write(
    row: LedgerRow,
    verb: str,
    changed: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    note: str,
    parts: Sequence[Part] | None = None,
) -> None:
    was = {name: plain(getattr(row, name)) for name in changed}
    now = {name: plain(value) for name, value in changed.items()}
    row.version += 1
    announcement(row, verb, {**was, **before}, {**now, **after}, note).save(force_insert=True)
    if parts is not None and isinstance(row, Transaction):
        Split.objects.filter(transaction=row).delete()
        Split.objects.bulk_create(splits_for(row, parts))
    if isinstance(row, Transaction) and "merchant" in changed:
        keep_names([changed["merchant"]])
    for name, value in changed.items():
        setattr(row, name, value)
    saved = ["version", *changed]
    if isinstance(row, Transaction):
        row.updated_at = timezone.now()
        saved.append("updated_at")
    row.save(update_fields=saved)
    tell_changed(row, [*changed, *after])


def splits_for(row: Transaction, parts: Sequence[Part]) -> list[Split]:
    return [
        Split(
            id=new_id(),
            transaction=row,
            position=position,
            amount_minor=part.amount.minor,
            category_id=part.category_id,
            note=clean_text(part.note, 200),
        )
        for position, part in enumerate(parts)
    ]


def parts_of(row: Transaction) -> list[Part]:
    from_splits = Split.objects.filter(transaction=row).order_by("position")
    return [Part(Money(s.amount_minor, row.currency), s.category_id, s.note) for s in from_splits]


def parts_of_many(rows: Iterable[Transaction]) -> dict[uuid.UUID, list[Part]]:
    """One query."""
    currencies = {row.pk: row.currency for row in rows}
    found: dict[uuid.UUID, list[Part]] = {pk: [] for pk in currencies}
    splits = Split.objects.filter(transaction__in=currencies).order_by("transaction_id", "position")
    for split in splits:
        money = Money(split.amount_minor, currencies[split.transaction_id])
        found[split.transaction_id].append(Part(money, split.category_id, split.note))
    return found


def parts_from(kept: Sequence[Mapping[str, Any]], currency: str) -> list[Part]:
    """From `plain_parts`, as the audit trail keeps them; a category that is gone is none."""
    wanted = {part["category_id"] for part in kept if part["category_id"]}
    there = set(map(str, Category.objects.filter(pk__in=wanted).values_list("pk", flat=True)))
    return [
        Part(
            Money(part["amount_minor"], currency),
            uuid.UUID(part["category_id"]) if part["category_id"] in there else None,
            part["note"],
        )
        for part in kept
    ]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What one of many transactions gets: columns, and splits and tags where they change. `note`
    is its own, beside the same for all."""

    row: Transaction
    fields: Mapping[str, Any]
    old_parts: Sequence[Part] = ()
    parts: Sequence[Part] = ()
    old_tags: Tags = frozenset()
    tags: Tags = frozenset()
    note: str = ""

    def changed(self) -> dict[str, Any]:
        return {name: value for name, value in self.fields.items()
                if getattr(self.row, name) != value}  # fmt: skip

    @property
    def splits_change(self) -> bool:
        return list(self.parts) != list(self.old_parts)

    @property
    def tags_change(self) -> bool:
        return self.tags != self.old_tags


def change_many(rewrites: Sequence[Rewrite], verb: str, note: str = "") -> list[Rewrite]:
    """As `change_with_parts` for many locked rows, in a handful of statements. Returns those that
    changed anything."""
    real = [item for item in rewrites if item.changed() or item.splits_change or item.tags_change]
    announced, names = [], {"version", "updated_at"}
    for item in real:
        row, changed = item.row, item.changed()
        names |= changed.keys()
        before = {name: plain(getattr(row, name)) for name in changed}
        after = {name: plain(value) for name, value in changed.items()}
        if item.splits_change:
            before["splits"] = plain_parts(item.old_parts)
            after["splits"] = plain_parts(item.parts)
        if item.tags_change:
            before["tags"], after["tags"] = plain_tags(item.old_tags), plain_tags(item.tags)
        row.version += 1
        row.updated_at = timezone.now()
        announced.append(announcement(row, verb, before, after, item.note or note))
        for name, value in changed.items():
            setattr(row, name, value)
    if not real:
        return []
    _announce(announced)
    moved = [item for item in real if item.splits_change]
    Split.objects.filter(transaction__in=[item.row.pk for item in moved]).delete()
    Split.objects.bulk_create(
        [split for item in moved for split in splits_for(item.row, item.parts)], batch_size=1_000
    )
    replace_tags({item.row.pk: item.tags for item in real if item.tags_change})
    if "merchant" in names:
        keep_names(item.row.merchant for item in real)
    update_rows([item.row for item in real], sorted(names))
    told = names | ({"splits"} if moved else set())
    tell_many([item.row for item in real], sorted(told))
    return real
