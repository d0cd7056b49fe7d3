"""The audit trail."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tenancy.models import TenantModel


class ChangeSubject(models.TextChoices):
    ACCOUNT = "account"
    CATEGORY = "category"
    TRANSACTION = "transaction"
    REVIEW_ITEM = "review_item"
    RECURRING = "recurring"
    BUDGET = "budget"
    GOAL = "goal"
    RATE = "rate"
    BILL = "bill"
    SUBSCRIPTION = "subscription"
    ANNOUNCEMENT = "announcement"
    MATCH = "match"


class LedgerChange(TenantModel):
    """One change of one row: who, when, by which verb, before and after. Append-only: the
    database refuses to update or delete it.

    It is written before the row it tells about: a change of a transaction that was not announced
    here is refused, and on PostgreSQL so is an announcement without the change.
    """

    subject = models.CharField(max_length=12, choices=ChangeSubject)
    # Not a foreign key: the change outranks its row, and comes before it.
    subject_id = models.UUIDField()
    version = models.PositiveIntegerField(help_text="The row's version after the change.")
    verb = models.CharField(max_length=20)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True, blank=True)
    actor = models.CharField(max_length=200, blank=True, help_text="Their name at the time.")
    before = models.JSONField(default=dict, help_text="Changed fields only; empty for a new row.")
    after = models.JSONField(default=dict)
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "subject_id", "version"), name="change_version_once"
            ),
        )
        indexes = (models.Index(fields=("tenant", "-at", "-id"), name="change_newest"),)

    def __str__(self) -> str:
        return f"{self.verb} {self.subject} {self.subject_id} v{self.version}"
