"""Calendar feeds, and what each of them has told."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from tenancy.models import TenantModel


class FeedPart(models.TextChoices):
    """What a feed can hold."""

    TASKS = "tasks", _("Tasks")
    REMINDERS = "reminders", _("Reminders")
    BILLS = "bills", _("Bills")
    RENEWALS = "renewals", _("Trials and renewals")
    RECURRING = "recurring", _("Recurring transactions")


class CalendarFeed(TenantModel):
    """A secret address from which a calendar program reads what is due. It shows what its member
    may see, at the moment of asking, and no more."""

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="calendar_feeds", db_index=False
    )
    name = models.CharField(max_length=80)
    parts = models.JSONField(default=list, help_text="FeedPart")
    only_mine = models.BooleanField(
        default=False, help_text="Of tasks, those of the member and those of nobody."
    )
    shows_amounts = models.BooleanField(default=True)
    prefix = models.CharField(max_length=16, help_text="Its first letters, to tell it by.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("tenant", "membership", "-created_at"), name="feed_of_member"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class FeedEntry(TenantModel):
    """What a feed has last told of one item, so that changes and cancellations can be told."""

    feed = models.ForeignKey(
        CalendarFeed, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    uid = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was told.")
    day = models.DateField()
    sequence = models.PositiveIntegerField(default=0)
    modified_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "feed", "uid"), name="feed_entry_once"),
        )
        verbose_name_plural = "feed entries"

    def __str__(self) -> str:
        return self.uid
