"""The balances that messages state are kept, and the ledger agrees with them."""

from __future__ import annotations

from datetime import date

import pytest

from finance.models import FinancialAccount, StatedBalance, StatedBy
from finance.money import Money
from finance.reconciling.checking import reconcile
from tenancy.models import Tenant
from tests.extraction.test_pipeline import demo_names, import_mail, label

pytestmark = pytest.mark.django_db

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
RENT = "de-demo-0603-rent.eml"


def test_a_booked_message_states_the_balance_after_it(in_tenant: Tenant) -> None:
    import_mail([RENT])
    row = StatedBalance.objects.get()
    expected = label(RENT)["expected"]
    assert (row.stated_by, str(row.amount)) == (StatedBy.MESSAGE, expected["balance"])
    assert row.stated_on.isoformat() == expected["date"]
    import_mail([RENT])
    assert StatedBalance.objects.count() == 1


def test_what_only_proposes_states_nothing(in_tenant: Tenant) -> None:
    import_mail([RENT], is_own=False)
    assert not StatedBalance.objects.exists()


def test_the_demo_households_bank_agrees_until_a_message_is_missing(in_tenant: Tenant) -> None:
    names = demo_names()
    import_mail(names)
    giro = FinancialAccount.objects.get(last_digits="4417")
    whole = reconcile(giro, *YEAR)
    assert len(whole.checks) > 5
    assert whole.first_off is None, whole.first_off
    assert all(check.difference == Money(0, giro.currency) for check in whole.checks)
