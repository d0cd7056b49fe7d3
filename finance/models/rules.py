"""What a tenant has said once and for all: transactions like these are that."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from finance.models.categories import Category
from finance.models.tags import Tag
from tenancy.models import TenantModel


class Rule(TenantModel):
    """Transactions that match a query get a category, a merchant's name, a note, tags, or are
    marked as happening only once. Rules hold in their order: the first that sets a field wins, but
    tags of all of them are added. What a person has set stays."""

    name = models.CharField(max_length=120)
    query = models.CharField(max_length=500, help_text="See docs/query.md.")
    position = models.PositiveIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    merchant = models.CharField(max_length=200, blank=True)
    notes = models.CharField(max_length=500, blank=True)
    is_one_time = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    # Read once, and given to a rule that is only tried.
    wanted_tags: frozenset[uuid.UUID] | None = None

    class Meta(TenantModel.Meta):
        ordering = ("position", "id")
        indexes = (models.Index(fields=("tenant", "position", "id"), name="rule_order"),)

    def __str__(self) -> str:
        return self.name


class RuleTag(TenantModel):
    """A tag that a rule sets."""

    rule = models.ForeignKey(
        Rule, on_delete=models.CASCADE, related_name="rule_tags", db_index=False
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        ordering = ("tag__name",)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "rule", "tag"), name="rule_tag_once"),
        )
        indexes = (models.Index(fields=("tenant", "tag"), name="rule_tag_tag"),)

    def __str__(self) -> str:
        return f"{self.rule}: {self.tag}"
