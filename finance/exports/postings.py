"""Entries as double entry: what hledger and beancount have in common.

A transfer is written once, where its outflow is; its two legs may be booked on different days.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from finance.exports.entries import Entry, Period, entries
from finance.exports.names import OPENING, Spell, category_name
from finance.models import FinancialAccount
from finance.money import Money


@dataclass(frozen=True, slots=True)
class Posting:
    """`amount` is added to `account`; `cost` is what it was paid with, in another currency.
    `booked_on` is given where it is not the transaction's day."""

    account: str
    amount: Money
    cost: Money | None = None
    booked_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """A balanced transaction."""

    id: str
    booked_on: date
    title: str
    description: str
    postings: tuple[Posting, ...]


def bookings(period: Period, names: Mapping[uuid.UUID, str], spell: Spell) -> Iterator[Booking]:
    """All of a period; a transfer's other leg comes with it, whatever its day."""
    for entry in entries(period):
        other = entry.other_leg
        if other is None or other.account_id not in names:
            yield _single(entry, names, spell)
        elif entry.amount.minor < 0:
            yield _transfer(entry, other, names)
        elif not _is_in(other, period):
            yield _transfer(other, entry, names)


def _is_in(entry: Entry, period: Period) -> bool:
    after = period.since is None or entry.booked_on >= period.since
    return after and (period.until is None or entry.booked_on <= period.until)


def _single(entry: Entry, names: Mapping[uuid.UUID, str], spell: Spell) -> Booking:
    parts = tuple(
        Posting(
            category_name(part.kind, part.category, spell, outflow=part.amount.minor < 0),
            -part.amount,
            note=part.note,
        )
        for part in entry.parts
    )
    own = Posting(names[entry.account_id], entry.amount)
    return _booking(entry, (*parts, own))


def _transfer(entry: Entry, other: Entry, names: Mapping[uuid.UUID, str]) -> Booking:
    same_day = other.booked_on == entry.booked_on
    abroad = other.amount.currency != entry.amount.currency
    arrival = Posting(
        names[other.account_id],
        other.amount,
        cost=-entry.amount if abroad else None,
        booked_on=None if same_day else other.booked_on,
    )
    return _booking(entry, (arrival, Posting(names[entry.account_id], entry.amount)))


def _booking(entry: Entry, postings: tuple[Posting, ...]) -> Booking:
    return Booking(str(entry.id), entry.booked_on, entry.title, entry.description, postings)


def opening(account: FinancialAccount, name: str, spell: Spell, first: date) -> Booking | None:
    """The opening balance, on its day or before all else."""
    if not account.opening_minor:
        return None
    equity = ":".join(map(spell, OPENING))
    return Booking(
        str(account.pk),
        account.opening_on or first,
        "Opening balance",
        "",
        (Posting(name, account.opening), Posting(equity, -account.opening)),
    )


class Sums:
    """What each account holds after all that was written: a file states it as its balances, so
    that who reads the file can prove it."""

    def __init__(self, names: Mapping[uuid.UUID, str]) -> None:
        self._own = frozenset(names.values())
        self.held: dict[str, Money] = {}
        self.last = date.min

    def with_(self, booking: Booking) -> Booking:
        """The same booking, counted."""
        for posting in booking.postings:
            if posting.account in self._own:
                before = self.held.get(posting.account)
                held = posting.amount if before is None else before + posting.amount
                self.held[posting.account] = held
            self.last = max(self.last, posting.booked_on or booking.booked_on)
        return booking
