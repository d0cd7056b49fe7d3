"""A file that people keep beside something of theirs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from tenancy.models import TenantModel


class KeptFile(TenantModel):
    """Kept in the database as messages are. One that was removed can be brought back for a while
    (`files.KEPT_DAYS`), and is gone after it. `owner` names the field of what it is kept beside."""

    owner: ClassVar[str]

    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40, help_text="As its content says.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = True
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name
