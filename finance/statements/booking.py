"""What applying a statement does to the ledger: its new lines are booked, and what a message had
only proposed is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet

from finance import ledger
from finance.ledger import Movement, Source
from finance.ledger.lines import Reading, Span, can_post_lines, payees_of, post_lines
from finance.ledger.setwise import update_rows
from finance.models import (
    FinancialAccount,
    LineOutcome,
    StatementImport,
    StatementLine,
)
from finance.money import Money
from finance.statements.joining import SOURCE_KIND
from finance.statements.settling import BY_STATEMENT, let_go, settle
from finance.suggestions import Suggester

PROVENANCE: Final = {"amount": BY_STATEMENT}


def waiting(statement: StatementImport) -> QuerySet[Any]:
    """The lines that applying has still to deal with."""
    outcomes = (LineOutcome.NEW, LineOutcome.MATCHED)
    lines: QuerySet[Any] = statement.lines.filter(is_live=False, outcome__in=outcomes)
    return lines


def book_next(statement: StatementImport, account: FinancialAccount, at_most: int) -> bool:
    """Book the next lines, in the file's order, and join those that a message has told of. Whether
    there were any. Inside a transaction. Raises LedgerError."""
    rows = list(waiting(statement).order_by("row").values_list("row", flat=True)[:at_most])
    if not rows:
        return False
    span = Span(statement.pk, rows[0], rows[-1])
    of_span = waiting(statement).filter(row__range=(span.first, span.last))
    settle(of_span)
    if can_post_lines(span):
        _post_in_database(span, account)
    else:
        _post_one_by_one(
            list(of_span.filter(outcome=LineOutcome.NEW).order_by("row", "id")), account
        )
    of_span.update(is_live=True)
    return True


def take_back_next(statement: StatementImport, at_most: int) -> int:
    """Void what the next of its lines have booked, and let go what they had joined; how many lines
    were dealt with. Inside a transaction."""
    lines = list(statement.lines.filter(is_live=True).order_by("row", "id")[:at_most])
    for line in lines:
        if line.outcome == LineOutcome.NEW and line.transaction_id is not None:
            ledger.void(line.transaction_id, f"Taken back: {statement.name}"[:300])
    let_go(lines)
    statement.lines.filter(pk__in=[line.pk for line in lines]).update(is_live=False)
    return len(lines)


def _post_in_database(span: Span, account: FinancialAccount) -> None:
    payees = payees_of(span)
    suggester = Suggester(payee for payee, _ in payees)
    readings = []
    for payee, is_outflow in payees:
        category = suggester.suggest(_event(outflow=is_outflow), payee, outflow=is_outflow)
        readings.append(Reading(payee, is_outflow, category.category_id if category else None))
    post_lines(span, account.pk, readings, SOURCE_KIND, PROVENANCE)


def _post_one_by_one(lines: Sequence[StatementLine], account: FinancialAccount) -> None:
    suggester = Suggester(line.payee for line in lines)
    movements = []
    for line in lines:
        is_outflow = line.amount_minor < 0
        category = suggester.suggest(_event(outflow=is_outflow), line.payee, outflow=is_outflow)
        movements.append(
            Movement(
                account.pk, line.booked_on, Money(line.amount_minor, account.currency),  # type: ignore[arg-type]
                merchant=line.payee, merchant_raw=line.payee, description=line.description,
                category_id=category.category_id if category else None,
                source=Source(SOURCE_KIND, str(line.pk), 0), provenance=PROVENANCE,
            )
        )  # fmt: skip
    for line, booked in zip(lines, ledger.post_many(movements), strict=True):
        line.transaction_id = booked.pk
    update_rows(lines, ["transaction"])


def _event(*, outflow: bool) -> str:
    return "purchase" if outflow else "deposit"
