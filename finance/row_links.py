"""The splits and tags of a page of transactions: one statement for both, written by hand, because
to put it together anew for every page took longer than the database takes to answer it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
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
    category_key: str | None
    category_name: str | None
    category_kind: str | None


def links_of(transaction_ids: Sequence[uuid.UUID]) -> list[Link]:
    """By transaction: its splits by position, its tags by name."""
    if not transaction_ids:
        return []
    tenant = current_scope().tenant
    given: list[Any]
    if connection.vendor == "postgresql" and not isinstance(tenant, AllTenants):
        # The plan is the session's: see finance/sql/postgresql.sql. The ids as one text: psycopg
        # would look at each for what to quote.
        statement, given = _FUNCTION, [tenant, f"{{{','.join(map(str, transaction_ids))}}}"]
    else:
        statement, given = _written(tenant, transaction_ids)
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        rows = cursor.fetchall()
    if connection.vendor == "postgresql":
        return list(map(Link._make, rows))
    return [_from_texts(Link._make(row)) for row in rows]


def _written(
    tenant: uuid.UUID | AllTenants, transaction_ids: Sequence[uuid.UUID]
) -> tuple[str, list[Any]]:
    """The statement and its parameters."""
    of_tenant, given = "", list[Any]()
    if not isinstance(tenant, AllTenants):
        of_tenant = "{0}.tenant_id = %s AND "
        given.append(_UUID.get_db_prep_value(tenant, connection))
    chosen = f"{of_tenant}{{0}}.transaction_id IN ({', '.join(['%s'] * len(transaction_ids))})"
    given += [_UUID.get_db_prep_value(pk, connection) for pk in transaction_ids]
    return _STATEMENT.format(splits=chosen.format("s"), tags=chosen.format("t")), given * 2


def _from_texts(link: Link) -> Link:
    """SQLite keeps ids as texts."""
    return link._replace(
        transaction_id=uuid.UUID(str(link.transaction_id)), id=uuid.UUID(str(link.id)),
        category_id=link.category_id and uuid.UUID(str(link.category_id)),
    )  # fmt: skip


_FUNCTION: Final = """
SELECT transaction_id, id, amount_minor, text, category_id, category_key, category_name,
    category_kind
FROM finance_links(%s, %s::uuid[])
"""
_STATEMENT: Final = """
SELECT transaction_id, id, amount_minor, text, category_id, category_key, category_name,
    category_kind
FROM (
    SELECT s.transaction_id, s.id, s.amount_minor, s.note AS text, s.category_id,
        c.key AS category_key, c.name AS category_name, c.kind AS category_kind,
        0 AS is_tag, s.position AS place
    FROM finance_split s
    LEFT JOIN finance_category c ON c.tenant_id = s.tenant_id AND c.id = s.category_id
    WHERE {splits}
    UNION ALL
    SELECT t.transaction_id, g.id, NULL, g.name, NULL, NULL, NULL, NULL, 1, 0
    FROM finance_tagging t
    JOIN finance_tag g ON g.tenant_id = t.tenant_id AND g.id = t.tag_id
    WHERE {tags}
) links
ORDER BY is_tag, transaction_id, place, text
"""
