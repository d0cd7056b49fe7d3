"""Two rows that belong together: legs of a transfer, a refund and its purchase."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext

from finance.errors import LedgerError, WrongState
from finance.ledger.booking import post
from finance.ledger.changes import legs_among, transfer_of
from finance.ledger.movements import Movement, Part
from finance.ledger.references import References
from finance.ledger.writing import (
    Rewrite,
    change_many,
    change_with_parts,
    locked,
    locked_many,
    not_in_ledger,
    parts_from,
    parts_of,
    parts_of_many,
    plain_parts,
    writing,
)
from finance.models import (
    AccountKind,
    Category,
    CategoryKind,
    FinancialAccount,
    LedgerChange,
    Transaction,
    TransactionState,
    Transfer,
)
from finance.money import Money
from tenancy.wording import worded

Pair = tuple[uuid.UUID, uuid.UUID]


def transfer(first_id: uuid.UUID, second_id: uuid.UUID) -> Transfer:
    """Link an outflow and an inflow between two of the tenant's own accounts; from then on they
    are neither income nor expense. Linked with each other already: that link.

    Raises NotInLedger, WrongState (void, or linked elsewhere), LedgerError (same account, same
    direction, amounts of one currency that differ).
    """
    [link] = _linked([(first_id, second_id)])
    if isinstance(link, LedgerError):
        raise link
    return link


def transfer_many(pairs: Sequence[Pair]) -> dict[Pair, Transfer]:
    """As `transfer` for many pairs of which no two share a row, in a handful of statements. What
    cannot be linked is left as it is, and out of the result."""
    links = zip(pairs, _linked(pairs), strict=True)
    return {pair: link for pair, link in links if isinstance(link, Transfer)}


def _linked(pairs: Sequence[Pair]) -> list[Transfer | LedgerError]:
    """For each pair its link, or what speaks against it."""
    if not pairs:
        return []
    with writing():
        rows = {
            row.pk: row for row in locked_many(Transaction, {pk for pair in pairs for pk in pair})
        }
        linking = _Linking(rows.values())
        result: list[Transfer | LedgerError] = []
        for pair in pairs:
            try:
                result.append(
                    linking.link(*_legs([_among(rows, pk) for pk in dict.fromkeys(pair)]))
                )
            except LedgerError as error:
                result.append(error)
        linking.write()
    return result


def _among(rows: Mapping[uuid.UUID, Transaction], pk: uuid.UUID) -> Transaction:
    if pk not in rows:
        raise not_in_ledger(Transaction, pk)
    return rows[pk]


class _Linking:
    """Links between rows that were read at once, to be written at once."""

    def __init__(self, rows: Collection[Transaction]) -> None:
        self._parts = parts_of_many(rows)
        self._links: dict[uuid.UUID, Transfer] = {
            pk: link
            for link in Transfer.objects.filter(Q(outflow__in=rows) | Q(inflow__in=rows))
            for pk in (link.outflow_id, link.inflow_id)
        }
        self._cards = set(
            FinancialAccount.objects.filter(
                pk__in={row.account_id for row in rows}, kind=AccountKind.CREDIT_CARD
            ).values_list("pk", flat=True)
        )
        self._by_key = References(()).by_key
        self._rewrites: list[Rewrite] = []
        self._new: list[Transfer] = []

    def link(self, outflow: Transaction, inflow: Transaction) -> Transfer:
        """Raises WrongState, LedgerError."""
        known = self._links.get(outflow.pk) or self._links.get(inflow.pk)
        if known is not None:
            if (known.outflow_id, known.inflow_id) == (outflow.pk, inflow.pk):
                return known
            raise WrongState(
                gettext("One of them is a leg of another transfer. Unlink that first."),
                code="linked_transfer",
            )
        category_id = self._category(outflow, inflow)
        for row in (outflow, inflow):
            mine = self._parts[row.pk]
            parts = [replace(part, category_id=category_id) for part in mine]
            self._rewrites.append(Rewrite(row, {}, mine, parts))
        made = Transfer(outflow=outflow, inflow=inflow)
        self._new.append(made)
        return made

    def write(self) -> None:
        change_many(self._rewrites, "transfer")
        Transfer.objects.bulk_create(self._new)

    def _category(self, outflow: Transaction, inflow: Transaction) -> uuid.UUID:
        to_card = inflow.account_id in self._cards
        bill = to_card or "card_payment" in (outflow.event, inflow.event)
        found = self._by_key("card_payment" if bill else "own_transfer")
        found = found or self._by_key("own_transfer")
        if found is not None:
            return found
        other: Category | None = Category.objects.filter(
            kind=CategoryKind.TRANSFER, is_archived=False
        ).first()
        if other is None:
            raise LedgerError(
                gettext("There is no category of the kind “transfer”. Add one first."),
                code="no_category",
            )
        return other.pk


def transfer_to(transaction_id: uuid.UUID, account_id: uuid.UUID) -> Transfer:
    """Book the other leg, on an account of the same currency that reports nothing by itself (a
    purse, say), and link the two. Raises as `transfer`, UnknownReference."""
    with writing():
        row = locked(Transaction, transaction_id)
        if row.state != TransactionState.POSTED:
            raise WrongState(
                gettext("Only a posted transaction has another leg."), code="not_posted"
            )
        if transfer_of(row) is not None:
            raise WrongState(gettext("It is a leg of a transfer already."), code="linked_transfer")
        if row.account_id == account_id:
            raise LedgerError(
                gettext("A transfer needs two accounts."), code="same_account", field="account"
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
    """Part the legs of a transfer; both get the categories back that they had before.
    Raises NotInLedger."""
    with writing():
        return part_legs(locked(Transfer, transfer_id))


def part_legs(link: Transfer) -> tuple[Transaction, Transaction]:
    """As `unlink`, inside `writing()`."""
    legs = locked(Transaction, link.outflow_id), locked(Transaction, link.inflow_id)
    link.delete()
    for row in legs:
        change_with_parts(row, "unlink", {}, parts_before(row, "transfer"))
    return legs


def refund_of(purchase_id: uuid.UUID, refund_id: uuid.UUID) -> None:
    """Count a refund where its purchase counts: it gets that category, unless a person has given
    it another. Raises NotInLedger, WrongState, LedgerError."""
    with writing():
        purchase, refund = (locked(Transaction, pk) for pk in (purchase_id, refund_id))
        is_leg = transfer_of(refund) is not None
        given = _refunded(purchase, refund, parts_of(purchase), parts_of(refund), is_leg=is_leg)
        change_with_parts(refund, "refund", {}, given)


def refund_many(pairs: Sequence[Pair]) -> set[Pair]:
    """As `refund_of` for many pairs (purchase, refund) of which no two share a row, in a handful
    of statements. Returns those that were linked; what cannot be is left as it is."""
    with writing():
        ids = {pk for pair in pairs for pk in pair}
        rows = {row.pk: row for row in locked_many(Transaction, ids)}
        parts, legs = parts_of_many(rows.values()), legs_among(ids)
        rewrites, done = [], set()
        for purchase_id, refund_id in pairs:
            spent, mine = parts[purchase_id], parts[refund_id]
            purchase, refund = rows[purchase_id], rows[refund_id]
            try:
                given = _refunded(purchase, refund, spent, mine, is_leg=refund_id in legs)
            except LedgerError:
                continue
            rewrites.append(Rewrite(refund, {}, mine, given))
            done.add((purchase_id, refund_id))
        change_many(rewrites, "refund")
    return done


def take_refund_back(purchase_id: uuid.UUID, refund_id: uuid.UUID) -> None:
    """Undo `refund_of`. Raises NotInLedger."""
    with writing():
        refund = locked(Transaction, refund_id)
        if transfer_of(refund) is None:
            change_with_parts(refund, "unlink", {}, parts_before(refund, "refund"))


def parts_before(row: Transaction, verb: str) -> list[Part]:
    """The splits that a transaction had before a link gave it a category; those it has now where
    that changed nothing, or somebody has changed them since."""
    parts = parts_of(row)
    entry = LedgerChange.objects.filter(
        subject_id=row.pk, verb__in=(verb, "unlink")
    ).order_by("-version").first()  # fmt: skip
    if entry is None or entry.verb != verb or entry.after.get("splits") != plain_parts(parts):
        return parts
    return parts_from(entry.before["splits"], row.currency)


def _refunded(
    purchase: Transaction, refund: Transaction, spent: list[Part], given: list[Part], *,
    is_leg: bool,
) -> list[Part]:  # fmt: skip
    """The splits of the refund. Raises WrongState, LedgerError."""
    if TransactionState.VOID in (purchase.state, refund.state):
        raise WrongState(gettext("A void transaction cannot be linked."), code="void")
    if purchase.amount_minor > 0 or refund.amount_minor < 0:
        raise LedgerError(
            gettext("A refund needs a purchase that it pays back."), code="same_direction"
        )
    is_free = not {"category_id", "parts"} & set(refund.locked)
    if not is_free or len(given) != 1 or is_leg:
        return given
    largest = min(spent, key=lambda part: part.amount.minor)
    return [replace(given[0], category_id=largest.category_id)]


def _legs(rows: list[Transaction]) -> tuple[Transaction, Transaction]:
    """Outflow and inflow. Raises WrongState, LedgerError."""
    if len(rows) != 2 or rows[0].account_id == rows[1].account_id:
        raise LedgerError(
            gettext("A transfer needs two transactions on two accounts."), code="same_account"
        )
    if any(row.state == TransactionState.VOID for row in rows):
        raise WrongState(gettext("A void transaction cannot be linked."), code="void")
    outflow, inflow = sorted(rows, key=lambda row: row.amount_minor)
    if outflow.amount_minor > 0 or inflow.amount_minor < 0:
        raise LedgerError(
            gettext("A transfer needs an outflow and an inflow."), code="same_direction"
        )
    if outflow.currency == inflow.currency and outflow.amount_minor != -inflow.amount_minor:
        raise LedgerError(
            worded(
                "%(wanted)s left one account and %(amount)s %(currency)s reached the other: split"
                " off the fee first.",
                wanted=Money(-outflow.amount_minor, outflow.currency),
                amount=inflow.amount,
                currency=inflow.currency,
            ),
            code="amounts_differ",
        )
    return outflow, inflow
