"""Movements of money, what they were for, and which two belong together."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.accounts import FinancialAccount
from finance.models.base import LedgerRow
from finance.models.categories import Category
from finance.money import Money
from tenancy.models import TenantModel


class TransactionState(models.TextChoices):
    # A proposal is outside every balance and total until somebody accepts it.
    PROPOSED = "proposed", _("Proposed")
    POSTED = "posted", _("Posted")
    VOID = "void", _("Void")


class Transaction(LedgerRow):
    """One movement on one account. Never deleted: what was wrong is voided, and keeps its source,
    so that reading the same message again does not bring it back."""

    account = models.ForeignKey(
        FinancialAccount, on_delete=models.PROTECT, related_name="transactions", db_index=False
    )
    state = models.CharField(max_length=8, choices=TransactionState)
    booked_on = models.DateField()
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="UTC, where it is known.")
    amount_minor = models.BigIntegerField(help_text="Signed minor units; an outflow is negative.")
    currency = models.CharField(max_length=3)
    original_minor = models.BigIntegerField(
        null=True, blank=True, help_text="The amount in the currency it was asked in."
    )
    original_currency = models.CharField(max_length=3, blank=True)
    merchant = models.CharField(max_length=200, blank=True, help_text="The name of a Merchant.")
    merchant_raw = models.CharField(max_length=300, blank=True, help_text="As the message had it.")
    description = models.CharField(max_length=500, blank=True)
    notes = models.TextField(blank=True)
    event = models.CharField(max_length=20, blank=True, help_text="purchase, refund, fee …")
    is_one_time = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Counts in what was spent, but in no average and no “usual”.",
    )
    source_kind = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=100, blank=True)
    source_item = models.PositiveIntegerField(default=0)
    provenance = models.JSONField(
        default=dict, blank=True, help_text="Who or what set each field, and from which words."
    )
    locked = models.JSONField(
        default=list, blank=True, help_text="Fields that a person has set: no machine changes them."
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged",
        db_index=False,
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-booked_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "source_kind", "source_id", "source_item"),
                condition=~models.Q(source_kind=""),
                name="transaction_source_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=TransactionState.values), name="transaction_state"
            ),
            models.CheckConstraint(condition=~models.Q(amount_minor=0), name="transaction_moves"),
        )
        indexes = (
            models.Index(fields=("tenant", "-booked_on", "-id"), name="transaction_newest"),
            models.Index(
                fields=("tenant", "account", "-booked_on", "-id"), name="transaction_of_account"
            ),
            models.Index(
                fields=("tenant", "-booked_on", "-id"),
                condition=models.Q(state=TransactionState.PROPOSED),
                name="transaction_proposed",
            ),
            models.Index(fields=("tenant", "merchant"), name="transaction_merchant"),
            models.Index(
                fields=("tenant", "merged_into"),
                condition=models.Q(merged_into__isnull=False),
                name="transaction_merged",
            ),
            # For matching: the same amount (or its opposite) at about the same time.
            models.Index(
                fields=("tenant", "amount_minor", "booked_on"), name="transaction_of_amount"
            ),
            models.Index(
                fields=("tenant", "original_minor"),
                condition=models.Q(original_minor__isnull=False),
                name="transaction_of_original",
            ),
            models.Index(
                fields=("tenant", "booked_on"),
                condition=models.Q(is_one_time=True),
                name="transaction_one_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency} {self.merchant}".strip()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def original(self) -> Money | None:
        if self.original_minor is None:
            return None
        return Money(self.original_minor, self.original_currency)


class Split(TenantModel):
    """A part of a transaction and its category. Every transaction has at least one; in the
    database they sum to its amount."""

    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="splits", db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0)
    amount_minor = models.BigIntegerField(help_text="Signed, in the transaction's currency.")
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="splits",
        db_index=False,
    )  # fmt: skip
    note = models.CharField(max_length=200, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("transaction", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "transaction", "position"), name="split_position_once"
            ),
        )
        indexes = (
            models.Index(
                # With the transaction, for a list of a category asks whether each row has it.
                fields=("tenant", "category", "transaction"),
                # So that PostgreSQL cannot take it, on an empty table, to find a transaction's.
                condition=models.Q(category__isnull=False),
                name="split_category",
            ),
        )

    def __str__(self) -> str:
        return f"{Money(self.amount_minor, self.transaction.currency)} {self.category or ''}"


class Transfer(TenantModel):
    """Two legs of one movement between the tenant's own accounts."""

    outflow = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="transfer_out", db_index=False
    )
    inflow = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="transfer_in", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "outflow"), name="transfer_outflow_once"),
            models.UniqueConstraint(fields=("tenant", "inflow"), name="transfer_inflow_once"),
            models.CheckConstraint(
                condition=~models.Q(outflow=models.F("inflow")), name="transfer_two_legs"
            ),
        )

    def __str__(self) -> str:
        return f"{self.outflow} → {self.inflow}"
