"""What is to be paid, and by when."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.accounts import FinancialAccount
from finance.models.base import LedgerRow
from finance.models.transactions import Transaction, TransactionState
from finance.money import Money
from tenancy.models import TenantModel, validate_currency


class BillState(models.TextChoices):
    """What a person, or a trusted message, has said of it."""

    # A message that is not quite trusted asks for money: nobody is told to pay it.
    PROPOSED = "proposed", _("To be confirmed")
    OPEN = "open", _("Open")
    DISMISSED = "dismissed", _("Dismissed")


class BillStatus(models.TextChoices):
    """How it stands on a day: its state, its payment and its due date together."""

    PROPOSED = "proposed", _("To be confirmed")
    OPEN = "open", _("Open")
    OVERDUE = "overdue", _("Overdue")
    PAID = "paid", _("Paid")
    DISMISSED = "dismissed", _("Dismissed")


class BillOrigin(models.TextChoices):
    PERSON = "person", _("A person")
    MESSAGE = "message", _("A message")


class Bill(LedgerRow):
    """An amount that somebody asks for. It is paid while `payment` is a posted transaction: void
    that, and it is open again by itself (see `bills.reading`)."""

    payee = models.CharField(max_length=200)
    amount_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Positive; empty where the message does not tell."
    )
    currency = models.CharField(max_length=3, validators=[validate_currency])
    due_on = models.DateField(null=True, blank=True)
    issued_on = models.DateField(help_text="When it was told, in the tenant's zone.")
    account = models.ForeignKey(
        FinancialAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="bills",
        db_index=False, help_text="The credit card or loan that it is for, if it is one's own.",
    )  # fmt: skip
    reference = models.CharField(max_length=100, blank=True)
    notes = models.TextField(blank=True)
    origin = models.CharField(max_length=7, choices=BillOrigin, default=BillOrigin.PERSON)
    doubts = models.JSONField(
        default=list, blank=True, help_text="Stable codes: why it is to be confirmed."
    )
    state = models.CharField(max_length=9, choices=BillState, default=BillState.OPEN)
    payment = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="bills_paid",
        db_index=False,
    )  # fmt: skip
    told_for = models.DateField(
        null=True, editable=False, help_text="The due date that has been told ahead."
    )
    late_told_for = models.DateField(
        null=True, editable=False, help_text="The due date that has been told as overdue."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "payment"),
                condition=models.Q(payment__isnull=False),
                name="bill_payment_once",
            ),
            models.CheckConstraint(
                condition=models.Q(amount_minor__isnull=True) | models.Q(amount_minor__gt=0),
                name="bill_amount",
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant", "due_on"),
                condition=models.Q(state=BillState.OPEN),
                name="bill_open",
            ),
            models.Index(fields=("tenant", "-id"), name="bill_newest"),
        )

    def __str__(self) -> str:
        return f"{self.payee} {self.due_on or ''}".strip()

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    def status_on(self, day: date) -> BillStatus:
        """Reads `payment`: select it with the bills of a list."""
        if self.payment is not None and self.payment.state == TransactionState.POSTED:
            return BillStatus.PAID
        if self.state != BillState.OPEN:
            return BillStatus(self.state)
        late = self.due_on is not None and self.due_on < day
        return BillStatus.OVERDUE if late else BillStatus.OPEN


class BillNotice(TenantModel):
    """One message that told of a bill. Several may tell of the same; each is heard once."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="notices", db_index=False)
    source_kind = models.CharField(max_length=20)
    source_id = models.CharField(max_length=100)
    source_item = models.PositiveIntegerField(default=0)
    told_on = models.DateField()

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "source_kind", "source_id", "source_item"),
                name="bill_notice_once",
            ),
        )
        indexes = (models.Index(fields=("tenant", "bill"), name="notice_of_bill"),)

    def __str__(self) -> str:
        return f"{self.source_kind} {self.source_id}"
