"""What repeats: templates of transactions, and their due dates one by one."""

from __future__ import annotations

import uuid
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.accounts import FinancialAccount
from finance.models.base import LedgerRow
from finance.models.categories import Category
from finance.models.transactions import Transaction
from finance.money import Money
from finance.recurrence import On, Rule, Unit
from tenancy.models import TenantModel


class RecurrenceUnit(models.TextChoices):
    DAY = Unit.DAY.value, _("day")
    WEEK = Unit.WEEK.value, _("week")
    MONTH = Unit.MONTH.value, _("month")
    YEAR = Unit.YEAR.value, _("year")


class RecurrenceDay(models.TextChoices):
    SAME_DAY = On.SAME_DAY.value, _("on the same day of the month")
    LAST_DAY = On.LAST_DAY.value, _("on the last day of the month")
    SAME_WEEKDAY = On.SAME_WEEKDAY.value, _("on the same weekday (second Tuesday, say)")
    LAST_WEEKDAY = On.LAST_WEEKDAY.value, _("on the last such weekday of the month")


class RecurringMode(models.TextChoices):
    """What happens on a due date."""

    BOOK = "book", _("Record it")
    ASK = "ask", _("Ask me")
    # It comes by itself, by mail or import: only its absence is told.
    WATCH = "watch", _("Watch for it")


class RecurringState(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


class Recurring(LedgerRow):
    """A template of a transaction and the rule of its due dates, which are dates of the tenant's
    zone. `next_on` is the first due date that is not done yet; it moves as work goes on and is
    not on the audit trail."""

    name = models.CharField(max_length=120)
    account = models.ForeignKey(
        FinancialAccount, on_delete=models.PROTECT, related_name="recurring", db_index=False
    )
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="recurring",
        db_index=False,
    )  # fmt: skip
    amount_minor = models.BigIntegerField(help_text="Signed minor units of the account's currency.")
    amount_to_minor = models.BigIntegerField(
        null=True, blank=True, help_text="The other end of a range, further from zero."
    )
    currency = models.CharField(max_length=3)
    merchant = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True)
    mode = models.CharField(max_length=5, choices=RecurringMode, default=RecurringMode.ASK)
    anchor_on = models.DateField(help_text="The due dates are counted from it.")
    unit = models.CharField(max_length=5, choices=RecurrenceUnit, default=RecurrenceUnit.MONTH)
    every = models.PositiveSmallIntegerField(default=1)
    day = models.CharField(
        max_length=12, choices=RecurrenceDay, default=RecurrenceDay.SAME_DAY,
        help_text="For months and years: which day of the month.",
    )  # fmt: skip
    until = models.DateField(null=True, blank=True, help_text="The last possible due date.")
    remind_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="So many days ahead it is told; not at all if empty."
    )
    state = models.CharField(max_length=6, choices=RecurringState, default=RecurringState.ACTIVE)
    problem = models.CharField(
        max_length=300, blank=True, editable=False, help_text="Why it could not be recorded."
    )
    next_on = models.DateField(null=True, editable=False)
    reminded_on = models.DateField(
        null=True, editable=False, help_text="The latest due date that has been told ahead."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("name", "id")
        verbose_name = "recurring transaction"
        indexes = (
            models.Index(
                fields=("tenant", "next_on"),
                condition=models.Q(state=RecurringState.ACTIVE),
                name="recurring_due",
            ),
            models.Index(fields=("tenant", "name", "id"), name="recurring_name"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> Rule:
        return Rule(self.anchor_on, Unit(self.unit), self.every, On(self.day), self.until)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def amount_to(self) -> Money | None:
        if self.amount_to_minor is None:
            return None
        return Money(self.amount_to_minor, self.currency)

    @property
    def expected(self) -> Money:
        """The amount, or the middle of the range."""
        if self.amount_to_minor is None:
            return self.amount
        return Money(int((self.amount_minor + self.amount_to_minor) / 2), self.currency)

    def takes(self, minor: int) -> bool:
        """Whether a signed amount is the fixed one, or within the range."""
        other = self.amount_minor if self.amount_to_minor is None else self.amount_to_minor
        return min(self.amount_minor, other) <= minor <= max(self.amount_minor, other)


class SlotState(models.TextChoices):
    BOOKED = "booked", _("Recorded")
    ASKED = "asked", _("Asked")
    # A transaction that was in the ledger already.
    MET = "met", _("Came")
    WAITING = "waiting", _("Expected")
    MISSED = "missed", _("Did not come")
    SKIPPED = "skipped", _("Skipped")


class RecurringSlot(TenantModel):
    """One due date that has been dealt with; there is one row for it, whoever deals with it."""

    recurring = models.ForeignKey(
        Recurring, on_delete=models.PROTECT, related_name="slots", db_index=False
    )
    due_on = models.DateField()
    state = models.CharField(max_length=7, choices=SlotState)
    transaction = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.PROTECT,
        related_name="recurring_slots", db_index=False,
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        ordering = ("-due_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "recurring", "due_on"), name="recurring_slot_once"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "due_on"), name="recurring_slot_day"),
            models.Index(
                fields=("tenant", "transaction"),
                condition=models.Q(transaction__isnull=False),
                name="recurring_slot_of",
            ),
        )

    def __str__(self) -> str:
        return f"{self.due_on} {self.state}"


class DailyWork(TenantModel):
    """Through which day of its zone a tenant's daily work is done: one row a tenant."""

    done_on = models.DateField()
    checked_at = models.DateTimeField(
        null=True, editable=False, help_text="What was booked by then has been looked at."
    )

    class Meta(TenantModel.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant",), name="daily_work_once"),)

    def __str__(self) -> str:
        return f"done through {self.done_on}"


SlotKey = tuple[uuid.UUID, date]
