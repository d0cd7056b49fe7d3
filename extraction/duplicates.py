"""Is this movement perhaps in the ledger already, told by another message?

Nothing is dropped for being alike: a likely duplicate becomes a question. Two messages of one
sender are two movements unless day, merchant and everything else agree; messages of two senders
(a shop's receipt, the bank's alert) may tell of one purchase even some days apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from finance.ledger import Movement
from finance.models import Transaction, TransactionState
from mail_ingest.models import Email

OTHER_SENDER_DAYS = 3
SAME_MOMENT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Told:
    """What one message tells of a movement, as far as it can be compared."""

    source_id: str
    sender: str
    account_id: uuid.UUID
    amount_minor: int
    booked_on: date
    occurred_at: datetime | None
    merchant: str
    reference: str


def told(movement: Movement, sender: str) -> Told:
    return Told(
        source_id=movement.source.id if movement.source else "",
        sender=sender,
        account_id=movement.account_id,
        amount_minor=movement.amount.minor,
        booked_on=movement.booked_on,
        occurred_at=movement.occurred_at,
        merchant=movement.merchant.casefold(),
        reference=movement.description,
    )


def alike(one: Told, other: Told) -> bool:
    """Whether two messages may tell of one movement."""
    if (one.account_id, one.amount_minor) != (other.account_id, other.amount_minor):
        return False
    if one.source_id == other.source_id:
        return False
    days = abs((one.booked_on - other.booked_on).days)
    if one.sender != other.sender:
        return days <= OTHER_SENDER_DAYS
    if days or (one.merchant and other.merchant and one.merchant != other.merchant):
        return False
    if one.reference and other.reference and one.reference != other.reference:
        return False
    if one.occurred_at and other.occurred_at:
        return abs(one.occurred_at - other.occurred_at) <= SAME_MOMENT
    return True


def in_ledger(movements: Sequence[Movement]) -> list[Told]:
    """What the ledger knows already of the accounts, amounts and days of a batch: two queries."""
    if not movements:
        return []
    days = [movement.booked_on for movement in movements]
    near = timedelta(days=OTHER_SENDER_DAYS)
    rows = list(
        Transaction.objects.filter(
            account_id__in={movement.account_id for movement in movements},
            amount_minor__in={movement.amount.minor for movement in movements},
            booked_on__range=(min(days) - near, max(days) + near),
        ).exclude(state=TransactionState.VOID)
    )
    senders = _senders(row.source_id for row in rows if row.source_kind == "email")
    return [
        Told(
            source_id=row.source_id,
            sender=senders.get(row.source_id, row.source_kind),
            account_id=row.account_id,
            amount_minor=row.amount_minor,
            booked_on=row.booked_on,
            occurred_at=row.occurred_at,
            merchant=row.merchant.casefold(),
            reference=row.description,
        )
        for row in rows
    ]


def _senders(email_ids: Iterable[str]) -> dict[str, str]:
    found = Email.objects.filter(pk__in=set(email_ids)).values_list("pk", "from_address")
    return {str(pk): address for pk, address in found}
