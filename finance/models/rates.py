"""What one currency was worth in another, day by day."""

from __future__ import annotations

from typing import Final

from django.db import models

from finance.models.base import LedgerRow
from tenancy.models import validate_currency

# SQLite keeps 15 significant digits of a decimal.
RATE_DIGITS: Final = 15
RATE_DECIMALS: Final = 10


class ReferenceRate(models.Model):
    """One euro in a currency on a day, as a central bank published it: the installation's, for
    every tenant the same. Loaded by `manage.py import_rates`."""

    currency = models.CharField(max_length=3)
    valid_on = models.DateField()
    per_euro = models.DecimalField(max_digits=RATE_DIGITS + RATE_DECIMALS, decimal_places=10)

    class Meta:
        ordering = ("currency", "-valid_on")
        constraints = (
            models.UniqueConstraint(fields=("currency", "valid_on"), name="reference_rate_once"),
        )

    def __str__(self) -> str:
        return f"1 EUR = {self.per_euro.normalize():f} {self.currency} ({self.valid_on})"


class ExchangeRate(LedgerRow):
    """A tenant's own rate: one unit of `base` is `rate` of `quote` from a day on, until a later
    rate. It goes before a reference rate of the same day."""

    base = models.CharField(max_length=3, validators=[validate_currency])
    quote = models.CharField(max_length=3, validators=[validate_currency])
    valid_on = models.DateField()
    rate = models.DecimalField(max_digits=RATE_DIGITS + RATE_DECIMALS, decimal_places=10)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-valid_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "base", "quote", "valid_on"), name="exchange_rate_once"
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_positive"),
        )
        indexes = (models.Index(fields=("tenant", "-valid_on", "-id"), name="exchange_rate_new"),)

    def __str__(self) -> str:
        return f"1 {self.base} = {self.rate.normalize():f} {self.quote} ({self.valid_on})"
