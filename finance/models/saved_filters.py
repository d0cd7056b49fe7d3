"""What a person narrows the list of transactions by, again and again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenancy.models import TenantModel


class SavedFilter(TenantModel):
    """The fields of the transactions page's filter form, under a name. Without an owner it is
    everybody's in the tenant."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE,
        related_name="+", db_index=False,
    )  # fmt: skip
    name = models.CharField(max_length=60)
    fields = models.JSONField(help_text="As in the page's address: search, account, since …")
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("position", "id")
        indexes = (models.Index(fields=("tenant", "position", "id"), name="saved_filter_order"),)

    def __str__(self) -> str:
        return self.name
