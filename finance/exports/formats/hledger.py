"""A journal for hledger (and ledger): https://hledger.org/hledger.html#journal

Every account and commodity is declared, and the whole ledger ends with its balances as assertions,
so that `hledger check --strict` proves the file against our own sums.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from django.db.models import Max, Min

from finance.exports.entries import Period, accounts_of
from finance.exports.names import account_names, hledger_name
from finance.exports.postings import Booking, Posting, Sums, bookings, opening
from finance.models import FinancialAccount, Transaction, TransactionState
from finance.money import exponent
from finance.querysets import today


def write(period: Period) -> Iterator[str]:
    accounts = accounts_of(period)
    names = account_names(accounts, hledger_name)
    first, last = bounds()
    sums = Sums(names)
    yield "; From Inledger\ndecimal-mark .\n\n"
    yield from (f"commodity 1000.{'0' * exponent(code)} {code}\n" for code in _codes(accounts))
    yield from (f"account {name}\n" for name in names.values())
    declared: set[str] = set(names.values())
    if period.since is None:
        for account in accounts:
            booking = opening(account, names[account.pk], hledger_name, first)
            if booking is not None:
                yield from _written(sums.with_(booking), declared)
    for booking in bookings(period, names, hledger_name):
        yield from _written(sums.with_(booking), declared)
    if period == Period():
        yield f"\n{max(last, sums.last)} * Balances\n"
        for name, held in sums.held.items():
            yield f"    {name}  0 {held.currency} = {held} {held.currency}\n"


def _codes(accounts: list[FinancialAccount]) -> list[str]:
    return sorted({account.currency for account in accounts})


def bounds() -> tuple[date, date]:
    """The first and the last day on which something was posted; today in an empty ledger."""
    found = Transaction.objects.filter(state=TransactionState.POSTED).aggregate(
        first=Min("booked_on"), last=Max("booked_on")
    )
    return found["first"] or today(), found["last"] or today()


def _written(booking: Booking, declared: set[str]) -> Iterator[str]:
    for posting in booking.postings:
        if posting.account not in declared:
            declared.add(posting.account)
            yield f"account {posting.account}\n"
    note = f" | {_text(booking.description)}" if booking.description else ""
    yield f"\n{booking.booked_on} * ({booking.id}) {_text(booking.title)}{note}\n"
    yield from map(_posting, booking.postings)


def _posting(posting: Posting) -> str:
    amount = f"{posting.amount} {posting.amount.currency}"
    if posting.cost is not None:
        amount += f" @@ {abs(posting.cost)} {posting.cost.currency}"
    tags = [f"date:{posting.booked_on}"] if posting.booked_on else []
    comment = ", ".join([*tags, _text(posting.note)] if posting.note else tags)
    return f"    {posting.account}  {amount}{f'  ; {comment}' if comment else ''}\n"


def _text(value: str) -> str:
    """Without what ends a line or begins a comment."""
    return re.sub(r"[;|\s]+", " ", value).strip()
