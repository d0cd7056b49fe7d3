"""What has to be done."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from finance.models import Announcement, Bill, Transaction
from mail_ingest.models import Email
from organizer.models.contacts import Contact
from tenancy.models import TenantModel

if TYPE_CHECKING:
    from finance.money import Money


class TaskState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    # Not to be done after all.
    DROPPED = "dropped", _("Dropped")


class TaskPriority(models.TextChoices):
    LOW = "low", _("Low priority")
    NORMAL = "normal", _("Normal priority")
    HIGH = "high", _("High priority")


class RepeatBy(models.TextChoices):
    """What the next of a task that repeats is counted from."""

    DUE = "due", _("the day it is due")
    COMPLETION = "completion", _("the day it is done")


class Task(TenantModel):
    """Something to do, perhaps by a day, or by a time of a zone.

    A task that repeats carries its rule (RFC 5545): the series starts at `repeat_from`, and
    `slot_on` is the day of the series that this task stands for, wherever it has been moved to.
    Once it is done the rule goes over to the next task, which `follows` it.

    `bill` or `announcement`: what of the ledger it came from (see `following`). `locked` names the
    fields that a person has set, which the ledger then leaves alone.
    """

    linked: list[TaskLink]

    title = models.CharField(max_length=200)
    notes = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True, help_text="A day of `time_zone`.")
    due_time = models.TimeField(null=True, blank=True)
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="Of `due_time`; empty for the tenant's."
    )
    due_at = models.DateTimeField(
        null=True, editable=False, help_text="The instant, where there is a time."
    )
    priority = models.CharField(
        max_length=8, choices=TaskPriority.choices, default=TaskPriority.NORMAL
    )
    tags = models.JSONField(default=list, blank=True)
    checklist = models.JSONField(
        default=list, blank=True, help_text="In order: {text, is_done} each."
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", db_index=False,
    )  # fmt: skip
    state = models.CharField(max_length=8, choices=TaskState.choices, default=TaskState.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)
    rule = models.CharField(max_length=300, blank=True, help_text="RFC 5545, without “RRULE:”.")
    repeat_by = models.CharField(max_length=10, choices=RepeatBy.choices, default=RepeatBy.DUE)
    repeat_from = models.DateField(null=True, blank=True)
    slot_on = models.DateField(null=True, blank=True, editable=False)
    except_on = models.JSONField(
        default=list, blank=True, help_text="Days of the rule that are left out."
    )
    follows = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="followed_by",
        db_index=False,
    )  # fmt: skip
    bill = models.ForeignKey(
        Bill, null=True, blank=True, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    announcement = models.ForeignKey(
        Announcement, null=True, blank=True, on_delete=models.CASCADE, related_name="tasks",
        db_index=False,
    )  # fmt: skip
    locked = models.JSONField(default=list, blank=True, editable=False)
    closed_by_ledger = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("due_on", "due_time", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "bill"), condition=models.Q(bill__isnull=False),
                name="task_of_bill",
            ),
            models.UniqueConstraint(
                fields=("tenant", "announcement"), condition=models.Q(announcement__isnull=False),
                name="task_of_announcement",
            ),
            models.UniqueConstraint(
                fields=("tenant", "follows"), condition=models.Q(follows__isnull=False),
                name="task_followed_once",
            ),
        )  # fmt: skip
        indexes = (
            models.Index(fields=("tenant", "state", "due_on", "due_time", "id"), name="task_due"),
            models.Index(fields=("tenant", "due_on", "due_time", "id"), name="task_order"),
            models.Index(fields=("tenant", "state", "-done_at", "-id"), name="task_done"),
            models.Index(
                fields=("tenant", "assignee", "state", "due_on"),
                condition=models.Q(assignee__isnull=False),
                name="task_of_person",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def amount(self) -> Money | None:
        """What the ledger says it is about. Select `bill` and `announcement` with a list."""
        source = self.bill or self.announcement
        return source.amount if source else None

    @property
    def reference(self) -> str:
        return self.bill.reference if self.bill else ""

    @property
    def messages(self) -> list[str]:
        """The ids of those that told of it. Prefetch `bill__notices` with a list."""
        if self.bill is not None:
            told = [notice for notice in self.bill.notices.all() if notice.source_kind == "email"]
            return [notice.source_id for notice in told]
        said = self.announcement
        return [said.source_id] if said is not None and said.source_kind == "email" else []

    @property
    def checked(self) -> int:
        """How many items of the checklist are done."""
        return sum(1 for item in self.checklist if item["is_done"])

    def is_overdue(self, now: datetime, zone: ZoneInfo) -> bool:
        """`zone`: the tenant's."""
        if self.state != TaskState.OPEN or self.due_on is None:
            return False
        if self.due_at is not None:
            return self.due_at < now
        day: date = now.astimezone(zone).date()
        return self.due_on < day


class TaskLink(TenantModel):
    """Something that a task is about: a transaction, a bill, a message or a contact."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="links", db_index=False)
    transaction = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        db_index=False,
    )  # fmt: skip
    bill = models.ForeignKey(
        Bill, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    email = models.ForeignKey(
        Email, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "task", "transaction"), name="task_link_transaction"
            ),
            models.UniqueConstraint(fields=("tenant", "task", "bill"), name="task_link_bill"),
            models.UniqueConstraint(fields=("tenant", "task", "email"), name="task_link_email"),
            models.UniqueConstraint(fields=("tenant", "task", "contact"), name="task_link_contact"),
        )
        indexes = (
            models.Index(fields=("tenant", "transaction"), name="task_link_of_transaction"),
            models.Index(fields=("tenant", "bill"), name="task_link_of_bill"),
            models.Index(fields=("tenant", "email"), name="task_link_of_email"),
            models.Index(fields=("tenant", "contact"), name="task_link_of_contact"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.target_id}"

    @property
    def kind(self) -> str:
        return next(kind for kind in LINK_KINDS if getattr(self, f"{kind}_id"))

    @property
    def target_id(self) -> str:
        return str(getattr(self, f"{self.kind}_id"))


LINK_KINDS = ("transaction", "bill", "email", "contact")
