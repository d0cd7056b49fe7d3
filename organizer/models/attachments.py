"""Files kept beside a task."""

from __future__ import annotations

from django.db import models

from finance.models import KeptFile
from organizer.models.tasks import Task


class TaskAttachment(KeptFile):
    """A file of a task; the task that follows it in its series does not get it."""

    owner = "task"

    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )

    class Meta(KeptFile.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "task", "sha256"), name="task_attachment_once"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-created_at", "-id"), name="task_attachment_newest"),
            models.Index(
                fields=("tenant", "removed_at"),
                condition=models.Q(removed_at__isnull=False),
                name="task_attachment_removed",
            ),
        )
