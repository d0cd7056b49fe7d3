"""Reading bills: by how they stand on a day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Final

from django.db.models import Q, QuerySet

from finance.models import (
    Bill,
    BillState,
    BillStatus,
    ChangeSubject,
    LedgerChange,
    TransactionState,
)
from tenancy.scope import PERSONS

PAID: Final = Q(payment__isnull=False, payment__state=TransactionState.POSTED)


def standing(statuses: Iterable[str], day: date) -> Q:
    """Bills that stand in one of these ways on a day (see `Bill.status_on`)."""
    late = Q(due_on__isnull=False, due_on__lt=day)
    meant = {
        BillStatus.PAID: PAID,
        BillStatus.OVERDUE: ~PAID & Q(state=BillState.OPEN) & late,
        BillStatus.OPEN: ~PAID & Q(state=BillState.OPEN) & ~late,
        BillStatus.PROPOSED: ~PAID & Q(state=BillState.PROPOSED),
        BillStatus.DISMISSED: ~PAID & Q(state=BillState.DISMISSED),
    }
    wanted = Q(pk__in=[])
    for status in statuses:
        wanted |= meant[BillStatus(status)]
    return wanted


def shown(bills: QuerySet[Bill]) -> QuerySet[Bill]:
    """With what a list shows of each: one query."""
    return bills.select_related("payment", "account")


def due_in(first: date, last: date) -> QuerySet[Bill]:
    """Bills due on some days that were not dismissed."""
    return (
        shown(Bill.objects.exclude(state=BillState.DISMISSED))
        .filter(due_on__range=(first, last))
        .order_by("due_on", "id")
    )


def set_by_person(bills: Iterable[uuid.UUID]) -> dict[uuid.UUID, frozenset[str]]:
    """Bill → the columns that a person has set or changed; one query."""
    rows = LedgerChange.objects.filter(
        subject=ChangeSubject.BILL, subject_id__in=list(bills), actor_kind__in=PERSONS
    )
    found: dict[uuid.UUID, frozenset[str]] = {}
    for bill_id, after in rows.values_list("subject_id", "after"):
        found[bill_id] = found.get(bill_id, frozenset()) | after.keys()
    return found
