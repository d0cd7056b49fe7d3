"""What the jobs under fire do, for counting."""

from __future__ import annotations

from django.db import models

from tenancy.models import TenantModel


class Effect(TenantModel):
    """One effect of one job. No constraint makes it unique: only the jobs' fences do."""

    job_id = models.UUIDField()
    step = models.CharField(max_length=20)
    attempt = models.PositiveIntegerField()

    class Meta(TenantModel.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.job_id} {self.step}"
