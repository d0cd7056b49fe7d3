"""Bills as messages tell them: each message once, and one bill for all that tell of the same."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q

from finance.bills.names import same_name
from finance.ledger.movements import LARGEST_MINOR, Source, clean_text
from finance.ledger.sources import SourceKey, key
from finance.ledger.writing import insert, plain, writing
from finance.models import Bill, BillNotice, BillOrigin, BillState
from finance.money import Money
from finance.querysets import today
from tenancy.ids import new_id

# Reminders of a bill come within so many days of the first message.
REMINDED_WITHIN: Final = timedelta(days=120)
# What was due before is history, not a bill: an archive of years is full of them.
OLDEST: Final = timedelta(days=60)
KEPT: Final = ("payee", "amount_minor", "currency", "due_on", "state", "origin")


@dataclass(frozen=True, slots=True)
class Notice:
    """What one message tells of a bill. `doubts` are stable codes: with any, a person has to
    confirm it before anybody is told to pay."""

    source: Source
    payee: str
    told_on: date
    amount: Money | None = None
    currency: str = ""
    due_on: date | None = None
    account_id: uuid.UUID | None = None
    reference: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def says_enough(self) -> bool:
        """A payee, and an amount or a day: less is no bill. Amounts out of range are none."""
        sound = self.amount is None or 0 < self.amount.minor <= LARGEST_MINOR
        return bool(self.payee.strip()) and sound and (self.amount is not None or bool(self.due_on))


def enter_many(notices: Sequence[Notice]) -> list[Bill]:
    """The bills that these messages tell of, made where there is none yet: a handful of statements
    for the batch. A message that was heard before changes nothing; one without doubts confirms a
    bill that had some; one that adds what was missing completes it. Returns the new ones."""
    oldest = today() - OLDEST
    sound = [n for n in notices if n.says_enough and (n.due_on or n.told_on) >= oldest]
    if not sound:
        return []
    with writing():
        heard = _heard(sound)
        known = _known(sound)
        new: list[Bill] = []
        changed: list[Bill] = []
        links: list[BillNotice] = []
        for notice in sound:
            if key(notice.source) in heard:
                continue
            heard.add(key(notice.source))
            bill = next((row for row in known if tells_of(notice, row)), None)
            if bill is None:
                bill = _bill(notice)
                known.append(bill)
                new.append(bill)
            elif _learn(bill, notice) and bill not in new:
                changed.append(bill)
            links.append(_link(bill, notice))
        insert(new, "enter", [{name: plain(getattr(b, name)) for name in KEPT} for b in new])
        Bill.objects.bulk_update(changed, ["state", "doubts", *LEARNT])
        BillNotice.objects.bulk_create(links)
    return new


def _heard(notices: Sequence[Notice]) -> set[SourceKey]:
    rows = BillNotice.objects.filter(
        source_kind__in={n.source.kind for n in notices},
        source_id__in={n.source.id for n in notices},
    )
    return set(rows.values_list("source_kind", "source_id", "source_item"))


def _known(notices: Sequence[Notice]) -> list[Bill]:
    """Bills that any of the messages may tell of, the newest first."""
    first = min(n.told_on for n in notices) - REMINDED_WITHIN
    days = {n.due_on for n in notices if n.due_on}
    return list(Bill.objects.filter(Q(issued_on__gte=first) | Q(due_on__in=days)).order_by("-id"))


def tells_of(notice: Notice, bill: Bill) -> bool:
    """Whether a message is about a bill that is known: the same payee, the same reference or due
    day, and nothing that contradicts. Two bills of one payee on one day with different amounts
    stay two."""
    if not same_name(notice.payee, bill.payee):
        return False
    amount = bill.amount
    if notice.amount is not None and amount is not None and notice.amount != amount:
        return False
    if notice.reference and bill.reference and notice.reference != bill.reference:
        return False
    if notice.due_on is not None and bill.due_on is not None:
        return notice.due_on == bill.due_on
    same_reference = bool(notice.reference) and notice.reference == bill.reference
    same_amount = notice.amount is not None and notice.amount == amount
    is_near = abs(notice.told_on - bill.issued_on) <= timedelta(days=31)
    return same_reference or (same_amount and is_near)


LEARNT: Final = ("amount_minor", "currency", "due_on", "account", "reference")


def _learn(bill: Bill, notice: Notice) -> bool:
    """Take over what the bill lacks; whether anything was."""
    before = [getattr(bill, name) for name in ("amount_minor", "due_on", "account_id", "reference",
                                               "state")]  # fmt: skip
    if bill.amount_minor is None and notice.amount is not None:
        bill.amount_minor, bill.currency = notice.amount.minor, notice.amount.currency
    bill.due_on = bill.due_on or notice.due_on
    bill.account_id = bill.account_id or notice.account_id
    bill.reference = bill.reference or clean_text(notice.reference, 100)
    if bill.state == BillState.PROPOSED and not notice.doubts:
        bill.state, bill.doubts = BillState.OPEN, []
    after = [bill.amount_minor, bill.due_on, bill.account_id, bill.reference, bill.state]
    return before != after


def _bill(notice: Notice) -> Bill:
    return Bill(
        id=new_id(),
        payee=clean_text(notice.payee, 200),
        amount_minor=notice.amount.minor if notice.amount else None,
        currency=notice.amount.currency if notice.amount else notice.currency,
        due_on=notice.due_on,
        issued_on=notice.told_on,
        account_id=notice.account_id,
        reference=clean_text(notice.reference, 100),
        origin=BillOrigin.MESSAGE,
        doubts=list(notice.doubts),
        state=BillState.PROPOSED if notice.doubts else BillState.OPEN,
    )


def _link(bill: Bill, notice: Notice) -> BillNotice:
    source = notice.source
    return BillNotice(
        bill=bill,
        source_kind=source.kind,
        source_id=source.id,
        source_item=source.item,
        told_on=notice.told_on,
    )
