"""Two rows that belong together: legs of a transfer, or two reports of one movement."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.db.models import Q

from finance.errors import LedgerError, WrongState
from finance.ledger.asking import close_item_of
from finance.ledger.booking import post
from finance.ledger.changes import transfer_of
from finance.ledger.movements import Movement
from finance.ledger.references import References
from finance.ledger.writing import change, change_with_parts, locked, parts_of, writing
from finance.models import (
    AccountKind,
    Category,
    CategoryKind,
    FinancialAccount,
    ReviewState,
    Transaction,
    TransactionState,
    Transfer,
)
from finance.money import Money

# What a merge takes over where the row that stays has nothing.
FILLED_BY_MERGE = (
    "merchant", "merchant_raw", "description", "notes", "event", "occurred_at", "original_minor",
    "original_currency",
)  # fmt: skip


def transfer(first_id: uuid.UUID, second_id: uuid.UUID) -> Transfer:
    """Link an outflow and an inflow between two of the tenant's own accounts; from then on they
    are neither income nor expense. Linked with each other already: that link.

    Raises NotInLedger, WrongState (void, or linked elsewhere), LedgerError (same account, same
    direction, amounts of one currency that differ).
    """
    with writing():
        rows = [locked(Transaction, pk) for pk in sorted({first_id, second_id})]
        outflow, inflow = _legs(rows)
        link: Transfer | None = Transfer.objects.filter(
            Q(outflow__in=rows) | Q(inflow__in=rows)
        ).first()
        if link is not None:
            if (link.outflow_id, link.inflow_id) == (outflow.pk, inflow.pk):
                return link
            raise WrongState(
                "One of them is a leg of another transfer. Unlink that first.",
                code="linked_transfer",
            )
        category_id = _transfer_category(outflow, inflow)
        for row in (outflow, inflow):
            parts = [replace(part, category_id=category_id) for part in parts_of(row)]
            change_with_parts(row, "transfer", {}, parts)
        link = Transfer(outflow=outflow, inflow=inflow)
        link.save(force_insert=True)
        return link


def transfer_to(transaction_id: uuid.UUID, account_id: uuid.UUID) -> Transfer:
    """Book the other leg, on an account of the same currency that reports nothing by itself (a
    purse, say), and link the two. Raises as `transfer`, UnknownReference."""
    with writing():
        row = locked(Transaction, transaction_id)
        if row.state != TransactionState.POSTED:
            raise WrongState("Only a posted transaction has another leg.", code="not_posted")
        if transfer_of(row) is not None:
            raise WrongState("It is a leg of a transfer already.", code="linked_transfer")
        if row.account_id == account_id:
            raise LedgerError(
                "A transfer needs two accounts.", code="same_account", field="account"
            )
        other = post(
            Movement(
                account_id=account_id,
                booked_on=row.booked_on,
                amount=-row.amount,
                merchant=row.merchant,
                description=row.description,
                occurred_at=row.occurred_at,
                event="transfer_in" if row.amount_minor < 0 else "transfer_out",
            )
        )
        return transfer(row.pk, other.pk)


def unlink(transfer_id: uuid.UUID) -> tuple[Transaction, Transaction]:
    """Part the legs of a transfer; both lose their category. Raises NotInLedger."""
    with writing():
        return part_legs(locked(Transfer, transfer_id))


def part_legs(link: Transfer) -> tuple[Transaction, Transaction]:
    """As `unlink`, inside `writing()`."""
    legs = locked(Transaction, link.outflow_id), locked(Transaction, link.inflow_id)
    link.delete()
    for row in legs:
        parts = [replace(part, category_id=None) for part in parts_of(row)]
        change_with_parts(row, "unlink", {}, parts)
    return legs


def merge(keep_id: uuid.UUID, drop_id: uuid.UUID) -> Transaction:
    """Two reports of one movement become one: `drop` is voided and points to `keep`, which takes
    over what it lacked. Merged already: `keep`.

    Raises NotInLedger, WrongState, LedgerError (one row, or other currencies).
    """
    with writing():
        if keep_id == drop_id:
            raise LedgerError("A transaction cannot be merged with itself.", code="same")
        rows = {pk: locked(Transaction, pk) for pk in sorted({keep_id, drop_id})}
        keep, drop = rows[keep_id], rows[drop_id]
        if drop.merged_into_id == keep.pk:
            return keep
        _check_merge(keep, drop)
        filled = {n: getattr(drop, n) for n in FILLED_BY_MERGE if not getattr(keep, n)}
        filled = {n: value for n, value in filled.items() if value}
        provenance = {n: drop.provenance[n] for n in filled if n in drop.provenance}
        change(
            keep, "merge", filled | {"provenance": provenance | keep.provenance},
            note=f"took over from {drop.pk}",
        )  # fmt: skip
        change(drop, "merge", {"state": TransactionState.VOID, "merged_into_id": keep.pk})
        close_item_of(drop, ReviewState.DISMISSED, "merge", "merged")
    return keep


def _check_merge(keep: Transaction, drop: Transaction) -> None:
    if TransactionState.VOID in (keep.state, drop.state):
        raise WrongState("A void transaction cannot be merged.", code="void")
    if keep.state == TransactionState.PROPOSED and drop.state == TransactionState.POSTED:
        raise WrongState(
            "One is posted, the other only proposed: keep the posted one.", code="keep_the_posted"
        )
    if keep.currency != drop.currency or (keep.amount_minor < 0) != (drop.amount_minor < 0):
        raise LedgerError(
            "They are in different currencies or directions, so not one movement.",
            code="not_the_same",
        )
    if transfer_of(drop) is not None:
        raise WrongState(
            "The one to drop is a leg of a transfer. Unlink it first.", code="linked_transfer"
        )


def _legs(rows: list[Transaction]) -> tuple[Transaction, Transaction]:
    """Outflow and inflow. Raises WrongState, LedgerError."""
    if len(rows) != 2 or rows[0].account_id == rows[1].account_id:
        raise LedgerError("A transfer needs two transactions on two accounts.", code="same_account")
    if any(row.state == TransactionState.VOID for row in rows):
        raise WrongState("A void transaction cannot be linked.", code="void")
    outflow, inflow = sorted(rows, key=lambda row: row.amount_minor)
    if outflow.amount_minor > 0 or inflow.amount_minor < 0:
        raise LedgerError("A transfer needs an outflow and an inflow.", code="same_direction")
    if outflow.currency == inflow.currency and outflow.amount_minor != -inflow.amount_minor:
        raise LedgerError(
            f"{Money(-outflow.amount_minor, outflow.currency)} left one account and"
            f" {inflow.amount} {inflow.currency} reached the other: split off the fee first.",
            code="amounts_differ",
        )
    return outflow, inflow


def _transfer_category(outflow: Transaction, inflow: Transaction) -> uuid.UUID:
    to_card = FinancialAccount.objects.filter(
        pk=inflow.account_id, kind=AccountKind.CREDIT_CARD
    ).exists()
    bill = to_card or "card_payment" in (outflow.event, inflow.event)
    by_key = References(()).by_key
    found = by_key("card_payment" if bill else "own_transfer") or by_key("own_transfer")
    if found is not None:
        return found
    other: Category | None = Category.objects.filter(
        kind=CategoryKind.TRANSFER, is_archived=False
    ).first()
    if other is None:
        raise LedgerError(
            "There is no category of the kind “transfer”. Add one first.", code="no_category"
        )
    return other.pk
