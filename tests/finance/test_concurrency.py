"""Several people and jobs at one ledger at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest
from django.db import connection

from finance.categories import seed_default_categories
from finance.errors import WrongState
from finance.ledger import accept, dismiss, edit, post, post_many, void
from finance.models import (
    FinancialAccount,
    LedgerChange,
    RecurringSlot,
    ReviewItem,
    Transaction,
)
from finance.querysets import balances
from finance.recurring.booking import run_due
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tenancy.scope import Actor, tenant_scope
from tests.finance.make import email_source, make_account, make_movement, make_posted, make_proposed
from tests.finance.test_recurring import make_recurring
from tests.make import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(transactional_db: None) -> Tenant:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        seed_default_categories()
    return tenant


def at_once(tenant: Tenant, *works: Callable[[], object]) -> list[object]:
    """Results, or the errors, of all works, started together in threads of their own."""
    results: list[object] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(number: int) -> None:
        try:
            with tenant_scope(tenant.id, actor=Actor("user", label=f"person {number}")):
                ready.wait(timeout=20)
                results[number] = works[number]()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def balance(account: FinancialAccount) -> int:
    return next(b.balance.minor for b in balances() if b.account == account)


def test_an_item_accepted_by_many_is_posted_once(home: Tenant) -> None:
    with tenant_scope(home.id):
        giro = make_account()
        item = ReviewItem.objects.get(transaction=make_proposed(giro))
    results = at_once(home, *[lambda: accept(item.pk)] * 6)
    assert all(isinstance(result, Transaction) for result in results), results
    with tenant_scope(home.id):
        assert balance(giro) == -1234
        assert LedgerChange.objects.filter(verb="accept", subject="transaction").count() == 1
        assert not any(verify_ledger().values())


def test_accepting_and_dismissing_at_once_has_one_winner(home: Tenant) -> None:
    with tenant_scope(home.id):
        giro = make_account()
        items = [ReviewItem.objects.get(transaction=make_proposed(giro)) for _ in range(3)]
    for item in items:
        results = at_once(home, lambda: accept(item.pk), lambda: dismiss(item.pk))  # noqa: B023
        assert [type(result) for result in results].count(WrongState) == 1, results
    with tenant_scope(home.id):
        posted = Transaction.objects.filter(state="posted").count()
        assert balance(giro) == -1234 * posted


def test_one_source_posted_by_many_is_booked_once(home: Tenant) -> None:
    with tenant_scope(home.id):
        giro = make_account()
    movement = make_movement(giro, source=email_source())
    results = at_once(home, *[lambda: post(movement)] * 6)
    assert len({row.pk for row in results if isinstance(row, Transaction)}) == 1, results
    with tenant_scope(home.id):
        assert balance(giro) == -1234


def test_no_edit_is_lost(home: Tenant) -> None:
    """Each edit starts from what the last one left: the trail has every one of them, in a row."""
    with tenant_scope(home.id):
        giro = make_account()
        row = make_posted(giro)

    def edits(number: int) -> Callable[[], object]:
        def run() -> None:
            for step in range(5):
                edit(row.pk, {"notes": f"{number}/{step}"})

        return run

    results = at_once(home, *(edits(number) for number in range(4)))
    assert results == [None] * 4
    with tenant_scope(home.id):
        trail = list(LedgerChange.objects.filter(subject_id=row.pk).order_by("version"))
        assert [change.version for change in trail] == list(range(1, 22))
        for earlier, later in pairwise(trail[1:]):
            assert later.before["notes"] == earlier.after["notes"]


def test_batches_over_the_same_totals_do_not_deadlock(home: Tenant) -> None:
    with tenant_scope(home.id):
        accounts = [make_account(name) for name in ("A", "B", "C")]

    def book(order: list[FinancialAccount]) -> Callable[[], object]:
        def run() -> int:
            for day in range(1, 6):
                rows = post_many(
                    [
                        make_movement(account, "-1.00", booked_on=date(2026, month, day))
                        for account in order
                        for month in range(1, 9)
                    ]
                )
                void(rows[0].pk)
            return len(rows)

        return run

    results = at_once(home, book(accounts), book(accounts[::-1]), book(accounts[1:]))
    assert results == [24, 24, 16], results
    with tenant_scope(home.id):
        assert not any(verify_ledger().values())
        assert sum(b.balance.minor for b in balances()) == -100 * 5 * (23 + 23 + 15)


def test_workers_at_once_deal_with_each_due_date_once(home: Tenant) -> None:
    with tenant_scope(home.id):
        make_recurring(make_account(), unit="day", anchor_on=date(2026, 1, 1))
    results = at_once(home, *[lambda: run_due(date(2026, 1, 20), limit=7)] * 4)
    assert sum(n for n in results if isinstance(n, int)) == 20
    with tenant_scope(home.id):
        assert RecurringSlot.objects.count() == Transaction.objects.count() == 20
