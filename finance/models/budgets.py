"""What may be spent on what, period by period."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance.models.base import LedgerRow
from finance.models.categories import Category
from finance.money import Money
from finance.recurrence import Rule, Unit
from tenancy.models import TenantModel, validate_currency


class BudgetUnit(models.TextChoices):
    WEEK = Unit.WEEK.value, _("week")
    MONTH = Unit.MONTH.value, _("month")
    YEAR = Unit.YEAR.value, _("year")


class Rollover(models.TextChoices):
    """What of a period goes over into the next."""

    NONE = "none", _("Nothing")
    LEFT = "left", _("What is left")
    ALL = "all", _("What is left, and what was overspent")


def default_thresholds() -> list[int]:
    return [80, 100]


class Budget(LedgerRow):
    """What may be spent in each period on some categories and all below them; without categories,
    on everything. Only what is in its currency counts.

    Periods are those of a recurrence rule: every so many weeks, months or years from `starts_on`,
    carried on backwards too, so that a pay day or a Monday may start them.
    """

    name = models.CharField(max_length=120)
    amount_minor = models.BigIntegerField(help_text="A period's, unless it has its own.")
    currency = models.CharField(max_length=3, validators=[validate_currency])
    starts_on = models.DateField(help_text="A first day of a period.")
    unit = models.CharField(max_length=5, choices=BudgetUnit, default=BudgetUnit.MONTH)
    every = models.PositiveSmallIntegerField(default=1)
    rollover = models.CharField(max_length=4, choices=Rollover, default=Rollover.NONE)
    rollover_since = models.DateField(
        null=True, blank=True, editable=False, help_text="A day of the first period that counts."
    )
    thresholds = models.JSONField(
        default=default_thresholds, blank=True,
        help_text="Percentages at which it is told, once a period each.",
    )  # fmt: skip
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(LedgerRow.Meta):
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="budget_amount"),
        )
        indexes = (models.Index(fields=("tenant", "name", "id"), name="budget_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> Rule:
        return Rule(self.starts_on, Unit(self.unit), self.every)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class BudgetCategory(TenantModel):
    """A category, with all below it, that a budget is for."""

    budget = models.ForeignKey(
        Budget, on_delete=models.CASCADE, related_name="categories", db_index=False
    )
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="budgets", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "budget", "category"), name="budget_category_once"
            ),
        )
        indexes = (models.Index(fields=("tenant", "category"), name="budget_of_category"),)

    def __str__(self) -> str:
        return f"{self.budget_id} {self.category_id}"


class BudgetPeriod(TenantModel):
    """What is particular to one period of a budget."""

    budget = models.ForeignKey(
        Budget, on_delete=models.CASCADE, related_name="periods", db_index=False
    )
    starts_on = models.DateField()
    amount_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Its own amount; the budget's if empty."
    )
    alerted_percent = models.PositiveIntegerField(
        default=0, help_text="The highest threshold that has been told."
    )

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "budget", "starts_on"), name="budget_period_once"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_minor__isnull=True) | models.Q(amount_minor__gte=0),
                name="budget_period_amount",
            ),
        )

    def __str__(self) -> str:
        return f"{self.budget_id} {self.starts_on}"
