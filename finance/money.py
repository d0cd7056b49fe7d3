"""Money: integer minor units and an ISO 4217 currency. Pure: no Django here.

Floats never appear, currencies never mix, and every currency has its own exponent
(JPY 0, EUR 2, KWD 3). Exponents are ISO 4217's, as Babel ships them from CLDR
(supplemental currency data, `_digits`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from babel import Locale
from babel.core import get_global

# ISO 4217 lists these with exponents that CLDR rounds away for display: CLDR gives what people
# write (0 for ISK, IQD, HUF cash …); the ledger keeps ISO's minor units where messages use them.
_ISO_EXPONENTS = {
    "AFN": 2, "ALL": 2, "COP": 2, "CRC": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2, "LBP": 2,
    "MGA": 2, "MMK": 2, "PKR": 2, "RSD": 2, "SOS": 2, "SYP": 2, "TZS": 2, "UZS": 2, "YER": 2,
    "HUF": 2, "IDR": 2, "MNT": 2, "MUR": 2, "TWD": 2, "CZK": 2, "SEK": 2, "NOK": 2, "AMD": 2,
    "GYD": 2, "LUF": 2, "MRO": 2, "STD": 2, "SLL": 2, "ZMK": 2,
}  # fmt: skip


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum."""


class InvalidMoney(ValueError):
    """A text is not an amount, or has more decimals than its currency."""


@cache
def known_currencies() -> frozenset[str]:
    """ISO 4217 codes that CLDR names, past and present."""
    return frozenset(Locale("en").currencies)


@cache
def exponent(currency: str) -> int:
    """Number of decimals of a currency's minor unit. Raises InvalidMoney for an unknown code."""
    if currency not in known_currencies():
        raise InvalidMoney(f"{currency!r} is not an ISO 4217 currency code")
    if currency in _ISO_EXPONENTS:
        return _ISO_EXPONENTS[currency]
    fractions = get_global("currency_fractions")
    return int(fractions.get(currency, fractions["DEFAULT"])[0])


def minor_text(minor: int, currency: str) -> str:
    """Minor units as a decimal text in the currency's own scale, as `str(Money(…))` but fast.

    >>> minor_text(-1205, "EUR"), minor_text(7, "KWD"), minor_text(500, "JPY")
    ('-12.05', '0.007', '500')
    """
    places = exponent(currency)
    if places == 0:
        return str(minor)
    digits = str(abs(minor)).rjust(places + 1, "0")
    return f"{'-' if minor < 0 else ''}{digits[:-places]}.{digits[-places:]}"


@dataclass(frozen=True, order=False, slots=True)
class Money:
    """`minor` minor units of `currency`; negative is an outflow."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise InvalidMoney(f"minor units are an integer, not {self.minor!r}")
        exponent(self.currency)

    @classmethod
    def parse(cls, text: str | Decimal, currency: str) -> Money:
        """Money from a decimal string with a point ("-12.34"); more decimals than the currency
        has are refused unless they are zeros. Raises InvalidMoney."""
        try:
            value = Decimal(text)
        except (InvalidOperation, TypeError, ValueError) as error:
            raise InvalidMoney(f"{text!r} is not a decimal amount") from error
        if not value.is_finite():
            raise InvalidMoney(f"{text!r} is not a finite amount")
        shifted = value.scaleb(exponent(currency))
        if shifted != shifted.to_integral_value():
            raise InvalidMoney(f"{currency} has {exponent(currency)} decimals, {text} has more")
        return cls(int(shifted), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in the currency's own scale."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return minor_text(self.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Parts proportional to `weights` that sum to the whole, by largest remainder.

        >>> [m.minor for m in Money(100, "EUR").allocate([1, 1, 1])]
        [34, 33, 33]
        """
        total = sum(weights)
        if not weights or total <= 0 or min(weights) < 0:
            raise InvalidMoney("weights must be non-negative and sum to more than zero")
        sign = -1 if self.minor < 0 else 1
        whole = abs(self.minor)
        shares = [divmod(whole * weight, total) for weight in weights]
        left = whole - sum(share for share, _ in shares)
        by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
        extra = set(by_remainder[:left])
        return [
            Money(sign * (share + (1 if i in extra else 0)), self.currency)
            for i, (share, _) in enumerate(shares)
        ]

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
