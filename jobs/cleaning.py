"""The nightly clean-up of what jobs leave behind."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from jobs.base import BaseJob, JobRun, JsonObject
from jobs.clock import from_now
from jobs.models import LIVE_STATES, UNSUCCESSFUL_STATES, Job, ScheduleSlot
from tenancy.scope import all_tenants
from tenancy.statistics import look_at_tables
from tenancy.wording import worded

AT_ONCE = 1000
# Those that need somebody's attention stay longer.
UNSUCCESSFUL_TIMES_LONGER = 3


class CleanUp(BaseJob):
    """Delete finished jobs after `JOB_RETENTION_DAYS`, failed and dead ones after three times as
    long, and the schedules' old slots. What remains is looked at for planning."""

    kind = "jobs.clean_up"

    def run(self, run: JobRun) -> JsonObject:
        deleted = 0
        day = 24 * 3600
        kept = -settings.JOB_RETENTION_DAYS * day
        with all_tenants("clean up finished jobs"):
            old = Job.objects.filter(finished_at__lt=from_now(kept)).exclude(state__in=LIVE_STATES)
            for rows in (
                old.exclude(state__in=UNSUCCESSFUL_STATES),
                old.filter(finished_at__lt=from_now(kept * UNSUCCESSFUL_TIMES_LONGER)),
            ):
                while ids := list(rows.values_list("id", flat=True)[:AT_ONCE]):
                    with transaction.atomic():
                        Job.objects.filter(pk__in=ids).delete()
                    deleted += len(ids)
                    run.progress(deleted, message=worded("Deleting old jobs"))
        # The latest slot of each schedule is on its row, so old slots decide nothing.
        slots, _ = ScheduleSlot.objects.filter(created_at__lt=from_now(kept)).delete()
        look_at_tables()
        return {"jobs": deleted, "slots": slots}
