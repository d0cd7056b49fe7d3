"""Ledgers of any size for measuring what reads cost: rows as the verbs would leave them, audit
trail and splits among them, written set-wise so that a million takes minutes."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection, transaction

from finance.accounts import open_account
from finance.categories import seed_default_categories
from finance.models import Category, CategoryKind, LedgerChange, Merchant, Split, Transaction
from finance.models import TransactionState as State
from tenancy.ids import new_id
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

ACCOUNTS: Final = 8
MERCHANTS: Final = 500
DAYS: Final = 1_460
NEWEST: Final = date(2026, 6, 30)
BATCH: Final = 25_000
# One transaction in five hundred is at a merchant that is looked for; nobody is called the other.
COMMON, RARE, NONE = "Merchant 1", "Zwiebelkuchen", "qqqxqqq"
RARE_EVERY: Final = 500

STATEMENTS: Final = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS drawn (n int, id uuid, account_id uuid, category_id uuid,"
    " booked_on date, minor bigint, merchant text)",
    "TRUNCATE drawn",
    """INSERT INTO drawn SELECT n, gen_random_uuid(),
        (%(accounts)s::uuid[])[1 + n %% %(n_accounts)s],
        (%(categories)s::uuid[])[1 + (random() * (%(n_categories)s - 1))::int],
        %(newest)s::date - (random() * %(days)s)::int, -100 - (random() * 20000)::bigint,
        CASE WHEN n %% %(rare_every)s = 0 THEN %(rare)s
            ELSE 'Merchant ' || (random() * %(merchants)s)::int END
        FROM generate_series(%(first)s, %(last)s) n""",
    """INSERT INTO finance_ledgerchange (id, tenant_id, subject, subject_id, version, verb,
            actor_kind, actor, before, after, note, at)
        SELECT gen_random_uuid(), %(tenant)s, 'transaction', id, 1, 'post', 'system', '', '{}',
            '{}', '', now() FROM drawn""",
    """INSERT INTO finance_split (id, tenant_id, transaction_id, position, amount_minor,
            category_id, note)
        SELECT gen_random_uuid(), %(tenant)s, id, 0, minor, category_id, '' FROM drawn""",
    """INSERT INTO finance_transaction (id, tenant_id, version, account_id, state, booked_on,
            amount_minor, currency, original_currency, merchant, merchant_raw, description, notes,
            event, source_kind, source_id, source_item, provenance, locked, created_at, updated_at)
        SELECT id, %(tenant)s, 1, account_id, 'posted', booked_on, minor, 'EUR', '', merchant,
            upper(merchant), '', '', 'purchase', 'bench', n::text, 0, '{}', '[]', now(), now()
        FROM drawn""",
    """INSERT INTO finance_merchant (id, tenant_id, name, key, website, sender_domain,
            merge_batches, created_at)
        SELECT gen_random_uuid(), %(tenant)s, merchant, lower(merchant), '', '', '[]', now()
        FROM drawn GROUP BY merchant ON CONFLICT DO NOTHING""",
)  # fmt: skip


def ledger_of(rows: int) -> Tenant:
    """A new tenant with so many transactions."""
    tenant: Tenant = Tenant.objects.create(name=f"{rows} transactions")
    with tenant_scope(tenant.pk):
        seed_default_categories()
        accounts = [open_account(f"Account {n}", "EUR").pk for n in range(ACCOUNTS)]
        expenses = Category.objects.filter(kind=CategoryKind.EXPENSE)
        if connection.vendor == "sqlite":
            fill_row_by_row(rows, accounts, list(expenses.values_list("pk", flat=True)))
            return tenant
        known: dict[str, Any] = {
            "tenant": tenant.pk, "accounts": accounts, "n_accounts": ACCOUNTS,
            "categories": list(expenses.values_list("pk", flat=True)), "newest": NEWEST,
            "n_categories": expenses.count(), "days": DAYS, "merchants": MERCHANTS, "rare": RARE,
            "rare_every": RARE_EVERY,
        }  # fmt: skip
        for first in range(0, rows, BATCH):
            with transaction.atomic(), connection.cursor() as cursor:
                span = {"first": first, "last": min(first + BATCH, rows) - 1}
                for statement in STATEMENTS:
                    cursor.execute(statement, known | span)
    return tenant


def fill_row_by_row(rows: int, accounts: list[uuid.UUID], categories: list[uuid.UUID]) -> None:
    """The same drawn in Python, for SQLite: its triggers look at each row anyway."""
    draw = random.Random(1)  # noqa: S311 - the same ledger each time
    names = [f"Merchant {n}" for n in range(MERCHANTS)]
    Merchant.objects.bulk_create(Merchant(name=name, key=name.lower()) for name in [*names, RARE])
    for first in range(0, rows, BATCH):
        made = [
            Transaction(
                id=new_id(), version=1, account_id=accounts[n % ACCOUNTS], state=State.POSTED,
                booked_on=NEWEST - timedelta(draw.randrange(DAYS)),
                amount_minor=-100 - draw.randrange(20_000), currency="EUR",
                merchant=draw.choice(names) if n % RARE_EVERY else RARE, merchant_raw="X",
                event="purchase", source_kind="bench", source_id=str(n), provenance={}, locked=[],
            )
            for n in range(first, min(first + BATCH, rows))
        ]  # fmt: skip
        with transaction.atomic():
            LedgerChange.objects.bulk_create(
                LedgerChange(
                    subject="transaction", subject_id=row.pk, version=1, verb="post",
                    actor_kind="system", before={}, after={},
                )
                for row in made
            )  # fmt: skip
            Split.objects.bulk_create(
                Split(transaction_id=row.pk, position=0, amount_minor=row.amount_minor,
                      category_id=draw.choice(categories))
                for row in made
            )  # fmt: skip
            Transaction.objects.bulk_create(made)
