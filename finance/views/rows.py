"""Transactions as pages show them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.models import Transaction, TransactionState
from finance.money import Money
from finance.querysets import Row, list_rows, with_links
from finance.views.events import event_label

REASONS: Final = {
    "source_not_own": gettext_lazy("Source not declared yours"),
    "failing_sender": gettext_lazy("Sender may be forged"),
    "unverified_sender": gettext_lazy("Sender not verified"),
    "new_sender": gettext_lazy("First from this sender"),
    "lookalike_sender": gettext_lazy("Its address imitates your bank's"),
    "model_disagrees": gettext_lazy("A model thinks it is no transaction"),
    "read_by_model": gettext_lazy("Read by a model"),
    "other_institution": gettext_lazy("From another institution"),
    "damaged_message": gettext_lazy("Damaged message"),
    "spot_check": gettext_lazy("Checked now and then"),
    "often_corrected": gettext_lazy("Often corrected so far"),
    "unknown_account": gettext_lazy("Unknown account"),
    "currency_differs": gettext_lazy("Other currency"),
    "low_confidence": gettext_lazy("Not certain"),
    "possible_duplicate": gettext_lazy("Possible duplicate"),
    "hold": gettext_lazy("Only reserved"),
    "two_amounts": gettext_lazy("Two amounts"),
    "no_amount": gettext_lazy("No amount"),
    "no_account": gettext_lazy("No account named"),
    "no_currency": gettext_lazy("No currency"),
    "ambiguous_currency": gettext_lazy("Which currency?"),
    "ambiguous_date": gettext_lazy("Which date?"),
    "weak_event": gettext_lazy("Unclear what happened"),
    "mixed_events": gettext_lazy("Several events named"),
    "direction_unclear": gettext_lazy("In or out?"),
    "promotional_words": gettext_lazy("Reads like advertising"),
    "several_events": gettext_lazy("Several in one message"),
    "unlabelled_amount": gettext_lazy("Amount without a label"),
    "forwarded": gettext_lazy("Forwarded"),
    "not_grounded": gettext_lazy("Not found in the text"),
    "sender_imitates": gettext_lazy("Its address imitates another's"),
    "screened_out": gettext_lazy("Screened out"),
    "shown_otherwise": gettext_lazy("The message shows something else than it says"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction in a list."""

    id: uuid.UUID
    title: str
    state: str
    booked_on: date
    amount: Money
    original: Money | None
    account: str
    category_label: str
    is_transfer: bool
    tags: list[str]


@dataclass(frozen=True, slots=True)
class Day:
    """One day's transactions. `total` is the sum of the posted ones, where they share a currency;
    a day that goes on from the page before has no heading."""

    date: date
    transactions: list[Entry]
    total: Money | None
    show_heading: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of the posted transactions of a list in one currency."""

    inflow: Money
    outflow: Money
    count: int

    @property
    def net(self) -> Money:
        return self.inflow + self.outflow


def words(code: str) -> str:
    """“card_payment” as “Card payment”."""
    return code.replace("_", " ").capitalize()


def reason_labels(codes: Iterable[str]) -> list[str]:
    return [str(REASONS.get(code, words(code))) for code in codes]


def title_of(merchant: str, description: str, event: str) -> str:
    return merchant or description or event_label(event) or _("Transaction")


def entry(row: Row) -> Entry:
    """From a row of `querysets.list_rows` with its links."""
    original = None
    if row["original_minor"] is not None:
        original = Money(row["original_minor"], row["original_currency"])
    return Entry(
        id=row["id"],
        title=title_of(row["merchant"], row["description"], row["event"]),
        state=row["state"],
        booked_on=row["booked_on"],
        amount=Money(row["amount_minor"], row["currency"]),
        original=original,
        account=row["account__name"],
        category_label=category_label(row["splits"]),
        is_transfer=row["transfer"] is not None,
        tags=[tag["name"] for tag in row["tags"]],
    )


def category_label(splits: Sequence[dict[str, Any]]) -> str:
    if len(splits) > 1:
        return _("%(n)d parts") % {"n": len(splits)}
    return splits[0]["category"] if splits and splits[0]["category"] else _("No category")


def entry_of(transaction_id: uuid.UUID) -> Entry:
    rows = list_rows(Transaction.objects.filter(id=transaction_id))
    return entry(with_links(list(rows))[0])


def days(entries: Sequence[Entry], *, after: date | None) -> list[Day]:
    """Entries grouped by day. `after` is the last day of the page before."""
    grouped = []
    for booked_on, some in groupby(entries, key=lambda entry: entry.booked_on):
        of_day = list(some)
        total = _sum([e.amount for e in of_day if e.state == TransactionState.POSTED])
        # The rest of the day is on the page before, so its sum would be wrong here.
        goes_on = booked_on == after
        grouped.append(Day(booked_on, of_day, None if goes_on else total, not goes_on))
    return grouped


def _sum(amounts: Sequence[Money]) -> Money | None:
    if len(amounts) < 2 or len({amount.currency for amount in amounts}) > 1:
        return None
    return sum(amounts[1:], start=amounts[0])
