"""Job rows: the queue itself. Celery only wakes workers.

    READY -> QUEUED -> RUNNING -> SUCCEEDED | FAILED | DEAD
    RUNNING -> READY                 (retryable error or lease expired; `run_after` later,
                                      DEAD after `max_attempts`)
    READY | QUEUED | RUNNING -> CANCELLED

Every transition is one compare-and-set update on the state it leaves (see `transitions.py`).
Times that decide anything come from the database's clock, never from a worker's.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tenancy.ids import new_id
from tenancy.models import Tenant, TenantModel
from tenancy.wording_field import WordingField


class JobState(models.TextChoices):
    READY = "ready", _("Waiting")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    DEAD = "dead", _("Given up")
    CANCELLED = "cancelled", _("Called off")


WAITING_STATES = (JobState.READY, JobState.QUEUED)
LIVE_STATES = (*WAITING_STATES, JobState.RUNNING)
UNSUCCESSFUL_STATES = (JobState.FAILED, JobState.DEAD)


class JobQueue(models.TextChoices):
    DEFAULT = "default"
    MAIL = "mail"


class Job(TenantModel):
    """One piece of background work. `kind` names the BaseJob that runs it, `subject` what it is
    about: one live job per (tenant, kind, subject)."""

    # Work for nobody's ledger (a one-time code by mail, say) has no tenant.
    tenant = models.ForeignKey(  # type: ignore[assignment]
        Tenant, on_delete=models.CASCADE, null=True, blank=True, editable=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=200, blank=True)
    queue = models.CharField(max_length=16, choices=JobQueue, default=JobQueue.DEFAULT)
    priority = models.SmallIntegerField(default=0, help_text="Higher runs first.")
    payload = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.READY)
    attempt = models.PositiveIntegerField(
        default=0, help_text="Never goes back: it fences off an earlier attempt that still runs."
    )
    max_attempts = models.PositiveIntegerField(default=5)
    run_after = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(
        null=True, blank=True,
        help_text="Queued: when it is published again. Running: when its worker counts as lost.",
    )  # fmt: skip
    worker = models.CharField(
        max_length=120, blank=True, help_text="Who published it; once running, who runs it."
    )
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(null=True, blank=True)
    progress_message = WordingField(blank=True)
    result = models.JSONField(null=True, blank=True)
    error = WordingField(blank=True, help_text="In words for a person.")
    error_detail = models.TextField(blank=True, help_text="The traceback, for operators.")
    triggered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    trigger = WordingField(blank=True, help_text="Why it was enqueued.")
    created_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "kind", "subject"),
                condition=models.Q(state__in=LIVE_STATES),
                name="job_one_live_per_subject",
            ),
            # NULLs are distinct to a unique index: work without a tenant needs its own.
            models.UniqueConstraint(
                fields=("kind", "subject"),
                condition=models.Q(state__in=LIVE_STATES, tenant__isnull=True),
                name="job_one_live_per_system_subject",
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-created_at", "-id"), name="job_newest"),
            # The dispatcher hops from tenant to tenant along these two.
            models.Index(
                fields=("queue", "tenant", "-priority", "run_after"),
                condition=models.Q(state__in=WAITING_STATES),
                name="job_due",
            ),
            models.Index(
                fields=("queue", "tenant", "run_after"),
                condition=models.Q(state__in=WAITING_STATES, priority__gt=0),
                name="job_due_interactive",
            ),
            models.Index(
                fields=("tenant", "-created_at"),
                condition=models.Q(state__in=UNSUCCESSFUL_STATES),
                name="job_needs_attention",
            ),
            models.Index(
                fields=("worker", "queue"),
                condition=models.Q(state=JobState.QUEUED),
                name="job_published",
            ),
            models.Index(
                fields=("lease_until",),
                condition=models.Q(state=JobState.RUNNING),
                name="job_leases",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()


class ScheduleSlot(models.Model):
    """One due time of one schedule, so that two beats, a missed beat and no beat behave alike:
    whoever inserts the slot enqueues its work."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schedule = models.CharField(max_length=200)
    slot = models.DateTimeField(help_text="UTC")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("schedule", "slot"), name="schedule_slot_once"),
        )

    def __str__(self) -> str:
        return f"{self.schedule} {self.slot:%Y-%m-%d %H:%M}"


class WorkerHeartbeat(models.Model):
    """A worker whose dispatcher has been alive at `seen_at`. Operators' data, of no tenant."""

    name = models.CharField(primary_key=True, max_length=120)
    queues = models.JSONField(default=list)
    processes = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
