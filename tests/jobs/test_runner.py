"""One attempt after the other: what happens to a job's row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Role
from jobs.base import JobCancelled, JobRun, JsonObject, LostLease, PermanentError, RetryLater
from jobs.clock import database_now, from_now
from jobs.errors import JobError
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import all_tenants, current_actor, current_tenant_id, tenant_scope
from tests.jobs.conftest import Script, age, fresh, only
from tests.jobs.kinds import Scripted
from tests.make import make_user
from tests.running import run_due_jobs


def add_role(key: str = "written") -> JsonObject:
    Role.objects.create(key=key, name=key)
    return {"role": key}


def roles() -> list[str]:
    return sorted(Role.objects.filter(is_built_in=False).values_list("key", flat=True))


def test_a_job_runs_its_hooks_and_keeps_its_result(
    job: Job, scripted: Callable[[Script], None]
) -> None:
    scripted(lambda run: {"payload": run.info.payload, "attempt": run.info.attempt})
    JobRunner.run(job.id)
    done = fresh(job.id)
    assert (done.state, done.attempt, done.lease_until) == (JobState.SUCCEEDED, 1, None)
    assert done.result == {"payload": {}, "attempt": 1}
    assert done.started_at is not None and done.finished_at is not None
    assert done.created_at <= done.started_at <= done.finished_at
    assert Scripted.calls[:2] == ["before_run", "run"]
    assert Scripted.calls[2].startswith("after_run {")


def test_a_job_runs_in_its_tenants_scope_for_the_one_who_triggered_it(
    scripted: Callable[[Script], None], in_tenant: Tenant
) -> None:
    user = make_user()
    JobRunner.enqueue("test.scripted", triggered_by_id=user.id)
    seen = []
    scripted(only(lambda run: seen.append((current_tenant_id(), current_actor()))))
    run_due_jobs()
    assert [(tenant, actor.kind, actor.user_id) for tenant, actor in seen] == [
        (in_tenant.id, "job", user.id)
    ]


def test_a_message_that_arrives_again_runs_nothing(job: Job) -> None:
    for _ in range(3):
        JobRunner.run(job.id)
    assert Scripted.calls.count("run") == 1


def test_work_of_no_tenant_runs_too(scripted: Callable[[Script], None], db: None) -> None:
    scripted(only(lambda run: run.progress(1, 2, "Half")))
    job = JobRunner.enqueue("test.scripted", subject="nobody's")
    assert run_due_jobs() == 1
    done = fresh(job.id)
    assert (done.tenant_id, done.state, done.progress_message) == (None, "succeeded", "Half")


def test_an_error_returns_the_job_for_another_attempt_until_they_are_used_up(
    job: Job, scripted: Callable[[Script], None]
) -> None:
    def fail(run: JobRun) -> JsonObject:
        raise ValueError("secret of somebody\x00\ud800")

    scripted(fail)
    JobRunner.run(job.id)
    again = fresh(job.id)
    assert (again.state, again.attempt, again.finished_at) == (JobState.READY, 1, None)
    assert again.error == "It stopped with an unexpected error (ValueError)."
    assert "secret of somebody" in again.error_detail
    JobRunner.run(job.id)
    JobRunner.run(job.id)
    dead = fresh(job.id)
    assert (dead.state, dead.attempt) == (JobState.DEAD, 3)
    assert dead.finished_at is not None
    assert [call for call in Scripted.calls if call.startswith("on_failure")] == [
        "on_failure ValueError final=False",
        "on_failure ValueError final=False",
        "on_failure ValueError final=True",
    ]


def test_later_attempts_wait_longer(
    job: Job, scripted: Callable[[Script], None], settings: object
) -> None:
    settings.JOB_BACKOFF_SECONDS = 100  # type: ignore[attr-defined]

    def fail(run: JobRun) -> JsonObject:
        raise ValueError

    scripted(fail)
    JobRunner.run(job.id)
    first = fresh(job.id).run_after - database_now()
    JobRunner.run(job.id)  # a message that was on its way: the job waits all the same
    assert Scripted.calls.count("run") == 1
    age(job.id, run_after=Now())
    JobRunner.run(job.id)
    second = fresh(job.id).run_after - database_now()
    assert timedelta(seconds=79) < first < timedelta(seconds=120)
    assert timedelta(seconds=159) < second < timedelta(seconds=240)


def test_a_job_says_itself_when_to_try_again(job: Job, scripted: Callable[[Script], None]) -> None:
    def later(run: JobRun) -> JsonObject:
        raise RetryLater("The server asks us to wait.", after_seconds=500)

    scripted(later)
    JobRunner.run(job.id)
    waiting = fresh(job.id)
    assert (waiting.state, waiting.error) == (JobState.READY, "The server asks us to wait.")
    assert timedelta(seconds=490) < waiting.run_after - database_now() <= timedelta(seconds=500)


def test_an_error_that_time_cannot_heal_fails_at_once(
    job: Job, scripted: Callable[[Script], None]
) -> None:
    def refuse(run: JobRun) -> JsonObject:
        raise PermanentError("The mailbox no longer exists.")

    scripted(refuse)
    JobRunner.run(job.id)
    failed = fresh(job.id)
    assert (failed.state, failed.error) == (JobState.FAILED, "The mailbox no longer exists.")
    assert Scripted.calls[-1] == "on_failure PermanentError final=True"


def test_a_job_that_takes_too_long_is_told_so(job: Job, scripted: Callable[[Script], None]) -> None:
    def stall(run: JobRun) -> JsonObject:
        raise SoftTimeLimitExceeded

    scripted(stall)
    JobRunner.run(job.id)
    assert fresh(job.id).error == "It took longer than the 240 seconds allowed."


def test_a_kind_that_this_version_does_not_know_is_tried_again(job: Job) -> None:
    age(job.id, kind="test.newer")
    JobRunner.run(job.id)
    assert (fresh(job.id).state, fresh(job.id).attempt) == (JobState.READY, 1)


def test_the_last_effect_and_success_commit_together(
    job: Job, scripted: Callable[[Script], None]
) -> None:
    scripted(only(lambda run: run.finish(add_role)))
    JobRunner.run(job.id)
    assert (fresh(job.id).state, fresh(job.id).result) == (
        JobState.SUCCEEDED,
        {"role": "written"},
    )
    assert roles() == ["written"]


def test_an_effect_that_fails_leaves_nothing(job: Job, scripted: Callable[[Script], None]) -> None:
    def half(run: JobRun) -> JsonObject:
        def effect() -> JsonObject:
            add_role()
            raise ValueError

        run.finish(effect)
        return {}

    scripted(half)
    JobRunner.run(job.id)
    assert (fresh(job.id).state, roles()) == (JobState.READY, [])


def test_a_job_enqueues_its_own_continuation_with_its_last_effect(
    job: Job, scripted: Callable[[Script], None]
) -> None:
    def effect() -> JsonObject:
        if Job.objects.count() < 3:
            JobRunner.enqueue("test.scripted", subject="one")
        return {}

    scripted(only(lambda run: run.finish(effect)))
    assert run_due_jobs() == 3
    assert Job.objects.filter(subject="one", state=JobState.SUCCEEDED).count() == 3


@pytest.mark.parametrize("how", ["fenced", "finish", "progress"])
def test_an_attempt_whose_lease_was_taken_over_writes_nothing(
    how: str, job: Job, scripted: Callable[[Script], None]
) -> None:
    seen: list[BaseException] = []

    def write(run: JobRun) -> JsonObject:
        # Another worker has claimed it meanwhile.
        age(job.id, attempt=2)
        try:
            if how == "fenced":
                with run.fenced():
                    add_role()
            elif how == "finish":
                run.finish(add_role)
            else:
                run.progress(1)
        except LostLease as error:
            seen.append(error)
            raise
        return {}

    scripted(write)
    JobRunner.run(job.id)
    row = fresh(job.id)
    assert len(seen) == 1
    assert (row.state, row.attempt, row.progress_done) == (JobState.RUNNING, 2, 0)
    assert roles() == []
    assert Scripted.calls == ["before_run", "run"]


def test_pages_and_their_progress_are_written_as_they_come(
    job: Job, scripted: Callable[[Script], None]
) -> None:
    def pages(run: JobRun) -> JsonObject:
        for page in range(1, 3):
            run.progress(page, 4, f"Page {page}")
            with run.fenced():
                add_role(f"page-{page}")
        raise RetryLater("The connection was cut.")

    scripted(pages)
    JobRunner.run(job.id)
    row = fresh(job.id)
    assert roles() == ["page-1", "page-2"]
    assert (row.progress_done, row.progress_total, row.progress_message) == (2, 4, "Page 2")


@pytest.mark.parametrize("state", [JobState.READY, JobState.QUEUED])
def test_a_waiting_job_is_cancelled_at_once(state: JobState, job: Job) -> None:
    age(job.id, state=state)
    assert JobRunner.cancel(job.id).state == JobState.CANCELLED
    JobRunner.run(job.id)
    assert Scripted.calls == []
    assert fresh(job.id).finished_at is not None


@pytest.mark.parametrize("how", ["fenced", "finish", "progress"])
def test_a_running_job_stops_where_it_next_writes(
    how: str, job: Job, scripted: Callable[[Script], None]
) -> None:
    def write(run: JobRun) -> JsonObject:
        assert JobRunner.cancel(job.id).state == JobState.RUNNING
        with pytest.raises(JobCancelled) as stopped:
            if how == "fenced":
                with run.fenced():
                    add_role()
            elif how == "finish":
                run.finish(add_role)
            else:
                run.progress(1)
        raise stopped.value

    scripted(write)
    JobRunner.run(job.id)
    assert (fresh(job.id).state, roles()) == (JobState.CANCELLED, [])


def test_a_cancel_that_comes_when_the_work_is_done_changes_nothing(
    job: Job, scripted: Callable[[Script], None]
) -> None:
    scripted(only(lambda run: JobRunner.cancel(job.id)))
    JobRunner.run(job.id)
    assert fresh(job.id).state == JobState.SUCCEEDED
    with pytest.raises(JobError, match="ended already"):
        JobRunner.cancel(job.id)


def test_a_cancelled_job_that_fails_is_not_tried_again(
    job: Job, scripted: Callable[[Script], None]
) -> None:
    def fail(run: JobRun) -> JsonObject:
        JobRunner.cancel(job.id)
        raise ValueError

    scripted(fail)
    JobRunner.run(job.id)
    assert fresh(job.id).state == JobState.CANCELLED
    assert fresh(job.id).finished_at is not None


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.DEAD, JobState.CANCELLED])
def test_an_ended_job_is_retried_with_a_new_budget(state: JobState, job: Job) -> None:
    age(job.id, state=state, attempt=3, cancel_requested_at=Now(), error="Bad luck")
    again = JobRunner.retry(job.id)
    assert (again.state, again.attempt, again.max_attempts) == (JobState.READY, 3, 6)
    assert (again.error, again.cancel_requested_at) == ("", None)
    assert run_due_jobs() == 1
    assert fresh(job.id).state == JobState.SUCCEEDED


def test_what_is_live_done_or_replaced_is_not_retried(job: Job) -> None:
    with pytest.raises(JobError, match="has not ended"):
        JobRunner.retry(job.id)
    age(job.id, state=JobState.DEAD)
    JobRunner.enqueue("test.scripted", subject="one")
    with pytest.raises(JobError, match="already doing the same work"):
        JobRunner.retry(job.id)
    assert fresh(job.id).state == JobState.DEAD
    age(job.id, state=JobState.SUCCEEDED)
    with pytest.raises(JobError, match="has succeeded"):
        JobRunner.retry(job.id)


def test_another_tenants_job_is_not_there(job: Job, stranger: Tenant) -> None:
    with tenant_scope(stranger.id):
        for verb in (JobRunner.cancel, JobRunner.retry):
            with pytest.raises(Job.DoesNotExist):
                verb(job.id)
    assert fresh(job.id).state == JobState.READY


def test_enqueueing_the_same_subject_returns_the_live_job(job: Job, stranger: Tenant) -> None:
    assert JobRunner.enqueue("test.scripted", subject="one", payload={"ignored": 1}).id == job.id
    assert JobRunner.enqueue("test.scripted", subject="two").id != job.id
    with tenant_scope(stranger.id):
        assert JobRunner.enqueue("test.scripted", subject="one").id != job.id
    with all_tenants("a test"):
        nobodys = JobRunner.enqueue("test.scripted", subject="one")
        assert nobodys.id != job.id
        assert JobRunner.enqueue("test.scripted", subject="one").id == nobodys.id
    JobRunner.cancel(job.id)
    assert JobRunner.enqueue("test.scripted", subject="one").id != job.id


def test_a_job_for_later_waits(scripted: Callable[[Script], None], in_tenant: Tenant) -> None:
    job = JobRunner.enqueue("test.scripted", run_after=timezone.now() + timedelta(hours=1))
    assert run_due_jobs() == 0
    age(job.id, run_after=from_now(-1))
    assert run_due_jobs() == 1


def test_an_unknown_kind_is_refused(in_tenant: Tenant) -> None:
    with pytest.raises(LookupError, match=r"“test\.unknown” is not in settings\.JOB_KINDS"):
        JobRunner.enqueue("test.unknown")
