"""A ledger for beancount: https://beancount.github.io/docs/beancount_language_syntax.html

It knows one day a transaction: a transfer whose legs were booked on two days passes through an
account of its own. The whole ledger ends with its balances, which `bean-check` proves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from finance.exports.entries import Period, accounts_of
from finance.exports.formats.hledger import bounds
from finance.exports.names import account_names, beancount_name
from finance.exports.postings import Booking, Posting, Sums, bookings, opening

IN_TRANSIT = "Assets:In-transit"


def write(period: Period) -> Iterator[str]:
    accounts = accounts_of(period)
    names = account_names(accounts, beancount_name)
    first, last = bounds()
    sums = Sums(names)
    yield '; From Inledger\noption "title" "Inledger"\nplugin "beancount.plugins.auto_accounts"\n'
    if period.since is None:
        for account in accounts:
            booking = opening(account, names[account.pk], beancount_name, first)
            if booking is not None:
                yield _written(sums.with_(booking))
    for booking in bookings(period, names, beancount_name):
        yield from map(_written, _steps(sums.with_(booking)))
    if period == Period():
        after = max(last, sums.last) + timedelta(1)
        yield "\n"
        for name, held in sums.held.items():
            yield f"{after} balance {name}  {held} {held.currency}\n"


def _steps(booking: Booking) -> Iterator[Booking]:
    """One booking, or two where a transfer arrives on another day than it left."""
    late = next((item for item in booking.postings if item.booked_on), None)
    if late is None or late.booked_on is None:
        yield booking
        return
    others = tuple(item for item in booking.postings if item is not late)
    sent = -others[0].amount
    yield replace(booking, postings=(Posting(IN_TRANSIT, sent), *others))
    arrival = (replace(late, booked_on=None), Posting(IN_TRANSIT, -sent))
    yield replace(booking, booked_on=late.booked_on, postings=arrival)


def _written(booking: Booking) -> str:
    lines = [
        f"\n{booking.booked_on} * {_string(booking.title)} {_string(booking.description)}",
        f'  id: "{booking.id}"',
        *map(_posting, booking.postings),
    ]
    return "\n".join(lines) + "\n"


def _posting(posting: Posting) -> str:
    amount = f"{posting.amount} {posting.amount.currency}"
    if posting.cost is not None:
        amount += f" @@ {abs(posting.cost)} {posting.cost.currency}"
    return f"  {posting.account}  {amount}"


def _string(value: str) -> str:
    plain = " ".join(value.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
