"""Posting a statement's lines where they lie: set-wise, in PostgreSQL itself.

Gives what `post_many` gives for the same lines; tests hold the two together. What has to be decided
(which merchant a text means, what its category is) is decided once for each text, outside the
database; what is the same for every line is said once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from finance.ledger.movements import LARGEST_MINOR, YEARS, clean_text
from finance.ledger.naming import Names, keep_names
from finance.ledger.references import References
from finance.ledger.telling import tell_posted
from finance.ledger.writing import writing
from finance.models import FinancialAccount
from jobs.clock import database_now
from tenancy.scope import current_actor, current_tenant_id


@dataclass(frozen=True, slots=True)
class Span:
    """The lines of one statement from a row to a row that are new and not booked yet."""

    statement_id: uuid.UUID
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What lines with this payee, going this way, are booked as."""

    payee: str
    is_outflow: bool
    category_id: uuid.UUID | None


LINES: Final = """FROM finance_statementline l
    WHERE l.tenant_id = %(tenant)s AND l.statement_id = %(statement)s
        AND l.row BETWEEN %(first)s AND %(last)s AND l.outcome = 'new' AND NOT l.is_live"""
READ: Final = f"""FROM (SELECT * {LINES} ORDER BY l.row, l.id OFFSET 0) l
    JOIN jsonb_to_recordset(%(readings)s) AS r (payee text, is_outflow boolean, category_id uuid,
        merchant text, merchant_raw text)
    ON r.payee = l.payee AND r.is_outflow = (l.amount_minor < 0)"""
# A line gives its id to its transaction. Other ids are of the same millisecond, like any UUIDv7.
NEW_ID: Final = "(left(l.id::text, 15) || substr(gen_random_uuid()::text, 16))::uuid"

POST: Final = (
    f"""INSERT INTO finance_ledgerchange (id, tenant_id, subject, subject_id, version, verb,
        actor_kind, actor_id, actor, before, after, note, at)
    SELECT {NEW_ID}, %(tenant)s, 'transaction', l.id, 1, 'post', %(actor_kind)s, %(actor_id)s,
        %(actor)s, '{{}}', jsonb_build_object('account_id', %(account)s::text, 'state', 'posted',
            'booked_on', l.booked_on, 'amount_minor', l.amount_minor,
            'currency', %(currency)s::text, 'merchant', r.merchant, 'event', '',
            'splits', jsonb_build_array(jsonb_build_object('amount_minor', l.amount_minor,
                'category_id', r.category_id, 'note', ''))),
        '', %(at)s {READ}""",
    f"""INSERT INTO finance_split (id, tenant_id, transaction_id, position, amount_minor,
        category_id, note)
    SELECT {NEW_ID}, %(tenant)s, l.id, 0, l.amount_minor, r.category_id, '' {READ}""",
    f"""INSERT INTO finance_transaction (id, tenant_id, version, account_id, state, booked_on,
        amount_minor, currency, original_currency, merchant, merchant_raw, description, notes,
        event, is_one_time, source_kind, source_id, source_item, provenance, locked, created_at,
        updated_at)
    SELECT l.id, %(tenant)s, 1, %(account)s, 'posted', l.booked_on, l.amount_minor, %(currency)s,
        '', r.merchant, r.merchant_raw, l.description, '', '', false, %(kind)s, l.id::text, 0,
        %(provenance)s || jsonb_strip_nulls(jsonb_build_object(
            'merchant', CASE WHEN l.payee <> '' THEN %(by)s::jsonb END,
            'description', CASE WHEN l.description <> '' THEN %(by)s::jsonb END,
            'category_id', CASE WHEN r.category_id IS NOT NULL THEN %(by)s::jsonb END)),
        '[]', %(now)s, %(now)s {READ}""",
    """UPDATE finance_statementline l SET is_live = true, transaction_id = l.id
    WHERE l.tenant_id = %(tenant)s AND l.statement_id = %(statement)s
        AND l.row BETWEEN %(first)s AND %(last)s AND l.outcome = 'new' AND NOT l.is_live""",
)  # fmt: skip


def can_post_lines(span: Span) -> bool:
    """Whether the database can: PostgreSQL, and no line that `post_many` would refuse."""
    if connection.vendor != "postgresql":
        return False
    odd = (
        "(l.amount_minor = 0 OR abs(l.amount_minor) > %(largest)s"
        " OR extract(year FROM l.booked_on) NOT BETWEEN %(from)s AND %(until)s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 {LINES} AND {odd})",
            _of(span) | {"largest": LARGEST_MINOR, "from": YEARS.start, "until": YEARS.stop - 1},
        )
        return not cursor.fetchone()[0]


def payees_of(span: Span) -> list[tuple[str, bool]]:
    """Every payee of the lines, and whether money goes to it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT l.payee, l.amount_minor < 0 {LINES}", _of(span))
        return list(cursor.fetchall())


def post_lines(
    span: Span,
    account_id: uuid.UUID,
    readings: Sequence[Reading],
    source_kind: str,
    provenance: Mapping[str, Any],
) -> None:
    """Book the lines, one transaction each, and mark them as booked. `readings` are of all of
    `payees_of`. Raises LedgerError, UnknownReference."""
    with writing():
        references = References([account_id], (reading.category_id for reading in readings))
        account = references.account(account_id)
        for reading in readings:
            references.check_category(reading.category_id)
        named = _named(readings)
        keep_names(str(each["merchant"]) for each in named)
        values = _of(span) | _said_once(account, source_kind, provenance)
        values["readings"] = json.dumps(named, default=str)
        with connection.cursor() as cursor, _joined_by_hashes(cursor):
            for statement in POST:
                cursor.execute(statement, values)
        tell_posted(lambda: _booked(span))


def _named(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    texts = {reading.payee: clean_text(reading.payee, 200) for reading in readings}
    names = Names.of(texts.values())
    return [
        asdict(reading)
        | {"merchant": names.read(texts[reading.payee], texts[reading.payee]),
           "merchant_raw": texts[reading.payee]}
        for reading in readings
    ]  # fmt: skip


def _of(span: Span) -> dict[str, Any]:
    tenant = current_tenant_id()
    return {"tenant": tenant, "statement": span.statement_id, "first": span.first,
            "last": span.last}  # fmt: skip


def _said_once(
    account: FinancialAccount, kind: str, provenance: Mapping[str, Any]
) -> dict[str, Any]:
    actor = current_actor()
    by = {"by": actor.kind}
    every = dict.fromkeys(("account_id", "booked_on", "amount"), by)
    return {
        "account": account.pk, "currency": account.currency, "kind": kind,
        "actor_kind": actor.kind, "actor_id": actor.user_id, "actor": actor.label[:200],
        "provenance": json.dumps(every | dict(provenance)), "by": json.dumps(by),
        "at": database_now(), "now": timezone.now(),
    }  # fmt: skip


def _booked(span: Span) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.id FROM finance_statementline l WHERE l.tenant_id = %(tenant)s"
            " AND l.statement_id = %(statement)s AND l.row BETWEEN %(first)s AND %(last)s"
            " AND l.outcome = 'new' AND l.is_live ORDER BY l.row, l.id",
            _of(span),
        )
        return [pk for (pk,) in cursor.fetchall()]


@contextmanager
def _joined_by_hashes(cursor: CursorWrapper) -> Iterator[None]:
    """Of lines that were written a moment ago PostgreSQL has no statistics: it would take them for
    a few, and compare each with each text."""
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
