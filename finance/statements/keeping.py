"""Keeping what a file says, line by line, with what applying it would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from finance.ledger.movements import clean_text
from finance.ledger.setwise import insert_columns
from finance.models import LineOutcome, StatementImport, StatementLine, StatementState
from finance.statements.importing import remembered
from finance.statements.lines import Line, Statement
from finance.statements.planning import plan
from tenancy.ids import new_id
from tenancy.scope import current_tenant_id

# A copy's id is of the same millisecond as its line's, like any UUIDv7.
COPY: Final = """INSERT INTO finance_statementline (id, tenant_id, statement_id, account_id, row,
    key, booked_on, amount_minor, currency, payee, description, outcome, problem, is_live,
    transaction_id)
    SELECT (left(l.id::text, 15) || substr(gen_random_uuid()::text, 16))::uuid, l.tenant_id,
        %(to)s, l.account_id, l.row, l.key, l.booked_on, l.amount_minor, l.currency, l.payee,
        l.description, CASE WHEN l.outcome = 'refused' THEN 'refused' ELSE 'known' END, l.problem,
        false, l.transaction_id
    FROM finance_statementline l WHERE l.tenant_id = %(tenant)s AND l.statement_id = %(of)s"""


def keep(row: StatementImport, statement: Statement) -> Counter[str]:
    """Replace the lines of an import by these; how many of each outcome. Inside a transaction."""
    row.lines.all().delete()
    account = row.account
    other = [
        (line, f"It is in {line.amount.currency}, the account in {account.currency}.")
        for line in statement.lines
        if account is not None and line.amount.currency != account.currency
    ] if account else []  # fmt: skip
    refused = {line.row for line, _ in other}
    _insert_lines(row, [line for line in statement.lines if line.row not in refused])
    _insert_refused(
        row,
        [(problem.row, problem.text, problem.reason) for problem in statement.problems]
        + [(line.row, line.payee, why) for line, why in other],
    )
    return _ready(row)


def keep_as_before(row: StatementImport) -> Counter[str] | None:
    """Take the lines of an import of the very same file, all of which is in the ledger: nothing of
    it is read again. None where there is no such import. Inside a transaction, on PostgreSQL."""
    twin = _twin(row) if connection.vendor == "postgresql" else None
    if twin is None:
        return None
    for name in ("account", "mapping", "headings", "digits", "currency", "closing_minor",
                 "closing_on"):  # fmt: skip
        setattr(row, name, getattr(twin, name))
    row.lines.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(COPY, {"tenant": current_tenant_id(), "of": twin.pk, "to": row.pk})
    return _ready(row)


def _twin(row: StatementImport) -> StatementImport | None:
    """That was read as this one would be: for the same account, by the same columns."""
    applied = StatementImport.objects.filter(
        sha256=row.sha256, format=row.format, state=StatementState.APPLIED
    )
    for twin in applied.select_related("account").order_by("created_at", "id"):
        learned = remembered(twin.headings) if twin.headings else None
        mapping = row.mapping or (learned.mapping if learned else {})
        account_id = row.account_id or (learned.account_id if learned else None)
        missing = twin.lines.filter(is_live=False).exclude(outcome=LineOutcome.REFUSED)
        if (mapping, account_id) == (twin.mapping, twin.account_id) and not missing.exists():
            found: StatementImport = twin
            return found
    return None


def _ready(row: StatementImport) -> Counter[str]:
    row.state, row.error = StatementState.READY, ""
    row.save()
    return Counter(row.lines.order_by().values_list("outcome", flat=True))


def _insert_lines(row: StatementImport, lines: Sequence[Line]) -> None:
    account_id = row.account_id or row.pk
    planned = plan(account_id, lines)
    columns: dict[str, Sequence[Any]] = {
        "id": [new_id() for _ in lines],
        "row": [line.row for line in lines],
        "key": [item.key for item in planned],
        "booked_on": [line.booked_on for line in lines],
        "amount_minor": [line.amount.minor for line in lines],
        "currency": [line.amount.currency for line in lines],
        "payee": [clean_text(line.payee, 200) for line in lines],
        "description": [clean_text(line.description, 500) for line in lines],
        "outcome": [item.outcome.value for item in planned],
        "transaction_id": [item.transaction_id for item in planned],
    }
    every = {"statement_id": row.pk, "account_id": account_id, "problem": "", "is_live": False}
    insert_columns(StatementLine, columns, every)


def _insert_refused(row: StatementImport, refused: Sequence[tuple[int, str, str]]) -> None:
    columns: dict[str, Sequence[Any]] = {
        "id": [new_id() for _ in refused],
        "row": [at for at, _, _ in refused],
        "description": [clean_text(text, 500) for _, text, _ in refused],
        "problem": [clean_text(why, 300) for _, _, why in refused],
    }
    every = {
        "statement_id": row.pk, "account_id": row.account_id or row.pk, "key": "",
        "amount_minor": 0, "currency": "", "payee": "", "outcome": LineOutcome.REFUSED.value,
        "is_live": False,
    }  # fmt: skip
    insert_columns(StatementLine, columns, every)
