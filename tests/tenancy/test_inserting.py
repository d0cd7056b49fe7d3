"""Rows inserted together are dated by the database, and leave alone what is there."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.models import LedgerChange, Merchant
from jobs.clock import database_now
from tenancy.inserting import insert_rows
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_they_are_dated_by_the_database(tenant: Tenant, count: int) -> None:
    with tenant_scope(tenant.pk):
        before = database_now()
        with CaptureQueriesContext(connection) as queries:
            insert_rows([Merchant(name=f"Shop {n}", key=f"shop {n}") for n in range(count)])
        assert len(queries) <= 5
        dates = list(Merchant.objects.values_list("created_at", flat=True))
        assert len(dates) == count
        assert all(before <= date <= database_now() for date in dates)


def test_what_is_there_is_left_alone(tenant: Tenant) -> None:
    with tenant_scope(tenant.pk):
        first = Merchant(name="Shop", key="shop")
        insert_rows([first])
        again = [Merchant(name="Shop", key="other"), Merchant(name="New", key="new")]
        insert_rows(again, ignore_conflicts=True)
        assert set(Merchant.objects.values_list("key", flat=True)) == {"shop", "new"}
        assert not LedgerChange.objects.exists()
