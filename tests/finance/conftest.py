from __future__ import annotations

from collections.abc import Iterator

import pytest

from finance.categories import seed_default_categories
from finance.models import FinancialAccount
from tenancy.models import Tenant
from tenancy.scope import Actor, tenant_scope
from tests.finance.make import make_account

ALICE = Actor("user", label="alice@example.org")


@pytest.fixture
def ledger(tenant: Tenant) -> Iterator[Tenant]:
    """A tenant with the default categories, entered as a person."""
    with tenant_scope(tenant.id, actor=ALICE):
        seed_default_categories()
        yield tenant


@pytest.fixture
def giro(ledger: Tenant) -> FinancialAccount:
    return make_account()
