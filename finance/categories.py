"""The category tree: seeding, adding, changing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from finance.default_categories import DEFAULT_TREE
from finance.errors import LedgerError, UnknownReference
from finance.ledger.movements import clean_text
from finance.ledger.writing import change, insert, locked, writing
from finance.models import Category, CategoryKind
from tenancy.ids import new_id
from tenancy.wording import worded


def seed_default_categories() -> None:
    """Give the active tenant the default tree. A tenant that has it keeps what it made of it:
    only keys that it never had are added."""
    with writing():
        present = dict(Category.objects.exclude(key="").values_list("key", "pk"))
        rows: list[Category] = []
        for kind, nodes in DEFAULT_TREE.items():
            for position, (key, _, children) in enumerate(nodes):
                parent_id = _seed(rows, present, key, kind, None, position)
                for place, (child, _) in enumerate(children):
                    _seed(rows, present, child, kind, parent_id, place)
        insert(rows, "seed", [{"key": row.key} for row in rows])


def _seed(
    rows: list[Category],
    present: dict[str, uuid.UUID],
    key: str,
    kind: str,
    parent_id: uuid.UUID | None,
    position: int,
) -> uuid.UUID:
    if key not in present:
        row = Category(id=new_id(), key=key, kind=kind, parent_id=parent_id, position=position)
        rows.append(row)
        present[key] = row.pk
    return present[key]


def add_category(
    name: str, *, kind: str = CategoryKind.EXPENSE, parent_id: uuid.UUID | None = None
) -> Category:
    """A new category; a child takes its parent's kind. Raises LedgerError, UnknownReference."""
    with writing():
        parent = _parent(parent_id)
        row = Category(
            id=new_id(),
            name=_name(name),
            kind=parent.kind if parent else kind,
            parent=parent,
            position=Category.objects.filter(parent=parent).count(),
        )
        _refuse_twins(row)
        insert([row], "add", [{"name": row.name, "kind": row.kind}])
    return row


def change_category(category_id: uuid.UUID, changes: Mapping[str, Any]) -> Category:
    """Change `name`, `parent_id`, `position` or `is_archived`. The kind stays: totals of the past
    would turn from expense to income. Raises NotInLedger, LedgerError, UnknownReference."""
    with writing():
        row = locked(Category, category_id)
        wanted = dict(changes)
        if "name" in wanted:
            wanted["name"] = _name(wanted["name"])
        if "parent_id" in wanted:
            _check_move(row, _parent(wanted["parent_id"]))
        twin = Category(pk=row.pk, name=wanted.get("name", row.name), key=row.key)
        twin.parent_id = wanted.get("parent_id", row.parent_id)
        if wanted.keys() & {"name", "parent_id"}:
            _refuse_twins(twin)
        change(row, "change", wanted)
    return row


def descendants(category_id: uuid.UUID) -> list[uuid.UUID]:
    """The category and all below it."""
    children: dict[uuid.UUID | None, list[uuid.UUID]] = {}
    for pk, parent_id in Category.objects.values_list("pk", "parent_id"):
        children.setdefault(parent_id, []).append(pk)
    found = [category_id]
    for pk in found:
        found.extend(children.get(pk, []))
    return found


def _name(name: str) -> str:
    cleaned = clean_text(name, 80)
    if not cleaned:
        raise LedgerError(gettext("A category needs a name."), code="blank", field="name")
    return cleaned


def _parent(parent_id: uuid.UUID | None) -> Category | None:
    if parent_id is None:
        return None
    parent: Category | None = Category.objects.filter(pk=parent_id).first()
    if parent is None:
        raise UnknownReference(
            worded("There is no category %(parent_id)s.", parent_id=parent_id), field="parent"
        )
    return parent


def _check_move(row: Category, parent: Category | None) -> None:
    if parent is None:
        return
    if parent.pk in descendants(row.pk):
        raise LedgerError(
            gettext("A category cannot be below itself."), code="category_loop", field="parent"
        )
    if parent.kind != row.kind:
        raise LedgerError(
            worded(
                "“%(label)s” is of another kind (%(kind)s).", label=parent.label, kind=parent.kind
            ),
            code="other_kind",
            field="parent",
        )


def _refuse_twins(row: Category) -> None:
    siblings: Iterable[Category] = Category.objects.filter(parent_id=row.parent_id).exclude(
        pk=row.pk
    )
    if any(sibling.label.casefold() == row.label.casefold() for sibling in siblings):
        raise LedgerError(
            worded("There is a category “%(label)s” here already.", label=row.label),
            code="taken",
            field="name",
        )
