"""The operators' view of jobs, workers and schedules' slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.errors import JobError
from jobs.models import Job, ScheduleSlot, WorkerHeartbeat
from jobs.querysets import needs_attention
from jobs.runner import JobRunner
from tenancy.admin import OperatorAdmin, TenantAdmin


class AttentionFilter(admin.SimpleListFilter):
    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("needed", "Needs attention")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return needs_attention(queryset) if self.value() == "needed" else queryset


@admin.register(Job)
class JobAdmin(TenantAdmin):
    list_display = ("kind", "subject", "state", "queue", "attempt", "error", "created_at")
    list_filter = (AttentionFilter, "state", "queue", "kind")
    search_fields = ("id", "kind", "subject", "error")
    ordering = ("-created_at", "-id")
    actions = ("retry_jobs", "cancel_jobs")

    @admin.action(description="Retry: run failed, dead or cancelled jobs again")
    def retry_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._apply(request, queryset, JobRunner.retry, "will run again")

    @admin.action(description="Cancel: stop waiting and running jobs")
    def cancel_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._apply(request, queryset, JobRunner.cancel, "cancelled, or asked to stop")

    def _apply(
        self, request: HttpRequest, queryset: QuerySet[Job], verb: Callable[..., Job], done: str
    ) -> None:
        changed = 0
        for job in queryset:
            try:
                verb(job.id)
            except (JobError, Job.DoesNotExist) as error:
                self.message_user(request, f"{job}: {error}", messages.WARNING)
            else:
                changed += 1
        if changed:
            self.message_user(request, f"Jobs {done}: {changed}.", messages.SUCCESS)


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(OperatorAdmin):
    list_display = ("name", "queues", "processes", "started_at", "seen_at")
    ordering = ("-seen_at",)


@admin.register(ScheduleSlot)
class ScheduleSlotAdmin(OperatorAdmin):
    list_display = ("schedule", "slot", "created_at")
    search_fields = ("schedule",)
    ordering = ("-slot",)
