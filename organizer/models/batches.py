"""Many tasks that were changed at once, so that it can be taken back as one."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from organizer.models.tasks import Task
from tenancy.models import TenantModel


class TaskBatch(TenantModel):
    """One bulk edit of tasks."""

    title = models.CharField(max_length=200)
    count = models.PositiveIntegerField()
    actor = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="task_batch_newest"),)
        verbose_name_plural = "task batches"

    def __str__(self) -> str:
        return self.title


class BatchedTask(TenantModel):
    """What one of them was before; `version` is the one that the batch gave it."""

    batch = models.ForeignKey(
        TaskBatch, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+", db_index=False)
    before = models.JSONField()
    version = models.PositiveIntegerField()

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "batch", "task"), name="task_batched_once"),
        )
        indexes = (models.Index(fields=("tenant", "task"), name="batched_task"),)

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.task_id}"
