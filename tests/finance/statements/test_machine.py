"""The ledger's state machine with statements: a file twice, taken back, imported anew."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from finance import ledger
from finance.models import LedgerChange, LineOutcome, StatementImport, StatementState, Transaction
from finance.money import Money
from finance.statements import keeping, planning
from finance.statements.booking import book_next, take_back_next
from finance.statements.lines import Line, Statement
from tests.finance.test_machine import BROKEN_PROMISE, Ledger, amounts, dates, names, run_machine

EXAMPLES = int(os.environ.get("INLEDGER_FUZZ_EXAMPLES", "20"))
STEPS = int(os.environ.get("INLEDGER_FUZZ_STEPS", "15"))
Told = tuple[date, int, str]
# Few different ones, so that files overlap and equal lines meet.
told = st.tuples(
    st.sampled_from([date(2026, 2, 1), date(2026, 2, 3)]), st.sampled_from([-500, 500]), names
) | st.tuples(dates, amounts, names)
files = st.lists(told, min_size=1, max_size=4)


class Importing(Ledger):
    """`live` is every line that the ledger has of a statement: account, day, amount, payee, and
    the how many-th of its equals in the file it is."""

    rows = Ledger.rows

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[tuple[Any, ...], Any] = {}
        self.applied: list[StatementImport] = []

    @rule(target=rows, account=st.integers(0, 2), lines=files, stays=st.booleans())
    def import_a_file_twice(self, account: int, lines: list[Told], *, stays: bool) -> object:
        before = dict(self.posted)
        first = self.imported(account, lines)
        entries = LedgerChange.objects.count()
        again = self.imported(account, lines)
        assert set(again.lines.values_list("outcome", flat=True)) == {LineOutcome.KNOWN}
        assert LedgerChange.objects.count() == entries, "the same file changes nothing"
        if not stays:
            self.taken_back(first)
            assert before.items() <= self.posted.items()
            return multiple()
        self.applied.append(first)
        new = first.lines.filter(outcome=LineOutcome.NEW)
        return multiple(*new.values_list("transaction_id", flat=True))

    @rule(pick=st.integers(0, 100))
    def take_back(self, pick: int) -> None:
        if self.applied:
            self.taken_back(self.applied.pop(pick % len(self.applied)))

    def imported(self, account: int, lines: Sequence[Told]) -> StatementImport:
        """Imports the lines; what was known is as the model says."""
        held = self.accounts[account]
        row: StatementImport = StatementImport.objects.create(
            name="file", format="csv", account=held, sha256="-", state=StatementState.READING
        )
        read = [Line(n, day, Money(minor, "EUR"), payee) for n, (day, minor, payee)
                in enumerate(lines, 1)]  # fmt: skip
        keeping.keep(row, Statement(tuple(read)))
        while book_next(row, held, 3):
            pass
        seen: Counter[tuple[Any, ...]] = Counter()
        for line, of_file in zip(row.lines.order_by("row"), lines, strict=True):
            seen[of_file] += 1
            key = (held.pk, *of_file, seen[of_file])
            assert (line.outcome == LineOutcome.KNOWN) == (key in self.live)
            if line.outcome != LineOutcome.KNOWN:
                self.live[key] = row.pk
                transaction = Transaction.objects.get(pk=line.transaction_id)
                assert (transaction.amount_minor, transaction.state) == (of_file[1], "posted")
                self.posted[transaction.pk] = (held.pk, of_file[1])
        return row

    def taken_back(self, row: StatementImport) -> None:
        """What it booked is void, what it joined stays, and all of it is new to the next."""
        while take_back_next(row, 3):
            pass
        self.live = {key: of_row for key, of_row in self.live.items() if of_row != row.pk}
        for line in row.lines.filter(outcome=LineOutcome.NEW):
            self.posted.pop(line.transaction_id, None)


@pytest.mark.django_db
def test_the_ledger_keeps_its_promises_with_statements() -> None:
    run_machine(Importing, EXAMPLES, STEPS)


def _forgets_what_it_knows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "_known", lambda account_id, wanted: {})


def _takes_equal_lines_for_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "keys", lambda lines: (f"{line}"[10:] for line in lines))


def _voids_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "void", lambda *_: None)


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.parametrize(
    "mutate",
    [_forgets_what_it_knows, _takes_equal_lines_for_one, _voids_nothing],
)
def test_a_planted_mutant_is_caught(monkeypatch: pytest.MonkeyPatch, mutate: Any) -> None:
    mutate(monkeypatch)
    with pytest.raises(BROKEN_PROMISE):
        run_machine(Importing, 1_000, 15, Phase.generate)
