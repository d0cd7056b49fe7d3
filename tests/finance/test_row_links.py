"""The splits and tags of a page, by either of the two statements that PostgreSQL may be asked."""

from __future__ import annotations

import pytest

from finance import ledger
from finance.ledger import Part
from finance.models import FinancialAccount
from finance.money import Money
from finance.row_links import links_of
from finance.tags import add_tag
from tenancy.scope import all_tenants
from tests.finance.make import category, make_posted

pytestmark = pytest.mark.django_db


def test_within_a_tenant_and_across_tenants_the_same_is_found(giro: FinancialAccount) -> None:
    plain, parted = make_posted(giro, "-3.00"), make_posted(giro, "-25.00")
    groceries = category("groceries").pk
    ledger.split(
        parted.pk,
        [Part(Money(-1850, "EUR"), groceries), Part(Money(-650, "EUR"), None, "soap")],
    )
    tags = frozenset(add_tag(name).pk for name in ("Zoo", "Art"))
    ledger.edit(parted.pk, {"tags": tags})
    found = links_of([plain.pk, parted.pk])
    told = {
        row.pk: [(one.amount_minor, one.text, one.category_key) for one in found
                 if one.transaction_id == row.pk]
        for row in (plain, parted)
    }  # fmt: skip
    assert told[plain.pk] == [(-300, "", None)]
    assert told[parted.pk] == [
        (-1850, "", "groceries"), (-650, "soap", None), (None, "Art", None), (None, "Zoo", None),
    ]  # fmt: skip
    assert next(one.category_id for one in found if one.amount_minor == -1850) == groceries
    with all_tenants("a test"):
        assert links_of([plain.pk, parted.pk]) == found
