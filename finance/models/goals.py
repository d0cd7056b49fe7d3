"""What is saved for."""

from __future__ import annotations

from django.db import models

from finance.models.accounts import FinancialAccount
from finance.models.base import LedgerRow
from finance.money import Money
from tenancy.models import TenantModel, validate_currency


class Goal(LedgerRow):
    """An amount to be saved, perhaps by a date. What is saved is the balance of its account, or,
    without one, the sum of its contributions."""

    name = models.CharField(max_length=120)
    target_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, validators=[validate_currency])
    target_on = models.DateField(null=True, blank=True)
    account = models.ForeignKey(
        FinancialAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="goals",
        db_index=False,
    )  # fmt: skip
    notes = models.TextField(blank=True)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(condition=models.Q(target_minor__gt=0), name="goal_target"),
        )
        indexes = (models.Index(fields=("tenant", "name", "id"), name="goal_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> Money:
        return Money(self.target_minor, self.currency)


class GoalContribution(TenantModel):
    """Money set aside for a goal; negative where it was taken back."""

    goal = models.ForeignKey(
        Goal, on_delete=models.PROTECT, related_name="contributions", db_index=False
    )
    made_on = models.DateField()
    amount_minor = models.BigIntegerField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        ordering = ("-made_on", "-id")
        indexes = (
            models.Index(fields=("tenant", "goal", "-made_on"), name="contribution_of_goal"),
        )

    def __str__(self) -> str:
        return f"{self.made_on} {self.amount_minor}"
