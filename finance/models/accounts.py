"""Where money is: accounts of the tenant at a bank, with a card, in a purse."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.base import LedgerRow
from finance.money import Money
from tenancy.models import validate_currency


class AccountKind(models.TextChoices):
    CHECKING = "checking", _("Current account")
    SAVINGS = "savings", _("Savings")
    CREDIT_CARD = "credit_card", _("Credit card")
    CASH = "cash", _("Cash")
    LOAN = "loan", _("Loan")
    INVESTMENT = "investment", _("Investment")
    WALLET = "wallet", _("Wallet")


class AccountOrigin(models.TextChoices):
    """Who opened the account here."""

    PERSON = "person", _("A person")
    MESSAGE = "message", _("Named in a message")
    IMPORT = "import", _("An imported file")


class FinancialAccount(LedgerRow):
    """One account in one currency. Its balance is the opening balance plus all that was posted;
    what is owed (a credit card, a loan) is negative."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=AccountKind, default=AccountKind.CHECKING)
    currency = models.CharField(max_length=3, validators=[validate_currency])
    group = models.CharField(max_length=80, blank=True, help_text="Accounts that belong together.")
    institution = models.CharField(max_length=120, blank=True)
    number_encrypted = models.TextField(blank=True, editable=False)
    number_index = models.CharField(max_length=64, blank=True, editable=False)
    last_digits = models.CharField(max_length=8, blank=True, help_text="The last of its number.")
    opening_minor = models.BigIntegerField(
        default=0, help_text="Balance before the first transaction, in minor units."
    )
    opening_on = models.DateField(null=True, blank=True)
    origin = models.CharField(max_length=8, choices=AccountOrigin, default=AccountOrigin.PERSON)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("is_archived", "name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "number_index", "currency"),
                condition=~models.Q(number_index=""),
                name="account_number_once",
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "last_digits"), name="account_last_digits"),
            models.Index(fields=("tenant", "name"), name="account_name"),
        )

    def __str__(self) -> str:
        return f"{self.name} …{self.last_digits}" if self.last_digits else self.name

    @property
    def opening(self) -> Money:
        return Money(self.opening_minor, self.currency)
