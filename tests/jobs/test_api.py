"""/api/v1/jobs."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from jobs.base import JobRun, JsonObject, PermanentError
from jobs.errors import JobError
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.jobs.conftest import age, fresh
from tests.make import PASSWORD, make_member
from tests.running import run_due_jobs


def client_of(user: User) -> APIClient:
    client = APIClient()
    pair = client.post("/api/auth/login", {"email": user.email, "password": PASSWORD}).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    return client


@pytest.fixture
def alice(tenant: Tenant) -> User:
    return make_member(tenant)


@pytest.fixture
def api(alice: User) -> APIClient:
    return client_of(alice)


@pytest.fixture
def others(api: APIClient, stranger: Tenant) -> APIClient:
    return client_of(make_member(stranger, email="eve@example.org"))


def trigger_scripted(payload: JsonObject) -> Job:
    """What `settings.JOB_TRIGGERS` names in these tests."""
    if set(payload) - {"subject"}:
        raise JobError("The payload takes “subject” only.", code="payload", field="subject")
    return JobRunner.enqueue(
        "test.scripted", subject=payload.get("subject", ""), trigger="Asked for by hand"
    )


@pytest.fixture
def triggerable(settings: Any, scripted: Any) -> None:
    settings.JOB_TRIGGERS = {"test.scripted": f"{__name__}.trigger_scripted"}


def test_a_job_shows_its_progress_times_result_and_who_triggered_it_and_why(
    api: APIClient, alice: User, triggerable: None, scripted: Any
) -> None:
    def work(run: JobRun) -> JsonObject:
        run.progress(3, 4, "Reading")
        return {"read": 3}

    scripted(work)
    answer = api.post("/api/v1/jobs/trigger/test.scripted", {"subject": "box"})
    assert answer.status_code == 202
    shown = answer.json()
    assert (shown["state"], shown["progress"]["done"], shown["result"]) == ("ready", 0, None)
    assert (shown["duration_seconds"], shown["started_at"]) == (None, None)
    assert run_due_jobs() >= 1
    done = api.get(f"/api/v1/jobs/{shown['id']}").json()
    assert done["state"] == "succeeded"
    assert done["progress"] == {"done": 3, "total": 4, "message": "Reading"}
    assert done["result"] == {"read": 3}
    assert done["triggered_by"] == {"id": str(alice.id), "email": "alice@example.org"}
    assert done["trigger"] == "Asked for by hand"
    assert 0 <= done["wait_seconds"] < 60
    assert 0 <= done["duration_seconds"] < 60
    assert not {"payload", "error_detail", "worker"} & set(done)


def test_an_error_is_shown_in_plain_words(api: APIClient, job: Job, scripted: Any) -> None:
    def refuse(run: JobRun) -> JsonObject:
        raise PermanentError("The mailbox no longer exists.")

    scripted(refuse)
    JobRunner.run(job.id)
    shown = api.get(f"/api/v1/jobs/{job.id}").json()
    assert (shown["state"], shown["error"]) == ("failed", "The mailbox no longer exists.")


def ids(api: APIClient, query: str) -> set[str]:
    answer = api.get(f"/api/v1/jobs?{query}")
    assert answer.status_code == 200, answer.json()
    return {job["subject"] for job in answer.json()["data"]}


def test_jobs_are_listed_newest_first_and_filtered(api: APIClient, job: Job) -> None:
    dead = JobRunner.enqueue("test.scripted", subject="dead", queue="mail")
    replaced = JobRunner.enqueue("test.scripted", subject="replaced")
    for each in (dead, replaced):
        age(each.id, state=JobState.DEAD)
    JobRunner.enqueue("test.scripted", subject="replaced")
    listed = api.get("/api/v1/jobs").json()["data"]
    assert [each["subject"] for each in listed] == ["replaced", "replaced", "dead", "one"]
    assert ids(api, "state=dead") == {"dead", "replaced"}
    assert ids(api, "state=dead&state=ready") == {"dead", "replaced", "one"}
    assert ids(api, "queue=mail") == {"dead"}
    assert ids(api, "kind=test.scripted&subject=one") == {"one"}
    assert ids(api, "needs_attention=true") == {"dead"}
    assert ids(api, "needs_attention=false") == {"replaced", "one"}
    assert ids(api, "created_after=2100-01-01T00:00:00Z") == set()
    assert ids(api, "created_before=2100-01-01T00:00:00Z&limit=200") == {"dead", "replaced", "one"}


@pytest.mark.parametrize("query", ["state=lost", "queue=none", "nonsense=1", "limit=-1"])
def test_a_filter_that_is_not_understood_is_refused(query: str, api: APIClient, job: Job) -> None:
    answer = api.get(f"/api/v1/jobs?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_job_is_cancelled_and_retried(api: APIClient, job: Job) -> None:
    cancelled = api.post(f"/api/v1/jobs/{job.id}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    again = api.post(f"/api/v1/jobs/{job.id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "job_ended")
    retried = api.post(f"/api/v1/jobs/{job.id}/retry")
    assert (retried.status_code, retried.json()["state"]) == (200, "ready")
    again = api.post(f"/api/v1/jobs/{job.id}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "job_live")


def test_a_running_job_shows_that_it_is_being_cancelled(api: APIClient, job: Job) -> None:
    age(job.id, state=JobState.RUNNING, attempt=1)
    shown = api.post(f"/api/v1/jobs/{job.id}/cancel").json()
    assert (shown["state"], shown["is_cancelling"]) == ("running", True)


def test_only_kinds_that_say_so_can_be_triggered(api: APIClient, triggerable: None) -> None:
    answer = api.post("/api/v1/jobs/trigger/jobs.clean_up", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "job_kind_unknown")
    assert "Those that can: test.scripted." in answer.json()["detail"]


def test_a_wrong_payload_says_what_is_wrong(
    api: APIClient, triggerable: None, tenant: Tenant
) -> None:
    for payload in ({"box": 1}, [1]):
        answer = api.post("/api/v1/jobs/trigger/test.scripted", payload)
        assert answer.status_code in (400, 409), answer.json()
        assert "payload" in answer.json()["detail"]
    with tenant_scope(tenant.id):
        assert not Job.objects.exists()


def test_another_tenants_jobs_are_not_there(others: APIClient, job: Job) -> None:
    assert others.get("/api/v1/jobs").json()["data"] == []
    assert others.get(f"/api/v1/jobs/{job.id}").status_code == 404
    for verb in ("cancel", "retry"):
        assert others.post(f"/api/v1/jobs/{job.id}/{verb}").status_code == 404
    assert others.get(f"/api/v1/jobs/{uuid.uuid4()}").status_code == 404
    assert others.get("/api/v1/jobs/nonsense").status_code == 404
    assert fresh(job.id).state == JobState.READY


def test_nobody_signed_in_sees_nothing(job: Job) -> None:
    assert APIClient().get("/api/v1/jobs").status_code == 401
    assert APIClient().post(f"/api/v1/jobs/{job.id}/cancel").status_code == 401
