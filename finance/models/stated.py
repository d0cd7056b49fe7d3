"""What a bank says an account held."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.accounts import FinancialAccount
from finance.money import Money
from tenancy.models import TenantModel


class StatedBy(models.TextChoices):
    MESSAGE = "message", _("A message")
    STATEMENT = "statement", _("An imported statement")
    PERSON = "person", _("Entered by hand")


class StatedBalance(TenantModel):
    """A balance that was told from outside, to check the ledger's own against. It changes nothing.

    A message tells the balance at some moment of its day; a statement, and a person, at its end.
    """

    account = models.ForeignKey(
        FinancialAccount, on_delete=models.PROTECT, related_name="stated_balances", db_index=False
    )
    stated_on = models.DateField()
    amount_minor = models.BigIntegerField(help_text="Signed minor units; what is owed is negative.")
    currency = models.CharField(max_length=3)
    stated_by = models.CharField(max_length=9, choices=StatedBy)
    told_at = models.DateTimeField(help_text="UTC; the order of those of one day.")
    source_kind = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=100, blank=True)
    source_item = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        ordering = ("-stated_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "source_kind", "source_id", "source_item"),
                condition=~models.Q(source_kind=""),
                name="stated_source_once",
            ),
            models.UniqueConstraint(
                fields=("tenant", "account", "stated_on"),
                condition=models.Q(stated_by=StatedBy.PERSON),
                name="stated_by_hand_once",
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "account", "stated_on"), name="stated_of_account"),
            models.Index(fields=("tenant", "-stated_on", "-id"), name="stated_newest"),
        )

    def __str__(self) -> str:
        return f"{self.account} {self.stated_on}: {self.amount} {self.currency}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
