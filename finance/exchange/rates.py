"""Converting sums, by the last rate on or before their day.

The tenant's own rates and the reference rates stand side by side: the later day wins, and on the
same day the tenant's own. Reference rates are against the euro, so two others meet through it, and
such a rate is as old as the older of the two. What has no rate is not converted, and is told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, Final

from django.db import connection
from django.db.models import UUIDField

from finance.models import ExchangeRate, ReferenceRate
from finance.money import Money, exponent
from tenancy.scope import current_tenant_id

EURO: Final = "EUR"
# So that a rate through the euro carries no rounding of its own.
PRECISION: Final = 40
SHOWN_DIGITS: Final = 6

Wanted = tuple[str, date]


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` is `value` of `quote`. `source` is "own" or "ecb"."""

    base: str
    quote: str
    value: Decimal
    valid_on: date
    source: str

    def convert(self, money: Money) -> Money:
        """To the quote currency's minor units, half to even."""
        with localcontext() as context:
            context.prec = PRECISION
            exact = money.minor * self.value
            scaled = exact.scaleb(exponent(self.quote) - exponent(self.base))
            return Money(int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN)), self.quote)

    @property
    def shown(self) -> str:
        """The rate with six significant digits, as people compare it."""
        with localcontext() as context:
            context.prec = SHOWN_DIGITS
            return f"{(+self.value).normalize():f}"


@dataclass(frozen=True, slots=True)
class ConvertedTotal:
    """A sum in one currency, by which rates, and what of it has no rate and is left out."""

    total: Money
    rates: list[Rate]
    left_out: list[Money]


class Rates:
    """Rates to one currency for days that were asked for beforehand."""

    def __init__(self, home: str, found: Mapping[Wanted, Rate]) -> None:
        self.home = home
        self._found = found

    def rate(self, currency: str, on: date) -> Rate | None:
        return self._found.get((currency, on))

    def convert(self, money: Money, on: date) -> Money | None:
        """None when there is no rate."""
        if money.currency == self.home:
            return money
        rate = self.rate(money.currency, on)
        return rate.convert(money) if rate else None

    def total(self, amounts: Iterable[tuple[Money, date]]) -> ConvertedTotal:
        """The sum of amounts on their days. Amounts of one currency and day are added before they
        are converted, so that rounding happens once."""
        sums: dict[Wanted, int] = {}
        for money, on in amounts:
            key = (money.currency, on)
            sums[key] = sums.get(key, 0) + money.minor
        total, used = 0, dict[Wanted, Rate]()
        left_out: dict[str, int] = {}
        for (currency, on), minor in sorted(sums.items()):
            converted = self.convert(Money(minor, currency), on)
            if converted is None:
                left_out[currency] = left_out.get(currency, 0) + minor
                continue
            total += converted.minor
            if rate := self.rate(currency, on):
                used[(currency, rate.valid_on)] = rate
        return ConvertedTotal(
            Money(total, self.home),
            list(used.values()),
            [Money(minor, currency) for currency, minor in left_out.items() if minor],
        )


def rates_to(home: str, wanted: Iterable[Wanted]) -> Rates:
    """The rates to `home` for (currency, day) pairs: at most three queries, none when all is in
    `home` already."""
    pairs = sorted({(currency, on) for currency, on in wanted if currency != home})
    if not pairs:
        return Rates(home, {})
    rows = _candidates(home, pairs)
    own = ExchangeRate.objects.in_bulk({pk for row in rows for pk in row[:2] if pk})
    reference = ReferenceRate.objects.in_bulk([pk for row in rows for pk in row[2:] if pk])
    found = {}
    for pair, row in zip(pairs, rows, strict=True):
        direct, inverse = (own.get(pk) for pk in row[:2])
        theirs, ours = (reference.get(pk) for pk in row[2:])
        rate = _best(pair[0], home, (direct, inverse), (theirs, ours))
        if rate is not None:
            found[pair] = rate
    return Rates(home, found)


def total_in(home: str, amounts: Iterable[Money], on: date) -> ConvertedTotal:
    """The sum of amounts in `home` by the rates of one day."""
    dated = [(money, on) for money in amounts]
    return rates_to(home, ((money.currency, on) for money, _ in dated)).total(dated)


def _best(
    base: str,
    home: str,
    own: tuple[ExchangeRate | None, ExchangeRate | None],
    reference: tuple[ReferenceRate | None, ReferenceRate | None],
) -> Rate | None:
    direct, inverse = own
    theirs, ours = reference
    found: list[Rate] = []
    with localcontext() as context:
        context.prec = PRECISION
        if direct:
            found.append(Rate(base, home, direct.rate, direct.valid_on, "own"))
        if inverse:
            found.append(Rate(base, home, 1 / inverse.rate, inverse.valid_on, "own"))
        if (theirs or base == EURO) and (ours or home == EURO):
            value = (ours.per_euro if ours else 1) / (theirs.per_euro if theirs else Decimal(1))
            oldest = min(row.valid_on for row in (theirs, ours) if row)
            found.append(Rate(base, home, value, oldest, "ecb"))
    # max() keeps the first of equals: the tenant's own.
    return max(found, key=lambda rate: rate.valid_on, default=None)


_OWN = (
    "(SELECT r.id FROM finance_exchangerate r WHERE r.tenant_id = %s AND r.base = {base}"
    " AND r.quote = {quote} AND r.valid_on <= w.on_day ORDER BY r.valid_on DESC LIMIT 1)"
)
_REFERENCE = (
    "(SELECT r.id FROM finance_referencerate r WHERE r.currency = {currency}"
    " AND r.valid_on <= w.on_day ORDER BY r.valid_on DESC LIMIT 1)"
)


def _candidates(home: str, pairs: Sequence[Wanted]) -> list[tuple[Any, ...]]:
    """For each pair, in order, the ids of: own rate, own rate the other way, reference rate of
    the currency, reference rate of `home`. One statement, four index look-ups a pair."""
    is_postgresql = connection.vendor == "postgresql"
    place = "(%s, CAST(%s AS varchar), CAST(%s AS date))" if is_postgresql else "(%s, %s, %s)"
    columns = (
        _OWN.format(base="w.currency", quote="%s"),
        _OWN.format(base="%s", quote="w.currency"),
        _REFERENCE.format(currency="w.currency"),
        _REFERENCE.format(currency="%s"),
    )
    # Only places for parameters are put together.
    statement = (
        f"WITH w (place, currency, on_day) AS (VALUES {', '.join([place] * len(pairs))})"  # noqa: S608
        f" SELECT {', '.join(columns)} FROM w ORDER BY w.place"
    )
    tenant = UUIDField().get_db_prep_value(current_tenant_id(), connection)
    params: list[Any] = []
    for number, (currency, on) in enumerate(pairs):
        params += [number, currency, on if is_postgresql else on.isoformat()]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, tenant, home, tenant, home, home])
        return [_ids(row) for row in cursor.fetchall()]


def _ids(row: Sequence[Any]) -> tuple[Any, ...]:
    to_uuid = UUIDField().to_python
    return (to_uuid(row[0]), to_uuid(row[1]), row[2], row[3])
