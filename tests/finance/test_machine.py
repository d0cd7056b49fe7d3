"""A Hypothesis state machine over the real verbs.

INLEDGER_FUZZ_EXAMPLES and INLEDGER_FUZZ_STEPS make it run longer (`make fuzz`).
"""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from finance import ledger, tags
from finance.categories import seed_default_categories
from finance.errors import LedgerError
from finance.ledger import Part, Source, batches, booking, merging
from finance.ledger.batches import edit_many, undo
from finance.merchants import keeping
from finance.models import (
    Category,
    FinancialAccount,
    LedgerChange,
    ReviewItem,
    Rule,
    Split,
    Tagging,
    TagRemoval,
    Transaction,
    TransactionState,
    Transfer,
)
from finance.money import Money
from finance.querysets import balances
from finance.rules.running import candidates, run
from finance.verification import verify_ledger
from tenancy.scope import Actor, tenant_scope
from tests.finance.make import make_account, make_movement
from tests.make import make_tenant

EXAMPLES = int(os.environ.get("INLEDGER_FUZZ_EXAMPLES", "50"))
STEPS = int(os.environ.get("INLEDGER_FUZZ_STEPS", "20"))
# What tells of a mutant: the model, or a wall; ids are drawn, so that an example may fail but once.
BROKEN_PROMISE = (AssertionError, DatabaseError, Flaky)
IS_LONG = "INLEDGER_FUZZ_EXAMPLES" in os.environ

amounts = st.integers(-100_000, 100_000).filter(bool)
dates = st.dates(date(2026, 1, 1), date(2026, 4, 30))
names = st.sampled_from(["Lumo", "LUMO 4711", "Corner shop", "Bäcker"])
TAGS = ("trip", "fun")
sources = st.sampled_from([Source("email", str(uuid.UUID(int=n)), n % 2) for n in range(4)])


def looks(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """What undoing must bring back, of each transaction."""
    rows = Transaction.objects.filter(pk__in=list(ids)).prefetch_related("splits", "taggings")
    return {
        row.pk: (
            row.merchant, row.notes, row.is_one_time, sorted(row.locked),
            sorted((s.position, s.amount_minor, str(s.category_id)) for s in row.splits.all()),
            {tagging.tag_id for tagging in row.taggings.all()},
        )
        for row in rows
    }  # fmt: skip


class Ledger(RuleBasedStateMachine):
    """The model is as plain as can be: what each transaction should be worth, by hand."""

    rows = Bundle("rows")
    items = Bundle("items")

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        tenant = make_tenant(name=uuid.uuid4().hex)
        self.stack.enter_context(tenant_scope(tenant.id, actor=Actor("user", label="machine")))
        seed_default_categories()
        self.accounts: list[FinancialAccount] = [
            make_account("Giro", opening=Money(5000, "EUR")),
            make_account("Savings"),
            make_account("Card", kind="credit_card"),
        ]
        self.categories = [None, *Category.objects.values_list("pk", flat=True)[:5]]
        self.posted: dict[uuid.UUID, tuple[uuid.UUID, int]] = {}
        self.by_source: dict[Source, uuid.UUID] = {}

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            try:
                connection.check_constraints()
                transaction.set_rollback(True)
            finally:
                self.stack.close()

    @rule(target=rows, account=st.integers(0, 2), minor=amounts, on=dates)
    def post(self, account: int, minor: int, on: date) -> uuid.UUID:
        movement = make_movement(self.accounts[account], str(Money(minor, "EUR")), booked_on=on)
        row = ledger.post(movement)
        self.posted[row.pk] = (row.account_id, minor)
        return row.pk

    @rule(target=rows, source=sources, minor=amounts, on=dates, asks=st.booleans())
    def post_from_source(self, source: Source, minor: int, on: date, *, asks: bool) -> object:
        movement = make_movement(
            self.accounts[0], str(Money(minor, "EUR")), booked_on=on, source=source
        )
        row = ledger.propose(movement) if asks else ledger.post(movement)
        if source in self.by_source:
            kept = Transaction.objects.get(pk=self.by_source[source])
            assert row.pk == kept.pk or kept.merged_into_id is not None
            return multiple()
        self.by_source[source] = row.pk
        if not asks:
            self.posted[row.pk] = (row.account_id, minor)
        return row.pk

    @rule(target=items, account=st.integers(0, 2), minor=amounts, on=dates)
    def propose(self, account: int, minor: int, on: date) -> uuid.UUID:
        movement = make_movement(self.accounts[account], str(Money(minor, "EUR")), booked_on=on)
        row = ledger.propose(movement, ["weak_event"])
        item: ReviewItem = ReviewItem.objects.get(transaction=row)
        return item.pk

    @rule(item=items, minor=st.none() | amounts)
    def accept(self, item: uuid.UUID, minor: int | None) -> None:
        was = ReviewItem.objects.get(pk=item).state
        try:
            row = ledger.accept(item, {"amount": Money(minor, "EUR")} if minor else {})
        except LedgerError:
            assert was != "open"
            return
        if was == "open":
            self.posted[row.pk] = (row.account_id, row.amount_minor)

    @rule(item=items)
    def dismiss(self, item: uuid.UUID) -> None:
        self.allowed(lambda: ledger.dismiss(item))

    @rule(item=items)
    def reopen(self, item: uuid.UUID) -> None:
        if self.allowed(lambda: ledger.reopen(item)):
            self.posted.pop(ReviewItem.objects.get(pk=item).transaction_id, None)

    @rule(row=rows, minor=amounts, account=st.integers(0, 2), on=dates, category=st.integers(0, 5))
    def edit(self, row: uuid.UUID, minor: int, account: int, on: date, category: int) -> None:
        target = self.accounts[account].pk
        done = self.allowed(
            lambda: ledger.edit(
                row,
                {
                    "amount": Money(minor, "EUR"),
                    "account_id": target,
                    "booked_on": on,
                    "category_id": self.categories[category],
                },
            )
        )
        if done and row in self.posted:
            self.posted[row] = (target, minor)

    @rule(row=rows, weights=st.lists(st.integers(1, 9), min_size=1, max_size=4))
    def split(self, row: uuid.UUID, weights: list[int]) -> None:
        amount = Transaction.objects.get(pk=row).amount
        shares = amount.allocate(weights)
        self.allowed(
            lambda: ledger.split(row, [Part(s, self.categories[n]) for n, s in enumerate(shares)])
        )

    @rule(row=rows)
    def split_wrongly(self, row: uuid.UUID) -> None:
        amount = Transaction.objects.get(pk=row).amount
        wrong = [Part(amount), Part(Money(1, "EUR"))]
        assert not self.allowed(lambda: ledger.split(row, wrong))

    @rule(row=consumes(rows), target=rows)
    def void(self, row: uuid.UUID) -> uuid.UUID:
        ledger.void(row)
        ledger.void(row, "again")
        self.posted.pop(row, None)
        return row

    @rule(row=rows, account=st.integers(0, 2), target=rows)
    def transfer(self, row: uuid.UUID, account: int) -> object:
        target = self.accounts[account].pk
        if not self.allowed(lambda: ledger.transfer_to(row, target)):
            return multiple()
        link = Transfer.objects.order_by("-id")[0]
        other = link.inflow_id if link.outflow_id == row else link.outflow_id
        self.posted[other] = (target, -self.posted[row][1])
        return other

    @rule(row=rows)
    def unlink(self, row: uuid.UUID) -> None:
        link = Transfer.objects.filter(outflow=row).first()
        if link is not None:
            ledger.unlink(link.pk)

    @rule(side=st.sampled_from(["outflow_id", "inflow_id"]))
    def void_a_leg(self, side: str) -> None:
        link = Transfer.objects.first()
        if link is not None:
            ledger.void(getattr(link, side))
            self.posted.pop(getattr(link, side), None)

    @rule(keep=rows, drop=rows)
    def merge(self, keep: uuid.UUID, drop: uuid.UUID) -> None:
        if self.allowed(lambda: ledger.merge(keep, drop)):
            self.posted.pop(drop, None)

    @rule(
        some=st.lists(rows, max_size=3), name=names, category=st.integers(0, 5),
        tag=st.sampled_from(TAGS),
    )  # fmt: skip
    def edit_many_and_undo(self, some: list[uuid.UUID], name: str, category: int, tag: str) -> None:
        before = looks(some)
        changes: ledger.Changes = {
            "merchant": name, "category_id": self.categories[category],
            "add_tags": tags.tags_named([tag]), "is_one_time": True,
        }  # fmt: skip
        edited = edit_many(dict.fromkeys(some, changes), "Bulk")
        if edited.batch is not None:
            assert undo(edited.batch.pk) == (edited.changed, 0)
            assert undo(edited.batch.pk) == (0, 0)
        assert looks(some) == before

    @rule(some=st.lists(rows, max_size=3), name=names, tag=st.sampled_from(TAGS))
    def edit_many(self, some: list[uuid.UUID], name: str, tag: str) -> None:
        changes: ledger.Changes = {"merchant": name, "add_tags": tags.tags_named([tag])}
        edit_many(dict.fromkeys(some, changes), "Bulk")

    @rule(query=names, name=names, tag=st.sampled_from(TAGS))
    def run_a_rule(self, query: str, name: str, tag: str) -> None:
        """As a machine: it changes no name that a person has set."""
        made = Rule(query=f'merchant:"{query}"', merchant=name, is_one_time=True)
        made.wanted_tags = tags.tags_named([tag])
        named = Transaction.objects.filter(locked__icontains='"merchant"')
        before = dict(named.values_list("pk", "merchant"))
        run([made], candidates(), "Rules")
        assert dict(named.values_list("pk", "merchant")) == before

    @rule(old=names, new=names)
    def merge_merchants_and_part(self, old: str, new: str) -> None:
        one, two = keeping.merchant_named(old), keeping.merchant_named(new)
        if one.pk == two.pk:
            return
        before = looks(Transaction.objects.values_list("pk", flat=True))
        keeping.merge_merchants(one.pk, two.pk)
        live = Transaction.objects.exclude(state=TransactionState.VOID)
        assert not live.filter(merchant=one.name).exists()
        keeping.part_merchant(one.pk)
        assert looks(before) == before

    @rule(old=names, new=names)
    def rename_a_merchant(self, old: str, new: str) -> None:
        row = keeping.merchant_named(old)
        self.allowed(lambda: keeping.change_merchant(row.pk, name=new))

    @rule(name=st.sampled_from(TAGS))
    def remove_a_tag_and_bring_it_back(self, name: str) -> None:
        (tag,) = tags.tags_named([name])
        live = Transaction.objects.exclude(state=TransactionState.VOID)
        before = looks(live.values_list("pk", flat=True))
        tags.remove_tag(tag)
        assert not Tagging.objects.filter(tag=tag).exists()
        tags.restore_tag(TagRemoval.objects.get(tag_id=tag).pk)
        assert looks(before) == before

    @staticmethod
    def allowed(verb: object) -> bool:
        """Whether the verb did it; refused, it has changed nothing."""
        before = LedgerChange.objects.count()
        try:
            verb()  # type: ignore[operator]
        except LedgerError:
            assert LedgerChange.objects.count() == before
            return False
        return True

    @invariant()
    def balances_are_what_was_posted(self) -> None:
        if not hasattr(self, "accounts"):
            return
        expected = {account.pk: account.opening_minor for account in self.accounts}
        for account, minor in self.posted.values():
            expected[account] += minor
        assert {b.account.pk: b.balance.minor for b in balances()} == expected
        posted = Transaction.objects.filter(state=TransactionState.POSTED)
        assert set(posted.values_list("pk", flat=True)) == set(self.posted)

    @invariant()
    def nothing_is_at_fault(self) -> None:
        if hasattr(self, "accounts"):
            assert {name: faults for name, faults in verify_ledger().items() if faults} == {}
            assert not Split.objects.filter(transaction=None).exists()


@pytest.fixture
def rolled_back(db: None) -> Iterator[None]:
    yield


def run_machine(
    machine: type[RuleBasedStateMachine], examples: int, steps: int, *phases: Phase
) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
            phases=phases or tuple(Phase), report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_the_ledger_keeps_its_promises(rolled_back: None) -> None:
    run_machine(Ledger, EXAMPLES, STEPS)


def _undoes_no_categories(patch: pytest.MonkeyPatch) -> None:
    parts = batches._parts
    patch.setattr(batches, "_parts", lambda before, currency: [
        replace(part, category_id=None) for part in parts(before, currency)])  # fmt: skip


def _undoes_no_tags(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(batches, "_tags_before", lambda edited: defaultdict(frozenset))


def _voids_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "void", lambda *_: None)


def _books_a_source_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(booking, "at_sources", lambda model, sources: {})


def _counts_what_was_merged(patch: pytest.MonkeyPatch) -> None:
    change = merging.change
    patch.setattr(merging, "change", lambda row, verb, columns, **more: change(
        row, verb, {n: v for n, v in columns.items() if n != "state"}, **more))  # fmt: skip


QUICKLY_CAUGHT = [_voids_nothing, _books_a_source_again, _counts_what_was_merged]
MUTANTS = [*QUICKLY_CAUGHT, _undoes_no_categories, _undoes_no_tags]


@pytest.mark.sqlite
@pytest.mark.parametrize("mutate", MUTANTS if IS_LONG else QUICKLY_CAUGHT)
def test_a_planted_mutant_is_caught(
    rolled_back: None, monkeypatch: pytest.MonkeyPatch, mutate: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutate(monkeypatch)
    with pytest.raises(BROKEN_PROMISE):
        run_machine(Ledger, 1_000, 20, Phase.generate)
