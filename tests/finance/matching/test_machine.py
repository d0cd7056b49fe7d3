"""The ledger's state machine with merging, parting, pairing, rejecting and finding."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import invariant, multiple, rule

from finance import ledger
from finance.errors import LedgerError
from finance.ledger import Source, merging
from finance.matching import deciding, finding
from finance.matching.finding import find_matches
from finance.models import Match, MatchKind, MatchState, Transaction, TransactionState
from finance.money import Money
from finance.querysets import balances
from tests.finance.make import make_movement
from tests.finance.matching.test_merging import state_of
from tests.finance.test_machine import BROKEN_PROMISE, Ledger, dates, run_machine

EXAMPLES = int(os.environ.get("INLEDGER_FUZZ_EXAMPLES", "40"))
STEPS = int(os.environ.get("INLEDGER_FUZZ_STEPS", "20"))
picks = st.integers(0, 1_000)


class Matching(Ledger):
    """Beside each merged row stands whether it counted before: then it counts again once parted."""

    rows = Ledger.rows

    @rule(
        target=rows, account=st.integers(0, 2), minor=st.integers(-5_000, -1), on=dates,
        name=st.sampled_from(["Lumo", ""]),
        verbs=st.lists(st.sampled_from(["accept", "reject", "reopen"]), max_size=3),
    )  # fmt: skip
    def one_purchase_is_told_twice(
        self, account: int, minor: int, on: date, name: str, verbs: list[str]
    ) -> object:
        """By two that know of it, of whom the first may not name the shop. Whatever is decided of
        the two, what was found is not found again."""
        amount = str(Money(minor, "EUR"))
        pair = [
            ledger.post(make_movement(
                self.accounts[account], amount, booked_on=on, merchant=merchant,
                source=Source(kind, str(uuid.uuid4()), 0),
            )).pk
            for kind, merchant in (("email", name), ("statement", "Lumo"))
        ]  # fmt: skip
        self.posted |= dict.fromkeys(pair, (self.accounts[account].pk, minor))
        self.a_part_restores_both_exactly(*pair)
        self.look_at(pair)
        for verb in verbs:
            match = Match.objects.filter(first__in=pair, second__in=pair).first()
            if match is not None:
                self.decided(match, verb)
        self.look_at(pair)
        return multiple(*pair)

    @rule(keep=rows, drop=rows)
    def merge(self, keep: uuid.UUID, drop: uuid.UUID) -> None:
        if self.allowed(lambda: ledger.merge(keep, drop)):
            self.gone(drop)

    @rule(pick=picks)
    def part(self, pick: int) -> None:
        merged = Transaction.objects.filter(merged_into__isnull=False).order_by("pk")
        if merged:
            drop = merged[pick % len(merged)].pk
            if self.allowed(lambda: deciding.part(drop)):
                self.back(drop)

    @rule(keep=rows, drop=rows)
    def a_part_restores_both_exactly(self, keep: uuid.UUID, drop: uuid.UUID) -> None:
        both = Transaction.objects.in_bulk([keep, drop])
        before = [state_of(row) for row in both.values()], balances()
        try:
            ledger.merge(keep, drop)
        except LedgerError:
            return
        if drop in self.merged:
            return
        ledger.unmerge(drop)
        assert ([state_of(row) for row in both.values()], balances()) == before

    @rule(one=rows, other=rows)
    def unpairing_restores_both_exactly(self, one: uuid.UUID, other: uuid.UUID) -> None:
        both = list(Transaction.objects.in_bulk([one, other]).values())
        before = [state_of(row) for row in both], balances()
        try:
            link = ledger.transfer(one, other)
        except LedgerError:
            return
        if [state_of(row) for row in both] == before[0]:
            return  # They were linked before.
        ledger.unlink(link.pk)
        assert ([state_of(row) for row in both], balances()) == before

    @rule()
    def find(self) -> None:
        self.look_at(Transaction.objects.values_list("pk", flat=True))

    def look_at(self, rows: Iterable[uuid.UUID]) -> None:
        rejected = set(self.pairs(MatchState.REJECTED))
        known = set(Match.objects.values_list("pk", flat=True))
        find_matches(list(rows))
        assert set(self.pairs(MatchState.REJECTED)) == rejected, "a no is remembered"
        for match in Match.objects.exclude(pk__in=known).filter(state=MatchState.ACCEPTED):
            if match.kind == MatchKind.SAME:
                self.gone(match.second_id)

    @rule(pick=picks, verb=st.sampled_from(["accept", "reject", "reopen"]))
    def decide(self, pick: int, verb: str) -> None:
        matches = Match.objects.order_by("pk")
        if not matches:
            return
        self.decided(matches[pick % len(matches)], verb)

    def decided(self, match: Match, verb: str) -> None:
        merged_before, was = self.is_merged(match), match.state
        if self.allowed(lambda: getattr(deciding, verb)(match.pk)):
            match.refresh_from_db()
            if was == MatchState.ACCEPTED and verb != "accept":
                assert not self.is_merged(match), "what was done is taken back"
            if match.kind == MatchKind.SAME and self.is_merged(match) != merged_before:
                (self.back if merged_before else self.gone)(match.second_id)

    @invariant()
    def no_pair_is_asked_about_twice(self) -> None:
        if hasattr(self, "accounts"):
            assert max(Counter(self.pairs()).values(), default=1) == 1

    @property
    def merged(self) -> dict[uuid.UUID, bool]:
        """The merged rows, and whether they counted before."""
        found: dict[uuid.UUID, bool] = self.__dict__.setdefault("_merged", {})
        return found

    def gone(self, drop: uuid.UUID) -> None:
        if drop not in self.merged:
            self.merged[drop] = self.posted.pop(drop, None) is not None

    def back(self, drop: uuid.UUID) -> None:
        if self.merged.pop(drop):
            row = Transaction.objects.get(pk=drop)
            self.posted[drop] = (row.account_id, row.amount_minor)

    @staticmethod
    def is_merged(match: Match) -> bool:
        second = Transaction.objects.get(pk=match.second_id)
        return second.state == TransactionState.VOID and second.merged_into_id == match.first_id

    @staticmethod
    def pairs(*states: str) -> list[tuple[str, frozenset[uuid.UUID]]]:
        rows = Match.objects.filter(state__in=states) if states else Match.objects.all()
        named = rows.values_list("kind", "first_id", "second_id")
        return [(kind, frozenset((first, second))) for kind, first, second in named]


@pytest.mark.django_db
def test_what_is_matched_keeps_the_ledgers_promises() -> None:
    run_machine(Matching, EXAMPLES, STEPS)


def _forgets_a_no(patch: pytest.MonkeyPatch) -> None:
    known = finding._known
    patch.setattr(finding, "_known", lambda pairs: [
        match for match in known(pairs) if match.state != MatchState.REJECTED])  # fmt: skip


def _keeps_what_it_took_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(merging, "_give_back", lambda keep, dropped: None)


def _decides_without_doing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deciding, "_take_back", lambda match: None)


MUTANTS = [_forgets_a_no, _keeps_what_it_took_over, _decides_without_doing]


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.parametrize("mutate", MUTANTS)
def test_a_planted_mutant_is_caught(
    monkeypatch: pytest.MonkeyPatch, mutate: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutate(monkeypatch)
    with pytest.raises(BROKEN_PROMISE):
        run_machine(Matching, 1_000, 20, Phase.generate)
