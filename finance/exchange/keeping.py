"""Keeping rates: a tenant's own by verbs, the reference rates from a file."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext

from finance.errors import LedgerError
from finance.exchange.ecb import ReferenceQuote
from finance.ledger.movements import YEARS
from finance.ledger.writing import announcement, change, insert, locked, writing
from finance.models import ExchangeRate, ReferenceRate
from finance.models.rates import RATE_DECIMALS, RATE_DIGITS
from finance.money import exponent
from tenancy.ids import new_id
from tenancy.wording import worded

AT_ONCE: Final = 5_000
GREATEST: Final = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Loaded:
    quotes: int
    new: int
    first: date
    last: date


def set_rate(base: str, quote: str, rate: Decimal, valid_on: date) -> ExchangeRate:
    """From a day on, one unit of `base` is `rate` of `quote`. A rate of that day is replaced.
    Raises LedgerError, InvalidMoney (no such currency)."""
    for currency in (base, quote):
        exponent(currency)
    if base == quote:
        raise LedgerError(
            gettext("A currency is always worth itself."), code="same_currency", field="quote"
        )
    if valid_on.year not in YEARS:
        raise LedgerError(
            worded(
                "The day must lie between %(start)s and %(end)s.",
                start=YEARS.start,
                end=YEARS.stop - 1,
            ),
            code="date_out_of_range",
            field="valid_on",
        )
    _check(rate)
    with writing():
        known: ExchangeRate | None = ExchangeRate.objects.filter(
            base=base, quote=quote, valid_on=valid_on
        ).first()
        if known is not None:
            change(known, "change", {"rate": rate})
            return known
        row = ExchangeRate(id=new_id(), base=base, quote=quote, rate=rate, valid_on=valid_on)
        told = {"base": base, "quote": quote, "rate": str(rate), "valid_on": valid_on.isoformat()}
        insert([row], "add", [told])
    return row


def change_rate(rate_id: uuid.UUID, rate: Decimal) -> ExchangeRate:
    """Raises NotInLedger, LedgerError."""
    _check(rate)
    with writing():
        row = locked(ExchangeRate, rate_id)
        change(row, "change", {"rate": rate})
    return row


def remove_rate(rate_id: uuid.UUID) -> None:
    """The rate before it holds on. Raises NotInLedger."""
    with writing():
        row = locked(ExchangeRate, rate_id)
        row.version += 1
        announcement(row, "remove", {"rate": str(row.rate)}, {}).save(force_insert=True)
        row.delete()


def load_reference_rates(quotes: Iterable[ReferenceQuote], since: date | None = None) -> Loaded:
    """Store the quotes of a file; those of a day that is known replace it. All or nothing: the
    file is read to its end first. Raises UnreadableRates, LedgerError (nothing in it)."""
    by_day = {
        (q.currency, q.valid_on): ReferenceRate(
            currency=q.currency, valid_on=q.valid_on, per_euro=q.per_euro
        )
        for q in quotes
        if since is None or q.valid_on >= since
    }
    rows = list(by_day.values())
    if not rows:
        raise LedgerError(gettext("The file holds no rates of these days."), code="no_rates")
    with transaction.atomic():
        before = ReferenceRate.objects.count()
        ReferenceRate.objects.bulk_create(
            rows,
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["currency", "valid_on"],
            update_fields=["per_euro"],
        )
        new = ReferenceRate.objects.count() - before
    days = [row.valid_on for row in rows]
    return Loaded(len(rows), new, min(days), max(days))


def _check(rate: Decimal) -> None:
    if not rate.is_finite() or not 0 < rate < GREATEST:
        raise LedgerError(
            worded("A rate is more than 0 and less than %(greatest)s.", greatest=GREATEST),
            code="invalid_rate",
            field="rate",
        )
    _, digits, places = rate.normalize().as_tuple()
    if len(digits) > RATE_DIGITS or -int(places) > RATE_DECIMALS:
        raise LedgerError(
            worded(
                "A rate has at most %(rate_decimals)s decimals and %(rate_digits)s digits. Give"
                " the rate the other way round if it is very small.",
                rate_decimals=RATE_DECIMALS,
                rate_digits=RATE_DIGITS,
            ),
            code="invalid_rate",
            field="rate",
        )
