"""Statements that were imported: what each file said, and what came of every line."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from finance.models.accounts import FinancialAccount
from finance.models.transactions import Transaction
from tenancy.models import TenantModel
from tenancy.wording_field import WordingField


class StatementState(models.TextChoices):
    READING = "reading", _("Being read")
    READY = "ready", _("Waits for you")
    APPLYING = "applying", _("Being booked")
    APPLIED = "applied", _("Booked")
    REVERTED = "reverted", _("Taken back")
    FAILED = "failed", _("Could not be read")


class LineOutcome(models.TextChoices):
    """What applying a line does, or has done."""

    NEW = "new", _("New")
    MATCHED = "matched", _("Known from a message")
    KNOWN = "known", _("Imported before")
    REFUSED = "refused", _("Cannot be read")


class StatementImport(TenantModel):
    """One file for one account. Nothing is in the ledger before a person has applied it."""

    account = models.ForeignKey(
        FinancialAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(max_length=255, help_text="The file's, as the person knows it.")
    format = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=StatementState, default=StatementState.READING)
    mapping = models.JSONField(
        default=dict, blank=True, help_text="Of a table: part -> heading of its column."
    )
    headings = models.JSONField(default=list, blank=True, help_text="Of a table: its columns.")
    sha256 = models.CharField(max_length=64)
    digits = models.CharField(max_length=8, blank=True, help_text="The last of its number.")
    currency = models.CharField(max_length=3, blank=True)
    closing_minor = models.BigIntegerField(null=True, blank=True)
    closing_on = models.DateField(null=True, blank=True)
    error = WordingField(blank=True, help_text="In words for a person.")
    job_id = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="statement_newest"),)

    def __str__(self) -> str:
        return self.name


class StatementLine(TenantModel):
    """One movement of a file. `key` is the same in every file of its account that has it; the
    constraint lets it be booked once."""

    statement = models.ForeignKey(
        StatementImport, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    account_id = models.UUIDField()
    row = models.PositiveIntegerField(help_text="As the file counts, from 1.")
    key = models.CharField(max_length=64, blank=True)
    booked_on = models.DateField(null=True, blank=True)
    amount_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    payee = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=8, choices=LineOutcome)
    problem = models.CharField(max_length=300, blank=True)
    is_live = models.BooleanField(default=False, help_text="It is in the ledger.")
    transaction = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip

    class Meta(TenantModel.Meta):
        ordering = ("statement", "row", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "account_id", "key"),
                condition=models.Q(is_live=True),
                name="statement_line_once",
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "statement", "row", "id"), name="statement_lines"),
            models.Index(
                fields=("tenant", "transaction"),
                condition=models.Q(is_live=True),
                name="statement_line_of",
            ),
        )

    def __str__(self) -> str:
        return f"{self.booked_on} {self.payee}"


class StatementMapping(TenantModel):
    """Which column of a table is what, learned of the last import with these headings."""

    shape = models.CharField(max_length=64, help_text="A digest of the headings.")
    mapping = models.JSONField(default=dict)
    account = models.ForeignKey(
        FinancialAccount, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "shape"), name="statement_mapping_once"),
        )

    def __str__(self) -> str:
        return self.shape[:12]
