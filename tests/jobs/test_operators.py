"""What operators see and do: the clean-up, `manage.py jobs` and the admin."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from jobs.clock import from_now
from jobs.models import Job, JobState, ScheduleSlot
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.jobs.conftest import age, fresh
from tests.make import make_user
from tests.running import run_due_jobs

DAY = 24 * 3600


def test_the_clean_up_deletes_what_ended_long_ago(job: Job, settings: Any) -> None:
    settings.JOB_RETENTION_DAYS = 10
    ages = {
        "done-old": (JobState.SUCCEEDED, 11), "done-new": (JobState.SUCCEEDED, 9),
        "cancelled-old": (JobState.CANCELLED, 11), "dead-old": (JobState.DEAD, 29),
        "dead-older": (JobState.DEAD, 31), "failed-older": (JobState.FAILED, 31),
    }  # fmt: skip
    for subject, (state, days) in ages.items():
        made = JobRunner.enqueue("test.scripted", subject=subject)
        age(made.id, state=state, finished_at=from_now(-days * DAY))
    ScheduleSlot.objects.create(schedule="Nightly", slot="2020-01-01T00:00Z")
    ScheduleSlot.objects.update(created_at=from_now(-11 * DAY))
    with all_tenants("a test"):
        clean_up = JobRunner.enqueue("jobs.clean_up")
    run_due_jobs()
    assert fresh(clean_up.id).result == {"jobs": 4, "slots": 1}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'jobs_job'")
            assert cursor.fetchone()[0] > 0, "what remains is counted for the planner"
    kept = Job.objects.values_list("subject", flat=True)
    assert sorted(kept) == ["dead-old", "done-new", "one"]


def manage(*arguments: str) -> str:
    out = StringIO()
    call_command("jobs", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_shows_the_queue_and_what_needs_attention(job: Job) -> None:
    assert "Workers: 0 (none has been heard of)." in manage()
    age(job.id, state=JobState.DEAD, error="Bad luck.")
    assert f"{job.id} dead   test.scripted one: Bad luck." in manage()
    assert manage("--retry", str(job.id)) == f"{job.id} is ready.\n"
    assert manage("--cancel", str(job.id)) == f"{job.id} is cancelled.\n"
    with pytest.raises(CommandError, match="ended already"):
        manage("--cancel", str(job.id))


@pytest.fixture
def operator(db: None, client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def test_the_admin_lists_jobs_of_every_tenant_and_changes_none_directly(
    job: Job, stranger: Tenant, operator: Client
) -> None:
    theirs = JobRunner.enqueue("test.scripted", subject="theirs", tenant_id=stranger.id)
    page = operator.get("/admin/jobs/job/").content.decode()
    assert str(job.id) in page
    assert str(theirs.id) in page
    detail = operator.get(f"/admin/jobs/job/{job.id}/change/")
    assert detail.status_code == 200
    assert "_save" not in detail.content.decode()
    assert operator.post(f"/admin/jobs/job/{job.id}/change/", {}).status_code == 403
    for name in ("workerheartbeat", "scheduleslot"):
        assert operator.get(f"/admin/jobs/{name}/").status_code == 200
    assert operator.get("/admin/jobs/job/?attention=needed").status_code == 200


def test_the_admin_retries_and_cancels_through_the_verbs(job: Job, operator: Client) -> None:
    def act(action: str) -> str:
        answer = operator.post(
            "/admin/jobs/job/", {"action": action, "_selected_action": [str(job.id)]}, follow=True
        )
        return answer.content.decode()

    assert "Jobs cancelled, or asked to stop: 1." in act("cancel_jobs")
    assert fresh(job.id).state == JobState.CANCELLED
    assert "nothing to cancel" in act("cancel_jobs")
    assert "Jobs will run again: 1." in act("retry_jobs")
    assert fresh(job.id).state == JobState.READY
