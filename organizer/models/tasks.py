"""What has to be done."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from finance.models import RecurrenceUnit
from tenancy.models import TenantModel


class TaskState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")


class TaskPriority(models.TextChoices):
    LOW = "low", _("Low priority")
    NORMAL = "normal", _("Normal priority")
    HIGH = "high", _("High priority")


class Task(TenantModel):
    """Something to do, perhaps by a day of the tenant's zone.

    A task that repeats carries its rule: every `repeat_every` units from `repeat_from`, the anchor
    that keeps a 31st a 31st. Once it is done, the rule goes on with the next task.
    """

    title = models.CharField(max_length=200)
    notes = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True)
    priority = models.CharField(
        max_length=8, choices=TaskPriority.choices, default=TaskPriority.NORMAL
    )
    tags = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=8, choices=TaskState.choices, default=TaskState.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)
    repeat_unit = models.CharField(max_length=8, choices=RecurrenceUnit.choices, blank=True)
    repeat_every = models.PositiveSmallIntegerField(default=1)
    repeat_from = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("due_on", "id")
        indexes = (
            models.Index(fields=("tenant", "state", "due_on", "id"), name="task_due"),
            models.Index(fields=("tenant", "due_on", "id"), name="task_order"),
        )

    def __str__(self) -> str:
        return self.title
