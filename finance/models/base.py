"""What every row of the ledger has in common."""

from __future__ import annotations

from django.db import models

from tenancy.models import TenantModel


class LedgerRow(TenantModel):
    """A row whose every change is on the audit trail.

    `version` counts the changes; version n exists only beside the LedgerChange numbered n. For
    transactions and their splits the database insists on it, so that no statement, whoever sends
    it, changes the ledger without leaving a trace.
    """

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta(TenantModel.Meta):
        abstract = True
