"""Monthly totals: what dashboards and balances are read from."""

from __future__ import annotations

from django.db import models

from finance.models.accounts import FinancialAccount
from finance.models.categories import Category
from tenancy.models import Tenant, TenantModel


class MonthlyTotal(TenantModel):
    """Sum and count of the posted splits of one account, category, month and currency.

    A table that triggers keep: for each statement on PostgreSQL, for each row on SQLite
    (`finance/sql`); `manage.py verify_ledger` proves it equal to a full scan. Read-only.
    """

    id = models.BigIntegerField(primary_key=True)  # type: ignore[assignment]
    # Neither a view nor a table of triggers can cascade.
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+")
    account = models.ForeignKey(FinancialAccount, on_delete=models.DO_NOTHING, related_name="+")
    category = models.ForeignKey(Category, null=True, on_delete=models.DO_NOTHING, related_name="+")
    month = models.DateField(help_text="Its first day.")
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    inflow_minor = models.BigIntegerField(help_text="The positive part of the total.")
    count = models.BigIntegerField(help_text="Splits, not transactions.")

    class Meta(TenantModel.Meta):
        managed = False
        db_table = "finance_monthly_total"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.total_minor} {self.currency}"
