"""The ledger in the operators' admin."""

from __future__ import annotations

import pytest
from django.test import Client

from finance.models import FinancialAccount, ReviewItem, Transaction
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.finance.make import make_account, make_posted, make_proposed
from tests.make import make_user

TABLES = (
    "transaction", "reviewitem", "financialaccount", "category", "split", "transfer",
    "ledgerchange", "monthlytotal",
)  # fmt: skip


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(make_user("op@example.org", is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("table", TABLES)
def test_each_table_is_listed_searched_and_shown(
    operator: Client, giro: FinancialAccount, table: str
) -> None:
    make_proposed(giro)
    row = make_posted(giro)
    assert operator.get(f"/admin/finance/{table}/").status_code == 200
    assert operator.get(f"/admin/finance/{table}/?q=giro").status_code == 200
    assert operator.get(f"/admin/finance/{table}/add/").status_code == 403
    shown = operator.get(f"/admin/finance/transaction/{row.pk}/change/")
    assert shown.status_code == 200 and b"Corner shop" in shown.content


def test_an_operator_voids_and_dismisses_by_the_verbs(
    operator: Client, giro: FinancialAccount, stranger: Tenant
) -> None:
    row, proposed = make_posted(giro), make_proposed(giro)
    item = ReviewItem.objects.get(transaction=proposed)
    with tenant_scope(stranger.id):
        theirs = make_posted(make_account("Theirs"))
    operator.post(
        "/admin/finance/transaction/",
        {"action": "void_selected", "_selected_action": [str(row.pk), str(theirs.pk)]},
    )
    operator.post(
        "/admin/finance/reviewitem/",
        {"action": "dismiss_selected", "_selected_action": [str(item.pk)]},
    )
    assert set(Transaction.objects.values_list("state", flat=True)) == {"void"}
    assert ReviewItem.objects.get().state == "dismissed"
    with tenant_scope(stranger.id):
        assert Transaction.objects.get().state == "void"
