"""Reading, applying and taking back statements in the background."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from django.utils import timezone

from finance.accounts import AccountHint, resolve_account
from finance.after_booking import look_soon
from finance.errors import LedgerError
from finance.models import (
    FinancialAccount,
    LineOutcome,
    StatementImport,
    StatementState,
)
from finance.money import Money
from finance.reconciling.stating import state_balance
from finance.statements import files
from finance.statements.attaching import attach_files
from finance.statements.booking import book_next, take_back_next, waiting
from finance.statements.importing import APPLY, READ, REVERT, remember, remembered
from finance.statements.keeping import keep, keep_as_before
from finance.statements.lines import MOST_LINES, Line, Problem, Statement, UnreadableStatement
from finance.statements.readers import read, text_of
from finance.statements.readers.table import propose, read_table, table_of
from finance.statements.telling import take_back_booked, tell_booked
from jobs.base import BaseJob, JobRun, JsonObject
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id
from tenancy.wording import worded
from tenancy.wording_field import wording_of

# About a second's work, in one transaction.
BATCH = 10_000
AT_ONCE = 1_000
Item = TypeVar("Item", Line, Problem)


class ReadStatement(BaseJob):
    """Keep a file's lines with what applying them would do. Nothing is booked."""

    kind = READ

    def run(self, run: JobRun) -> JsonObject:
        row = StatementImport.objects.select_related("account").get(pk=run.info.subject)
        with run.fenced():
            before = keep_as_before(row)
        if before is not None:
            return dict(before)
        try:
            with _nothing_collected():
                statement = self._statement(row)
                with run.fenced():
                    return dict(keep(row, statement))
        except (UnreadableStatement, LedgerError) as error:
            with run.fenced():
                row.state, row.error = StatementState.FAILED, wording_of(error)
                row.save()
            return {"read": 0}

    @staticmethod
    def _statement(row: StatementImport) -> Statement:
        """The file's, of the chosen account. Sets what it says of itself on the row."""
        text = text_of(files.load(row.pk))
        table = table_of(text) if row.format == "csv" else None
        if table is not None:
            row.headings = list(table.headings)
            learned = remembered(row.headings)
            if learned is not None and not row.mapping:
                row.mapping = learned.mapping
                row.account = row.account or learned.account
            row.mapping = row.mapping or propose(table)
        home = row.account.currency if row.account else _home_currency()
        found = [read_table(table, home, row.mapping)] if table else read(text, row.format, home)
        statement = _merged(_of_account(found, row.account))
        if len(statement.lines) > MOST_LINES:
            raise UnreadableStatement(f"It has more than {MOST_LINES:,} lines. Split it by year.")
        row.digits, row.currency = statement.digits, statement.currency or home
        if row.account is None and statement.digits:
            row.account = resolve_account(
                AccountHint(last_digits=statement.digits, currency=row.currency)
            )
        row.closing_minor = statement.closing.minor if statement.closing else None
        row.closing_on = statement.closing_on
        return statement


class ApplyStatement(BaseJob):
    """Book the new lines and accept what a message had only proposed, in batches; a run that was
    cut off goes on with what is left."""

    kind = APPLY

    def run(self, run: JobRun) -> JsonObject:
        row = StatementImport.objects.select_related("account").get(pk=run.info.subject)
        account = row.account
        assert account is not None
        total, left = waiting(row).count(), True
        while left:
            with run.fenced():
                left = book_next(row, account, BATCH)
            done = total - waiting(row).count()
            run.progress(
                done, total, worded("Lines: %(done)s of %(total)s", done=done, total=total)
            )
        with run.fenced():
            attached = attach_files(row)
            row.state, row.applied_at = StatementState.APPLIED, timezone.now()
            row.save(update_fields=["state", "applied_at"])
            remember(row)
            if row.closing_minor is not None and row.closing_on is not None:
                state_balance(
                    account.pk, row.closing_on, Money(row.closing_minor, account.currency)
                )
            tell_booked(row, run.info.triggered_by_id)
            look_soon()
        files.forget(row.pk)
        return attached | dict(Counter(row.lines.values_list("outcome", flat=True)))


class RevertStatement(BaseJob):
    """Void what a statement has booked, and let go what it had joined."""

    kind = REVERT

    def run(self, run: JobRun) -> JsonObject:
        row = StatementImport.objects.get(pk=run.info.subject)
        live = row.lines.filter(is_live=True)
        total, done = live.count(), 0
        voided = live.filter(outcome=LineOutcome.NEW, transaction__isnull=False).count()
        while done < total:
            with run.fenced():
                done += take_back_next(row, AT_ONCE)
            run.progress(done, total, worded("Taking back"))
        with run.fenced():
            StatementImport.objects.filter(pk=row.pk).update(state=StatementState.REVERTED)
            take_back_booked(row)
        return {"voided": voided}


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Rows of a table refer to nothing that refers to them: looking for such rings among some
    hundred thousand of them takes as long as reading them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _of_account(found: list[Statement], account: FinancialAccount | None) -> list[Statement]:
    """Those of the account, by its last digits where the file has several accounts."""
    if len(found) == 1 or account is None:
        same = [each for each in found if each.digits == found[0].digits]
        if len(same) < len(found):
            raise UnreadableStatement(
                "The file holds several accounts. Choose one; import the file again for each other."
            )
        return found
    digits = [each for each in found if each.digits and account.last_digits.endswith(each.digits)]
    same_currency = [each for each in found if each.currency == account.currency]
    return digits or same_currency or found[:1]


def _merged(found: list[Statement]) -> Statement:
    """Pages of one account as one statement, its rows counted through."""
    if len(found) == 1:
        return found[0]
    lines, problems, shift = [], [], 0
    for page in found:
        lines += [_moved(line, shift) for line in page.lines]
        problems += [_moved(problem, shift) for problem in page.problems]
        shift += len(page.lines) + len(page.problems)
    last = max(found, key=lambda page: str(page.closing_on or ""))
    return Statement(
        tuple(lines), tuple(problems), last.digits, last.currency, last.closing, last.closing_on
    )


def _moved(item: Item, shift: int) -> Item:
    return replace(item, row=item.row + shift)


def _home_currency() -> str:
    currency: str = Tenant.objects.get(pk=current_tenant_id()).currency
    return currency
