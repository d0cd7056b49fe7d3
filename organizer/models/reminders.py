"""Reminders: one person is told, once or until something is done."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from organizer.models.tasks import Task
from tenancy.models import TenantModel


class Reminder(TenantModel):
    """At an instant (`at`), or so many minutes before its task is due. `next_at` is when it is told
    next; one that repeats is told again every `repeat_minutes` until it, or its task, is done.

    `task_version` is that of the task by which `next_at` was reckoned: a task that has changed
    since has its reminders reckoned anew."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    title = models.CharField(max_length=200)
    note = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(null=True, blank=True)
    task = models.ForeignKey(
        Task, null=True, blank=True, on_delete=models.CASCADE, related_name="reminders",
        db_index=False,
    )  # fmt: skip
    minutes_before = models.PositiveIntegerField(
        null=True, blank=True, help_text="Before its task is due; a day begins at eight."
    )
    repeat_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Told again so often, until it is done."
    )
    next_at = models.DateTimeField(null=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)
    task_version = models.PositiveIntegerField(null=True, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("next_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(at__isnull=False) | models.Q(task__isnull=False),
                name="reminder_at_or_task",
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "user", "next_at", "id"), name="reminder_of_person"),
            models.Index(
                fields=("tenant", "task"), condition=models.Q(task__isnull=False),
                name="reminder_of_task",
            ),
            models.Index(
                fields=("tenant", "next_at"), condition=models.Q(done_at=None), name="reminder_due"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.title
