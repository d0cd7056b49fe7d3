"""Keeping what was stated of balances."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext

from finance.errors import LedgerError, NotInLedger, UnknownReference, WrongState
from finance.ledger import Source
from finance.ledger.movements import YEARS
from finance.ledger.writing import writing
from finance.models import FinancialAccount, StatedBalance, StatedBy
from finance.money import Money
from jobs.clock import database_now
from tenancy.wording import worded


@dataclass(frozen=True, slots=True)
class Stated:
    """A balance that a message or a statement tells of an account."""

    account_id: uuid.UUID
    stated_on: date
    amount: Money
    told_at: datetime
    source: Source
    stated_by: str = StatedBy.MESSAGE


def keep_stated(found: Sequence[Stated]) -> None:
    """Keep stated balances, each source once: what is known already is left as it is. Those in
    another currency than their account's are left out."""
    if not found:
        return
    accounts = FinancialAccount.objects.filter(pk__in={one.account_id for one in found})
    currencies = dict(accounts.values_list("pk", "currency"))
    rows = [
        StatedBalance(
            account_id=one.account_id,
            stated_on=one.stated_on,
            amount_minor=one.amount.minor,
            currency=one.amount.currency,
            stated_by=one.stated_by,
            told_at=one.told_at,
            source_kind=one.source.kind,
            source_id=one.source.id,
            source_item=one.source.item,
        )
        for one in found
        if currencies.get(one.account_id) == one.amount.currency
    ]
    with transaction.atomic():
        StatedBalance.objects.bulk_create(rows, ignore_conflicts=True)


def state_balance(account_id: uuid.UUID, stated_on: date, amount: Money) -> StatedBalance:
    """What a person reads on a statement for the end of a day; it replaces what they entered for
    that day before. Raises UnknownReference, LedgerError."""
    if stated_on.year not in YEARS:
        raise LedgerError(
            worded(
                "The day must lie between %(start)s and %(end)s.",
                start=YEARS.start,
                end=YEARS.stop - 1,
            ),
            code="date_out_of_range",
            field="stated_on",
        )
    account = FinancialAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise UnknownReference(
            worded("There is no account %(pk)s.", pk=account_id), field="account"
        )
    if account.currency != amount.currency:
        raise LedgerError(
            worded("The account is in %(currency)s.", currency=account.currency),
            code="currency_mismatch",
            field="amount",
        )
    with writing():
        row: StatedBalance
        row, _ = StatedBalance.objects.update_or_create(
            account=account,
            stated_on=stated_on,
            stated_by=StatedBy.PERSON,
            defaults={
                "amount_minor": amount.minor,
                "currency": amount.currency,
                "told_at": database_now(),
            },
        )
    return row


def withdraw_stated(stated_id: uuid.UUID) -> None:
    """Remove what a person entered. Raises NotInLedger, WrongState for what a message told."""
    with writing():
        row = StatedBalance.objects.select_for_update().filter(pk=stated_id).first()
        if row is None:
            raise NotInLedger(
                worded("There is no stated balance %(stated_id)s.", stated_id=stated_id)
            )
        if row.stated_by != StatedBy.PERSON:
            raise WrongState(
                gettext("A message or a statement told it: it stays."), code="not_by_hand"
            )
        row.delete()
