"""Lines that the database books itself, beside the same lines booked as movements: both must leave
the same ledger, to every field, entry and total, and when taken back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from finance import ledger
from finance.categories import seed_default_categories
from finance.ledger import lines as set_wise
from finance.merchants.keeping import learn_alias, merchant_named, merge_merchants
from finance.models import (
    FinancialAccount,
    LedgerChange,
    LineOutcome,
    Merchant,
    MonthlyTotal,
    ReviewItem,
    Split,
    StatementImport,
    StatementLine,
    StatementState,
    Transaction,
)
from finance.statements import booking, importing, jobs
from finance.verification import verify_ledger
from notifications.models import Webhook, WebhookDelivery
from tenancy.scope import tenant_scope
from tests.finance.conftest import ALICE
from tests.finance.make import category, email_source, make_account, make_posted, make_proposed
from tests.finance.snapshots import snapshot
from tests.finance.statements.samples import SAMPLES
from tests.make import make_tenant
from tests.running import run_due_jobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

PAYEES = (
    "Kiosk", "KIOSK", "kiosk ", "Lidl 4711", "LIDL 0815 Köln", "Café Zoë", "Cafe Zoe", "O'Brien",
    "Old name", "Rewe Markt", "Bäckerei \\ Krume %s", '"Quoted" {name}', "支付宝", "👍 Tips",
    "a\tb", "x" * 199 + " y", "4711", "Shell\x07 Station", "Apotheke am Markt", "Salary ACME",
    "Gym", "Fee: account", "",
)  # fmt: skip
TABLES = (
    Transaction, Split, LedgerChange, Merchant, MonthlyTotal, ReviewItem, StatementLine,
    WebhookDelivery,
)  # fmt: skip
PURPOSES = ("", "Card 1", "card 2", "a\nb", "z" * 499 + "  tail", "100 % \\n", "null", "'); --")


def statement(seed: int, rows: int) -> bytes:
    chance = random.Random(seed)
    told = ["Date;Payee;Purpose;Amount"]
    for _ in range(rows):
        day = date(2026, 5, 20) - timedelta(days=chance.randrange(40))
        amount = f"{chance.choice(['', '-', '-'])}{chance.randrange(1, 30)}.00"
        cells = (day.isoformat(), chance.choice(PAYEES), chance.choice(PURPOSES), amount)
        told.append(";".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    return "\n".join(told).encode()


def furnish() -> FinancialAccount:
    """What decides how lines are booked: names, aliases, merged merchants, choices, messages."""
    seed_default_categories()
    giro = make_account("Giro", "EUR")
    for name in ("Lidl", "Kiosk am Platz", "Old name", "New name", "Gym"):
        make_posted(giro, "-7.77", merchant=name, booked_on=date(2026, 1, 5))
    learn_alias(merchant_named("Lidl").pk, "LIDL 1 KÖLN")
    merge_merchants(merchant_named("Old name").pk, merchant_named("New name").pk)
    Merchant.objects.filter(name="Gym").update(default_category=category("sport"))
    chosen = make_posted(giro, "-8.88", merchant="Café Zoë", booked_on=date(2026, 1, 6))
    ledger.edit(chosen.pk, {"category_id": category("restaurants").pk})
    for minor in range(1, 9):
        day = date(2026, 5, minor + 10)
        make_posted(giro, f"-{minor}.00", merchant="Told", booked_on=day, source=email_source())
        make_proposed(giro, f"{minor}.00", merchant="Asked", booked_on=day, source=email_source())
    Webhook(name="Hook", url="https://hooks.invalid/", events=["transaction.created"]).save()
    return giro


def imported(monkeypatch: pytest.MonkeyPatch, data: bytes, *, by_rows: bool) -> dict[str, Any]:
    """What a tenant's ledger holds after the file, after it came again, and taken back."""
    with tenant_scope(make_tenant().pk, actor=ALICE), monkeypatch.context() as patch:
        patch.setattr(jobs, "BATCH", 37)
        giro = furnish()
        if by_rows:
            patch.setattr(booking, "can_post_lines", lambda span: False)
        row = _applied(data, giro)
        booked = snapshot(*TABLES)
        again = importing.upload(data, "again.csv", account=giro)
        run_due_jobs()
        assert set(again.lines.values_list("outcome", flat=True)) == {LineOutcome.KNOWN}
        importing.revert(row)
        run_due_jobs()
        assert not any(verify_ledger().values())
        taken_back = snapshot(*TABLES)
        _applied(data, giro)
        return {"booked": booked, "taken back": taken_back, "once more": snapshot(*TABLES)}


def _applied(data: bytes, account: FinancialAccount) -> StatementImport:
    row = importing.upload(data, "may.csv", account=account)
    run_due_jobs()
    row.refresh_from_db()
    importing.apply(row)
    run_due_jobs()
    row.refresh_from_db()
    assert (row.state, any(verify_ledger().values())) == ("applied", False)
    return row


@pytest.fixture(autouse=True)
def _counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database did book, wherever it was let."""
    calls: list[set_wise.Span] = []
    post = set_wise.post_lines

    def counting(span: set_wise.Span, *args: Any) -> None:
        calls.append(span)
        post(span, *args)

    monkeypatch.setattr(booking, "post_lines", counting)
    yield
    assert calls


@pytest.mark.parametrize("seed", range(2))
def test_both_ways_leave_the_same_ledger(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    data = statement(seed, rows=110)
    by_database = imported(monkeypatch, data, by_rows=False)
    by_rows = imported(monkeypatch, data, by_rows=True)
    for when, held in by_database.items():
        for table, rows in held.items():
            assert set(rows) - set(by_rows[when][table]) == set(), f"{table}, {when}"
            assert rows == by_rows[when][table], f"{table}, {when}"


def test_the_samples_leave_the_same_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    for by_rows in (False, True):
        with tenant_scope(make_tenant().pk, actor=ALICE), monkeypatch.context() as patch:
            if by_rows:
                patch.setattr(booking, "can_post_lines", lambda span: False)
            seed_default_categories()
            for sample in SAMPLES[::6]:
                account = make_account(f"Of {sample.name}", sample.currency)
                importing.upload(sample.data, sample.name, account=account)
            run_due_jobs(1_000)
            for row in StatementImport.objects.filter(state=StatementState.READY):
                importing.apply(row)
            run_due_jobs(1_000)
            assert not any(verify_ledger().values())
            held.append(snapshot(*TABLES))
    for table, rows in held[0].items():
        assert rows == held[1][table], table
