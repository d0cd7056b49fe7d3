"""Rows of the ledger for tests, made by its verbs."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from finance.accounts import open_account
from finance.ledger import Movement, Source, post, propose
from finance.models import Category, FinancialAccount, Transaction
from finance.money import Money


def make_account(name: str = "Giro", currency: str = "EUR", **fields: Any) -> FinancialAccount:
    return open_account(name, currency, **fields)


def make_movement(account: FinancialAccount, amount: str = "-12.34", **fields: Any) -> Movement:
    values: dict[str, Any] = {"booked_on": date(2026, 5, 20), "merchant": "Corner shop"} | fields
    return Movement(account.pk, amount=Money.parse(amount, account.currency), **values)


def make_posted(account: FinancialAccount, amount: str = "-12.34", **fields: Any) -> Transaction:
    return post(make_movement(account, amount, **fields))


def make_proposed(account: FinancialAccount, amount: str = "-12.34", **fields: Any) -> Transaction:
    reasons = fields.pop("reasons", ("weak_event",))
    return propose(make_movement(account, amount, **fields), reasons)


def email_source(item: int = 0) -> Source:
    return Source("email", str(uuid.uuid4()), item)


def category(key: str) -> Category:
    found: Category = Category.objects.get(key=key)
    return found
