"""What is charged again and again, and the charges that show it."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.accounts import FinancialAccount
from finance.models.base import LedgerRow
from finance.models.recurring import RecurrenceUnit, Recurring
from finance.models.transactions import Transaction
from finance.money import Money
from finance.recurrence import Rule, Unit
from tenancy.models import TenantModel


class SubscriptionState(models.TextChoices):
    SUGGESTED = "suggested", _("Suggested")
    ACCEPTED = "accepted", _("Active")
    # Remembered: the same charges are never suggested again.
    REJECTED = "rejected", _("No subscription")
    CANCELLED = "cancelled", _("Cancelled")


class Subscription(LedgerRow):
    """Charges of one merchant to one account that come by a rule. A person accepts or rejects
    what history suggests; while accepted, `recurring` watches for the next charge. Amount, rule
    and next date follow the charges, and are not on the audit trail."""

    name = models.CharField(max_length=200)
    account = models.ForeignKey(
        FinancialAccount, on_delete=models.PROTECT, related_name="subscriptions", db_index=False
    )
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(help_text="The latest charge: positive minor units.")
    varies = models.BooleanField(
        default=False, help_text="The amount differs from charge to charge."
    )
    anchor_on = models.DateField(help_text="The dates of the charges are counted from it.")
    unit = models.CharField(max_length=5, choices=RecurrenceUnit)
    every = models.PositiveSmallIntegerField(default=1)
    next_on = models.DateField(help_text="When the next charge is expected.")
    days_off = models.PositiveSmallIntegerField(
        default=0, help_text="So many days at most the charges lay from their dates."
    )
    left_out = models.PositiveSmallIntegerField(default=0, help_text="Dates without a charge.")
    state = models.CharField(
        max_length=9, choices=SubscriptionState, default=SubscriptionState.SUGGESTED
    )
    cancelled_on = models.DateField(null=True, blank=True)
    recurring = models.ForeignKey(
        Recurring, null=True, blank=True, on_delete=models.PROTECT,
        related_name="subscriptions", db_index=False,
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="subscription_amount"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "name", "id"), name="subscription_name"),
            models.Index(fields=("tenant", "state", "next_on"), name="subscription_next"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def rule(self) -> Rule:
        return Rule(self.anchor_on, Unit(self.unit), self.every)

    def is_late(self, day: date) -> bool:
        return self.next_on < day


class SubscriptionCharge(TenantModel):
    """One transaction that is a charge of a subscription. Of one only."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="charges", db_index=False
    )
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="subscription_charges", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "transaction"), name="subscription_charge_once"
            ),
        )
        indexes = (models.Index(fields=("tenant", "subscription"), name="charge_of_subscription"),)

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.transaction_id}"
