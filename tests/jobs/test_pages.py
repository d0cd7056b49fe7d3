"""Pages of background work."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.test import Client

from jobs.models import Job, JobState
from jobs.titles import title_of
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id
from tenancy.wording import worded
from tests.make import make_member
from tests.pages import member, part, signed_in


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def make_job(state: str = JobState.READY, **fields: object) -> Job:
    made: Job = Job.objects.create(
        tenant_id=current_tenant_id(), kind="mail_ingest.fetch_account", state=state, **fields
    )
    return made


def test_tabs_hold_what_their_names_say(browser: Client) -> None:
    make_job(JobState.SUCCEEDED, trigger="went well", subject="a")
    make_job(JobState.DEAD, trigger="went badly", subject="b", error="The server is gone.")
    attention = browser.get("/jobs/?show=attention").content.decode()
    assert "went badly" in attention
    assert "The server is gone." in attention
    assert "went well" not in attention
    assert "went badly" not in browser.get("/jobs/?show=done").content.decode()


def test_a_list_polls_while_something_runs_and_only_then(browser: Client) -> None:
    assert "every 2s" not in browser.get("/jobs/").content.decode()
    make_job(JobState.RUNNING, progress_done=3, progress_total=10)
    html = part(browser, "/jobs/").content.decode()
    assert "every 2s" in html
    assert 'value="3" max="10"' in html


def test_a_waiting_job_is_cancelled_and_tried_again(browser: Client) -> None:
    job = make_job()
    browser.post(f"/jobs/{job.pk}/cancel/")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    browser.post(f"/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert job.state == JobState.READY


def test_a_cancel_that_comes_too_late_says_so(browser: Client) -> None:
    job = make_job(JobState.SUCCEEDED)
    answer = browser.post(f"/jobs/{job.pk}/cancel/")
    assert answer.status_code == 422
    assert "ended already" in answer.content.decode()


def test_a_neighbours_job_is_not_there(in_tenant: Tenant, stranger: Tenant) -> None:
    job = make_job()
    other = member(stranger, email="bob@example.org")
    assert other.get(f"/jobs/{job.pk}/").status_code == 404
    assert other.post(f"/jobs/{job.pk}/cancel/").status_code == 404
    assert other.get(f"/jobs/{uuid.uuid4()}/").status_code == 404
    job.refresh_from_db()
    assert job.state == JobState.READY


def test_every_kind_has_a_title() -> None:
    assert settings.JOB_TITLES.keys() == settings.JOB_KINDS.keys()
    assert title_of("forgotten.kind") == "forgotten.kind"


def test_kind_state_and_error_are_in_the_readers_language(in_tenant: Tenant) -> None:
    make_job(JobState.DEAD, error=worded("“%(name)s” is empty.", name="a.mbox"))
    german = signed_in(make_member(in_tenant, "admin", language="de"))
    html = german.get("/jobs/").content.decode()
    assert "Postfach lesen" in html and "Aufgegeben" in html
    assert "„a.mbox“ ist leer." in html
