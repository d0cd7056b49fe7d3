"""Opening balances of accounts that messages opened, from the balances that messages state.

The earliest message that states a balance fixes it: opening = stated balance - its amount - what
was booked before. A person's own opening balance is never touched, and cards are left out: what
they state is a limit as often as a debt.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from finance.accounts import change_account
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

STATING_KINDS = (AccountKind.CHECKING, AccountKind.SAVINGS, AccountKind.WALLET, AccountKind.CASH)


@dataclass(frozen=True, slots=True)
class Booked:
    """One movement that a batch posted, and the balance that its message states after it."""

    account_id: uuid.UUID
    booked_on: date
    told_at: datetime
    amount: Money
    balance_after: Money | None


def settle_openings(booked: Sequence[Booked]) -> None:
    """Keep the opening balances true after a batch was posted. In the caller's transaction."""
    by_account: dict[uuid.UUID, list[Booked]] = {}
    for one in booked:
        by_account.setdefault(one.account_id, []).append(one)
    for account in _machine_opened(list(by_account)):
        _settle(account, by_account[account.pk])


def _machine_opened(ids: list[uuid.UUID]) -> list[FinancialAccount]:
    """Those of the accounts that a message opened and nobody has changed by hand."""
    changed = LedgerChange.objects.filter(
        subject=ChangeSubject.ACCOUNT, subject_id__in=ids, actor_kind__in=("user", "token")
    ).values_list("subject_id", flat=True)
    return list(
        FinancialAccount.objects.filter(
            pk__in=ids, origin=AccountOrigin.MESSAGE, kind__in=STATING_KINDS
        ).exclude(pk__in=list(changed))
    )


def _settle(account: FinancialAccount, booked: list[Booked]) -> None:
    anchors = [
        one
        for one in booked
        if one.balance_after is not None and one.balance_after.currency == account.currency
    ]
    first = min(anchors, key=lambda one: (one.booked_on, one.told_at), default=None)
    is_earlier = first is not None and (
        account.opening_on is None or first.booked_on < account.opening_on
    )
    if first is not None and first.balance_after is not None and is_earlier:
        before = _booked_before(account, first.booked_on)
        opening = Money(first.balance_after.minor - first.amount.minor - before, account.currency)
        change_account(account.pk, {"opening": opening, "opening_on": first.booked_on})
    elif account.opening_on is not None:
        earlier = sum(o.amount.minor for o in booked if o.booked_on < account.opening_on)
        if earlier:
            opening = Money(account.opening_minor - earlier, account.currency)
            change_account(account.pk, {"opening": opening})


def _booked_before(account: FinancialAccount, day: date) -> int:
    found = Transaction.objects.filter(
        account=account, state=TransactionState.POSTED, booked_on__lt=day
    ).aggregate(total=Sum("amount_minor"))
    return found["total"] or 0
