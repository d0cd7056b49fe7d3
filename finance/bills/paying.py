"""Which transaction paid a bill."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from finance.bills.names import same_name, words_of
from finance.ledger.writing import change, writing
from finance.models import Bill, BillState, Transaction, TransactionState
from notifications.notify import cancel

# A bill may be paid some days before its message is read, and long after it is due.
BEFORE: Final = timedelta(days=3)
AFTER: Final = timedelta(days=60)
WITHOUT_DATE: Final = timedelta(days=45)
Score = tuple[int, int]


def unpaid() -> QuerySet[Bill]:
    """Open bills without a payment that counts."""
    found: QuerySet[Bill] = Bill.objects.filter(state=BillState.OPEN).exclude(
        payment__state=TransactionState.POSTED
    )
    return found


def match_payments(day: date) -> int:
    """Close the bills that a posted transaction has paid: the whole amount, in the days that make
    sense, and the payee's name, the reference or the card itself. One transaction pays one bill;
    the best reasons win, then the nearest date. Returns how many."""
    with writing():
        bills = [
            bill
            for bill in unpaid().filter(amount_minor__isnull=False).select_related("account")
            if window(bill)[0] <= day
        ]
        if not bills:
            return 0
        pairs = sorted(
            (
                (score, bill.pk, found.pk, bill, found)
                for found in _candidates(bills)
                for bill in bills
                if (score := score_of(bill, found)) is not None
            ),
            key=lambda pair: pair[:3],
        )
        paid: set[uuid.UUID] = set()
        used: set[uuid.UUID] = set()
        for _, bill_id, found_id, bill, found in pairs:
            if bill_id not in paid and found_id not in used:
                paid.add(bill_id)
                used.add(found_id)
                close(bill, found)
    return len(paid)


def close(bill: Bill, payment: Transaction) -> None:
    """The bill is paid; what was told of it is taken back. Inside `writing()`."""
    change(bill, "pay", {"payment_id": payment.pk})
    for kind in ("bill_due", "bill_overdue"):
        cancel(kind, key=f"{bill.pk}:*")


def _candidates(bills: Sequence[Bill]) -> list[Transaction]:
    """Posted transactions of the bills' amounts and days that pay no other bill: one query."""
    taken = Bill.objects.filter(payment=OuterRef("pk"))
    first = min(window(bill)[0] for bill in bills)
    last = max(window(bill)[1] for bill in bills)
    amounts = {bill.amount_minor for bill in bills if bill.amount_minor}
    return list(
        Transaction.objects.filter(
            Q(amount_minor__in=[-minor for minor in amounts])
            | Q(amount_minor__in=amounts, account__in={b.account_id for b in bills}),
            state=TransactionState.POSTED,
            booked_on__range=(first, last),
        ).exclude(Exists(taken))
    )


def window(bill: Bill) -> tuple[date, date]:
    """The days on which it may have been paid."""
    last = bill.due_on + AFTER if bill.due_on else bill.issued_on + WITHOUT_DATE
    return bill.issued_on - BEFORE, max(last, bill.issued_on)


def score_of(bill: Bill, found: Transaction) -> Score | None:
    """How well a transaction fits as the payment, lower is better: what speaks for it, then the
    days from the due date. None when it cannot be, or nothing but the amount speaks for it."""
    first, last = window(bill)
    if found.currency != bill.currency or not first <= found.booked_on <= last:
        return None
    minor = bill.amount_minor or 0
    days = abs((found.booked_on - (bill.due_on or bill.issued_on)).days)
    if bill.account_id is not None and found.account_id == bill.account_id:
        return (0, days) if found.amount_minor == minor else None
    if found.amount_minor != -minor:
        return None
    texts = (found.merchant, found.merchant_raw, found.description)
    if bill.reference and any(bill.reference in text for text in texts):
        return 1, days
    names = {bill.payee, *([bill.account.name, bill.account.institution] if bill.account else [])}
    if any(_names(name, text) for name in names for text in texts):
        return 2, days
    return None


def _names(name: str, text: str) -> bool:
    return bool(name and text) and (
        same_name(name, text) or bool(words_of(name) and words_of(name) <= words_of(text))
    )
