"""A tenant's own words for transactions, as many on each as it likes."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from finance.models.transactions import Transaction
from tenancy.models import TenantModel


class Tag(TenantModel):
    """A word that transactions carry beside their category: “holiday”, “to be refunded”."""

    name = models.CharField(max_length=60)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=("tenant", "name"), name="tag_name_once"),)

    def __str__(self) -> str:
        return self.name


class TagRemoval(TenantModel):
    """A tag that was removed, or joined with another, so that it can be brought back."""

    tag_id = models.UUIDField(help_text="The id that it had, and gets again.")
    name = models.CharField(max_length=60)
    joined_into = models.CharField(max_length=60, blank=True)
    batches = models.JSONField(default=list, help_text="The edit batches that took it off.")
    rules = models.JSONField(default=list, help_text="The rules that set it.")
    removed_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-removed_at", "-id")
        indexes = (
            models.Index(fields=("tenant", "-removed_at", "-id"), name="tag_removal_newest"),
        )

    def __str__(self) -> str:
        return self.name


class Tagging(TenantModel):
    """That a transaction carries a tag."""

    transaction = models.ForeignKey(
        Transaction, on_delete=models.CASCADE, related_name="taggings", db_index=False
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        ordering = ("transaction", "tag")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "transaction", "tag"), name="tagged_once"),
        )
        indexes = (models.Index(fields=("tenant", "tag", "transaction"), name="tagging_of_tag"),)

    def __str__(self) -> str:
        return f"{self.transaction_id}: {self.tag}"
