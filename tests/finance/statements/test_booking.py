"""Lines that the database books itself, beside the same lines booked as movements: both must leave
the same ledger, to every field, entry and total, and when taken back."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Model

from finance import ledger
from finance.categories import seed_default_categories
from finance.ledger import lines as set_wise
from finance.merchants.keeping import learn_alias, merchant_named, merge_merchants
from finance.models import (
    Category,
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
PURPOSES = ("", "Card 1", "card 2", "a\nb", "z" * 499 + "  tail", "100 % \\n", "null", "'); --")
VARIES = {"id", "tenant", "merge_batches", "at", "created_at", "updated_at", "decided_at",
          "event_id", "webhook", "next_attempt_at"}  # fmt: skip


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
        booked = snapshot()
        again = importing.upload(data, "again.csv", account=giro)
        run_due_jobs()
        assert set(again.lines.values_list("outcome", flat=True)) == {LineOutcome.KNOWN}
        importing.revert(row)
        run_due_jobs()
        assert not any(verify_ledger().values())
        taken_back = snapshot()
        _applied(data, giro)
        return {"booked": booked, "taken back": taken_back, "once more": snapshot()}


def _applied(data: bytes, account: FinancialAccount) -> StatementImport:
    row = importing.upload(data, "may.csv", account=account)
    run_due_jobs()
    row.refresh_from_db()
    importing.apply(row)
    run_due_jobs()
    row.refresh_from_db()
    assert (row.state, any(verify_ledger().values())) == ("applied", False)
    return row


def snapshot() -> dict[str, list[Any]]:
    """Every row of the ledger, with ids by what they stand for."""
    names = _names()
    models = (Transaction, Split, LedgerChange, Merchant, MonthlyTotal, ReviewItem, StatementLine,
              WebhookDelivery)  # fmt: skip
    return {
        model.__name__: sorted(
            (repr(sorted(_told(row, names).items())) for row in model.objects.all()),
        )
        for model in models
    }


def _names() -> dict[str, str]:
    names = {str(row.pk): f"line {row.statement.name} {row.row} {row.is_live}"
             for row in StatementLine.objects.select_related("statement")}  # fmt: skip
    for row in Transaction.objects.order_by("booked_on", "created_at", "id"):
        from_line = names.get(row.source_id)
        told = f"{row.booked_on} {row.amount_minor} {row.merchant_raw or row.merchant}"
        names[str(row.pk)] = from_line or f"transaction of {told}"
        if from_line is None and row.source_id:
            names[row.source_id] = f"message of {told}"
    for account in FinancialAccount.objects.all():
        names[str(account.pk)] = account.name
    for node in Category.objects.all():
        names[str(node.pk)] = node.key
    for merchant in Merchant.objects.all():
        names[str(merchant.pk)] = merchant.name
    return names


def _told(row: Model, names: dict[str, str]) -> dict[str, Any]:
    fields = [
        f for f in row._meta.concrete_fields if f.name not in VARIES and f.attname not in VARIES
    ]
    return {f.attname: _named(getattr(row, f.attname), names) for f in fields}


def _named(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return sorted(
            (key, _named(each, names)) for key, each in value.items() if key not in VARIES
        )
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    if isinstance(value, uuid.UUID | str):
        return names.get(str(value), "some id" if isinstance(value, uuid.UUID) else value)
    return value


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
            held.append(snapshot())
    for table, rows in held[0].items():
        assert rows == held[1][table], table
