"""What a person does with bills: enter, change, confirm, dismiss, say which payment it was."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext

from finance.bills.paying import close
from finance.errors import LedgerError, NotInLedger, UnknownReference, WrongState
from finance.ledger.movements import LARGEST_MINOR, check_date, clean_text
from finance.ledger.writing import change, insert, locked, plain, writing
from finance.models import Bill, BillState, FinancialAccount, Transaction, TransactionState
from finance.money import Money
from finance.querysets import today
from notifications.notify import cancel
from tenancy.ids import new_id
from tenancy.wording import worded

TEXT_LIMITS: Final = {"payee": 200, "reference": 100, "notes": 10_000}
KEPT: Final = ("payee", "amount_minor", "currency", "due_on", "account_id", "reference", "state")
KINDS: Final = ("bill_due", "bill_overdue")


def add_bill(payee: str, amount: Money, due_on: date | None = None, **fields: Any) -> Bill:
    """`fields`: `account_id`, `reference`, `notes`. Raises LedgerError, UnknownReference."""
    with writing():
        row = Bill(
            id=new_id(),
            payee=payee,
            amount_minor=amount.minor,
            currency=amount.currency,
            due_on=due_on,
            issued_on=today(),
            **fields,
        )
        _clean(row)
        insert([row], "add", [{name: plain(getattr(row, name)) for name in KEPT}])
    return row


def change_bill(bill_id: uuid.UUID, changes: Mapping[str, Any]) -> Bill:
    """Change what `add_bill` takes. Raises NotInLedger, LedgerError, UnknownReference."""
    with writing():
        row = locked(Bill, bill_id)
        wanted = dict(changes)
        if "amount" in wanted:
            amount: Money = wanted.pop("amount")
            wanted |= {"amount_minor": amount.minor, "currency": amount.currency}
        trial = Bill(**{f.attname: getattr(row, f.attname) for f in Bill._meta.fields})
        for name, value in wanted.items():
            setattr(trial, name, value)
        _clean(trial)
        wanted |= {name: getattr(trial, name) for name in TEXT_LIMITS if name in wanted}
        if change(row, "change", wanted):
            _take_back(row)
    return row


def confirm(bill_id: uuid.UUID) -> Bill:
    """It is a bill: it may be told of. Confirmed already: nothing happens. Raises NotInLedger,
    WrongState (dismissed)."""
    with writing():
        row = locked(Bill, bill_id)
        if row.state == BillState.DISMISSED:
            raise WrongState(gettext("This was dismissed. Reopen it first."), code="dismissed")
        change(row, "confirm", {"state": BillState.OPEN, "doubts": []})
    return row


def dismiss(bill_id: uuid.UUID) -> Bill:
    """It is not to be paid; messages about it do not bring it back. Raises NotInLedger."""
    with writing():
        row = locked(Bill, bill_id)
        if change(row, "dismiss", {"state": BillState.DISMISSED}):
            _take_back(row)
    return row


def reopen(bill_id: uuid.UUID) -> Bill:
    """Take back that it was dismissed, or paid. Raises NotInLedger."""
    with writing():
        row = locked(Bill, bill_id)
        change(row, "reopen", {"state": BillState.OPEN, "payment_id": None, "doubts": []})
    return row


def pay(bill_id: uuid.UUID, transaction_id: uuid.UUID) -> Bill:
    """A person says which posted transaction paid it, whatever its amount. Raises NotInLedger,
    UnknownReference, WrongState (the transaction is not posted, or paid another bill)."""
    with writing():
        row = locked(Bill, bill_id)
        payment = Transaction.objects.filter(pk=transaction_id).first()
        if payment is None:
            raise UnknownReference(
                worded(
                    "There is no transaction %(transaction_id)s.", transaction_id=transaction_id
                ),
                field="transaction",
            )
        if payment.state != TransactionState.POSTED:
            raise WrongState(gettext("Only a posted transaction pays a bill."), code="not_posted")
        if Bill.objects.filter(payment=payment).exclude(pk=row.pk).exists():
            raise WrongState(gettext("This transaction pays another bill."), code="pays_another")
        if row.state != BillState.OPEN:
            change(row, "confirm", {"state": BillState.OPEN, "doubts": []})
        close(row, payment)
    return row


def bill_named(bill_id: uuid.UUID) -> Bill:
    """Raises NotInLedger."""
    row: Bill | None = Bill.objects.filter(pk=bill_id).first()
    if row is None:
        raise NotInLedger(worded("There is no bill %(bill_id)s.", bill_id=bill_id))
    return row


def _take_back(row: Bill) -> None:
    """What was told of it before is no longer so."""
    for kind in KINDS:
        cancel(kind, key=f"{row.pk}:*")
    row.told_for = row.late_told_for = None
    row.save(update_fields=["told_for", "late_told_for"])


def _clean(row: Bill) -> None:
    for name, limit in TEXT_LIMITS.items():
        setattr(row, name, clean_text(getattr(row, name), limit))
    if not row.payee:
        raise LedgerError(gettext("Say who is to be paid."), code="blank", field="payee")
    if row.amount_minor is not None and not 0 < row.amount_minor <= LARGEST_MINOR:
        raise LedgerError(
            gettext("A bill's amount is more than zero."),
            code="amount_out_of_range",
            field="amount",
        )
    if row.due_on is not None:
        check_date(row.due_on)
    if row.account_id and not FinancialAccount.objects.filter(pk=row.account_id).exists():
        raise UnknownReference(
            worded("There is no account %(pk)s.", pk=row.account_id),
            field="account",
        )
