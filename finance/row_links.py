"""The splits and tags of a page of transactions: one statement for both, written by hand, because
to put it together anew for every page took longer than the database takes to answer it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import UUIDField

from tenancy.scope import AllTenants, current_scope

_UUID: Final[UUIDField[Any, Any]] = UUIDField()


class Link(NamedTuple):
    """A split of a transaction or, without an amount, a tag of it. `text` is the split's note or
    the tag's name; the rest is the split's category, if it has one."""

    transaction_id: uuid.UUID
    id: uuid.UUID
    amount_minor: int | None
    text: str
    category_id: uuid.UUID | None
    category_key: str
    category_name: str
    category_kind: str


def links_of(transaction_ids: Sequence[uuid.UUID]) -> Iterator[Link]:
    """By transaction: its splits by position, its tags by name."""
    if not transaction_ids:
        return
    tenant = current_scope().tenant
    of_tenant, given = "", list[Any]()
    if not isinstance(tenant, AllTenants):
        of_tenant = "{0}.tenant_id = %s AND "
        given.append(_UUID.get_db_prep_value(tenant, connection))
    if connection.vendor == "postgresql":  # one parameter is quicker to read than fifty
        chosen = f"{of_tenant}{{0}}.transaction_id = ANY(%s::uuid[])"
        given.append(list(map(str, transaction_ids)))
    else:
        chosen = f"{of_tenant}{{0}}.transaction_id IN ({', '.join(['%s'] * len(transaction_ids))})"
        given += [_UUID.get_db_prep_value(pk, connection) for pk in transaction_ids]
    with connection.cursor() as cursor:
        cursor.execute(
            _STATEMENT.format(splits=chosen.format("s"), tags=chosen.format("t")), given * 2
        )
        rows = cursor.fetchall()
    for row in rows:
        yield Link(_id(row[1]), _id(row[3]), row[4], row[5], row[6] and _id(row[6]),
                   row[7] or "", row[8] or "", row[9] or "")  # fmt: skip


def _id(value: Any) -> uuid.UUID:
    """SQLite keeps ids as texts."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


_STATEMENT: Final = """
SELECT 0, s.transaction_id, s.position, s.id, s.amount_minor, s.note,
    s.category_id, c.key, c.name, c.kind
FROM finance_split s
LEFT JOIN finance_category c ON c.tenant_id = s.tenant_id AND c.id = s.category_id
WHERE {splits}
UNION ALL
SELECT 1, t.transaction_id, 0, g.id, NULL, g.name, NULL, NULL, NULL, NULL
FROM finance_tagging t
JOIN finance_tag g ON g.tenant_id = t.tenant_id AND g.id = t.tag_id
WHERE {tags}
ORDER BY 1, 2, 3, 6
"""
