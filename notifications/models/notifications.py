"""What a person is told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from notifications.models.mailings import Mailing
from notifications.models.push import Push
from tenancy.models import TenantModel


class Notification(TenantModel):
    """One fact for one person: told once, however often it is found. Its words are made when it
    is shown, from `kind` and `facts`, in the reader's language and zone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, help_text="Names the fact within its kind.")
    facts = models.JSONField(default=dict, blank=True)
    link = models.CharField(max_length=500, blank=True, help_text="A path of this site.")
    due_at = models.DateTimeField(help_text="Not told before; UTC.")
    planned_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was decided how it is told."
    )
    is_shown = models.BooleanField(default=True, help_text="In the notification centre.")
    mailing = models.ForeignKey(
        Mailing, null=True, blank=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    push = models.ForeignKey(
        Push, null=True, blank=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    read_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-due_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "user", "kind", "key"), name="notification_told_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant", "due_at"),
                condition=models.Q(planned_at=None, cancelled_at=None),
                name="notification_unplanned",
            ),
            models.Index(fields=("tenant", "user", "-due_at", "-id"), name="notification_newest"),
            models.Index(fields=("tenant", "kind", "key"), name="notification_fact"),
        )

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
