"""Whom money went to or came from, and how messages and statements write them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from finance.models.categories import Category
from tenancy.models import TenantModel


class Merchant(TenantModel):
    """A shop or another party. Transactions refer to it by its `name`: each name that a
    transaction has is a merchant's (see docs/decisions/0009-merchants-by-name.md).

    One that was merged into another has no transactions left, and stays as one more way in which
    the other is written."""

    name = models.CharField(max_length=200)
    key = models.CharField(max_length=400, help_text="The name in small letters without accents.")
    default_category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    website = models.URLField(max_length=200, blank=True)
    sender_domain = models.CharField(
        max_length=253, blank=True, help_text="Where its e-mails come from: shop.example"
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged",
        db_index=False,
    )  # fmt: skip
    merge_batches = models.JSONField(
        default=list, blank=True, help_text="The edit batches that merged it, to be undone."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "name"), name="merchant_name_once"),
        )
        indexes = (
            models.Index(fields=("tenant", "key"), name="merchant_key"),
            models.Index(
                fields=("tenant", "merged_into"),
                condition=models.Q(merged_into__isnull=False),
                name="merchant_merged",
            ),
        )

    def __str__(self) -> str:
        return self.name


class MerchantAlias(TenantModel):
    """One way in which messages and statements write a merchant. What reads like it is booked
    under the merchant's name."""

    merchant = models.ForeignKey(
        Merchant, on_delete=models.CASCADE, related_name="aliases", db_index=False
    )
    text = models.CharField(max_length=300, help_text="As it was written when it was learned.")
    key = models.CharField(max_length=600, help_text="The text without what varies.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("text", "id")
        verbose_name_plural = "merchant aliases"
        constraints = (models.UniqueConstraint(fields=("tenant", "key"), name="alias_key_once"),)
        indexes = (models.Index(fields=("tenant", "merchant"), name="alias_of_merchant"),)

    def __str__(self) -> str:
        return self.text
