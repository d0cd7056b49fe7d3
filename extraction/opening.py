"""Opening balances of accounts that messages opened, from the balances that messages state.

The earliest message that states a balance fixes it: opening = stated balance - its amount - what
was booked before. A person's own opening balance is never touched, and cards are left out: what
they state is a limit as often as a debt.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Q, Sum

from finance.accounts import move_openings
from finance.models import (
    AccountKind,
    AccountOrigin,
    ChangeSubject,
    FinancialAccount,
    LedgerChange,
    Transaction,
    TransactionState,
)
from finance.money import Money
from tenancy.scope import PERSONS

STATING_KINDS = (AccountKind.CHECKING, AccountKind.SAVINGS, AccountKind.WALLET, AccountKind.CASH)


@dataclass(frozen=True, slots=True)
class Booked:
    """One movement that a batch posted, and the balance that its message states after it."""

    account_id: uuid.UUID
    booked_on: date
    told_at: datetime
    amount: Money
    balance_after: Money | None


class Anchor(NamedTuple):
    """A movement, and the balance that was stated after it."""

    booked: Booked
    balance: Money

    @property
    def booked_on(self) -> date:
        return self.booked.booked_on


def settle_openings(booked: Sequence[Booked]) -> None:
    """Keep the opening balances true after a batch was posted. In the caller's transaction."""
    by_account: dict[uuid.UUID, list[Booked]] = {}
    for one in booked:
        by_account.setdefault(one.account_id, []).append(one)
    accounts = _machine_opened(list(by_account)) if by_account else []
    anchors = {
        account: anchor
        for account in accounts
        if (anchor := _anchor(account, by_account[account.pk])) is not None
    }
    before = _booked_before({account.pk: one.booked_on for account, one in anchors.items()})
    openings: dict[uuid.UUID, tuple[Money, date]] = {}
    for account in accounts:
        if account in anchors:
            anchor = anchors[account]
            began = anchor.balance.minor - anchor.booked.amount.minor
            opening = Money(began - before.get(account.pk, 0), account.currency)
            openings[account.pk] = opening, anchor.booked_on
        elif account.opening_on is not None:
            since = account.opening_on
            earlier = sum(o.amount.minor for o in by_account[account.pk] if o.booked_on < since)
            if earlier:
                opening = Money(account.opening_minor - earlier, account.currency)
                openings[account.pk] = opening, since
    if openings:
        move_openings(openings)


def _machine_opened(ids: list[uuid.UUID]) -> list[FinancialAccount]:
    """Those of the accounts that a message opened and nobody has changed by hand."""
    changed = LedgerChange.objects.filter(
        subject=ChangeSubject.ACCOUNT, subject_id__in=ids, actor_kind__in=PERSONS
    ).values_list("subject_id", flat=True)
    return list(
        FinancialAccount.objects.filter(
            pk__in=ids, origin=AccountOrigin.MESSAGE, kind__in=STATING_KINDS
        ).exclude(pk__in=list(changed))
    )


def _anchor(account: FinancialAccount, booked: list[Booked]) -> Anchor | None:
    """The earliest that states a balance, if it is earlier than what fixed the opening so far."""
    stating = [
        Anchor(one, one.balance_after)
        for one in booked
        if one.balance_after is not None and one.balance_after.currency == account.currency
    ]
    first = min(stating, key=lambda a: (a.booked_on, a.booked.told_at), default=None)
    if first is None or (account.opening_on and first.booked_on >= account.opening_on):
        return None
    return first


def _booked_before(days: Mapping[uuid.UUID, date]) -> dict[uuid.UUID, int]:
    """What was booked on each account before its day, in minor units: one query."""
    if not days:
        return {}
    earlier = reduce(or_, (Q(account=pk, booked_on__lt=day) for pk, day in days.items()))
    posted = Transaction.objects.filter(earlier, state=TransactionState.POSTED).order_by()
    return dict(
        posted.values("account").annotate(total=Sum("amount_minor")).values_list("account", "total")
    )
