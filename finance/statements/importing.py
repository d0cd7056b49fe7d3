"""The verbs of statement imports: upload, choose account and columns, apply, take back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from finance.errors import LedgerError, WrongState
from finance.models import (
    FinancialAccount,
    StatementImport,
    StatementMapping,
    StatementState,
)
from finance.statements import files
from finance.statements.lines import UnreadableStatement
from finance.statements.readers import LARGEST, format_of, text_of
from finance.statements.readers.table import PARTS
from jobs.models import Job
from jobs.runner import JobRunner
from tenancy.wording import worded

READ, APPLY, REVERT = (
    "finance.read_statement", "finance.apply_statement", "finance.revert_statement"
)  # fmt: skip


def upload(data: bytes, name: str, *, account: FinancialAccount | None = None) -> StatementImport:
    """Keep a file and enqueue reading it. Without an account, the one whose number the file names,
    or the one that took the last file of this shape. Raises LedgerError."""
    if len(data) > LARGEST:
        raise LedgerError(
            worded(
                "The file is larger than %(limit)s MB. Split it by year.", limit=LARGEST // 2**20
            ),
            code="too_large",
        )
    try:
        form = format_of(text_of(data))
    except UnreadableStatement as error:
        raise LedgerError(str(error), code="unreadable", field="file") from error
    with transaction.atomic():
        row: StatementImport = StatementImport.objects.create(
            name=Path(name.replace("\0", "")).name[:255] or "statement", format=form,
            account=account, sha256=hashlib.sha256(data).hexdigest(),
        )  # fmt: skip
        files.keep(row.pk, data)
        _enqueue(row, READ, worded("Statement uploaded"))
    return row


def choose(
    row: StatementImport,
    *,
    account: FinancialAccount | None = None,
    mapping: Mapping[str, str] | None = None,
) -> StatementImport:
    """Say which account it is of, and which column is what; it is read again. Raises
    LedgerError."""
    _require(row, StatementState.READY, StatementState.FAILED, StatementState.REVERTED)
    unknown = set(mapping or ()) - set(PARTS)
    if unknown:
        raise LedgerError(
            worded(
                "There is no part “%(field)s”: %(known)s.",
                field=min(unknown),
                known=", ".join(PARTS),
            ),
            code="unknown_part",
            field="mapping",
        )
    files.load(row.pk)
    if account is not None:
        row.account = account
    if mapping is not None:
        row.mapping = {part: heading for part, heading in mapping.items() if heading}
    with transaction.atomic():
        row.state, row.error = StatementState.READING, ""
        row.save(update_fields=["account", "mapping", "state", "error"])
        _enqueue(row, READ, worded("Account or columns chosen"))
    return row


def apply(row: StatementImport) -> Job:
    """Book what is new and join what a message told. Raises LedgerError."""
    _require(row, StatementState.READY)
    if row.account is None:
        raise LedgerError(
            gettext("Choose the account that this statement is of."),
            code="no_account",
            field="account",
        )
    with transaction.atomic():
        _move(row, StatementState.APPLYING)
        return _enqueue(row, APPLY, worded("Statement applied"))


def revert(row: StatementImport) -> Job:
    """Take back what it booked. Raises LedgerError."""
    _require(row, StatementState.APPLIED)
    with transaction.atomic():
        _move(row, StatementState.APPLYING)
        return _enqueue(row, REVERT, worded("Statement taken back"))


def discard(row: StatementImport) -> None:
    """Forget a file that has not been applied. Raises LedgerError."""
    _require(row, StatementState.READY, StatementState.FAILED, StatementState.REVERTED)
    files.forget(row.pk)
    row.lines.all().delete()
    row.delete()


def shape_of(headings: list[str]) -> str:
    return hashlib.sha256("\0".join(headings).encode()).hexdigest()


def remembered(headings: list[str]) -> StatementMapping | None:
    found: StatementMapping | None = StatementMapping.objects.filter(
        shape=shape_of(headings)
    ).first()
    return found


def remember(row: StatementImport) -> None:
    """So that the next file of this shape needs no question."""
    if row.headings:
        StatementMapping.objects.update_or_create(
            shape=shape_of(row.headings),
            defaults={"mapping": row.mapping, "account": row.account},
        )


def _enqueue(row: StatementImport, kind: str, trigger: str) -> Job:
    job = JobRunner.enqueue(kind, subject=str(row.pk), trigger=trigger, priority=1)
    StatementImport.objects.filter(pk=row.pk).update(job_id=job.pk)
    row.job_id = job.pk
    return job


def _move(row: StatementImport, state: StatementState) -> None:
    row.state = state
    row.save(update_fields=["state"])


def _require(row: StatementImport, *states: StatementState) -> None:
    if row.state not in states:
        raise WrongState(
            worded(
                "“%(row)s” is “%(label)s”: that cannot be done now.",
                row=row,
                label=StatementState(row.state).label,
            ),
            code="wrong_state",
        )


__all__: list[Any] = [
    "APPLY", "READ", "REVERT", "apply", "choose", "discard", "remember", "remembered", "revert",
    "shape_of", "upload",
]  # fmt: skip
