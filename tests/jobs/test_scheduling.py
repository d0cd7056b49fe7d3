"""Schedules and their slots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
)

from jobs.models import Job, JobState, ScheduleSlot
from jobs.runner import JobRunner
from jobs.scheduling import seed_schedules, tick
from tenancy.scope import all_tenants
from tests.jobs.test_races import at_once

NIGHTLY = {"minute": "30", "hour": "2"}


def at(text: str) -> datetime:
    """A UTC time, "2026-03-28 12:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(autouse=True)
def everywhere(scripted: Any, db: None) -> Iterator[None]:
    PeriodicTask.objects.all().delete()
    with all_tenants("a test"):
        yield


def schedule(name: str = "Nightly", *, since: str, **fields: Any) -> PeriodicTask:
    """A schedule whose last slot was at `since`."""
    crontab = fields.pop("crontab", None)
    if crontab is not None:
        zone = ZoneInfo(fields.pop("zone", "UTC"))
        fields["crontab"] = CrontabSchedule.objects.create(timezone=zone, **crontab)
    return PeriodicTask.objects.create(
        name=name, task="test.scripted", last_run_at=at(since), **fields
    )


def slots() -> list[str]:
    found = ScheduleSlot.objects.order_by("slot").values_list("slot", flat=True)
    return [f"{slot:%m-%d %H:%M}" for slot in found]


def finish_jobs() -> None:
    Job.objects.update(state=JobState.SUCCEEDED)


def test_a_slot_enqueues_one_job_however_often_it_is_asked_for() -> None:
    schedule(since="2026-03-01 03:00", crontab=NIGHTLY, kwargs='{"deep": true}')
    assert tick(at("2026-03-02 02:29")) == 0
    assert tick(at("2026-03-02 02:30")) == 1
    finish_jobs()
    assert [tick(at(f"2026-03-02 {hour}:00")) for hour in ("03", "04", "23")] == [0, 0, 0]
    job = Job.objects.get()
    assert (job.tenant_id, job.payload, job.trigger) == (None, {"deep": True}, "Schedule “Nightly”")
    assert tick(at("2026-03-03 02:31")) == 1


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_behave_as_one() -> None:
    schedule(since="2026-03-01 03:00", crontab=NIGHTLY)

    def beat(number: int) -> int:
        return tick(at("2026-03-02 02:30") + timedelta(seconds=number))

    assert sum(at_once(8, beat)) == 1
    assert (Job.objects.count(), slots()) == (1, ["03-02 02:30"])


def test_missed_slots_are_made_up_for_by_one_job_for_the_latest() -> None:
    schedule(since="2026-01-01 03:00", crontab=NIGHTLY)
    schedule("Often", since="2026-01-01 03:00", crontab={"minute": "*/5"})
    assert tick(at("2026-03-02 12:03")) == 2
    assert slots() == ["03-02 02:30", "03-02 12:00"]
    finish_jobs()
    assert tick(at("2026-03-02 12:04")) == 0


def test_a_new_schedule_waits_for_its_first_slot() -> None:
    every = IntervalSchedule.objects.create(every=10, period=IntervalSchedule.MINUTES)
    row = PeriodicTask.objects.create(name="New", task="test.scripted", interval=every)
    made = row.date_changed
    assert tick(made) == 0
    assert tick(made + timedelta(minutes=10)) == 1
    finish_jobs()
    assert tick(made + timedelta(minutes=10, seconds=1)) == 0


def test_intervals_have_the_same_slots_for_everybody() -> None:
    every = IntervalSchedule.objects.create(every=15, period=IntervalSchedule.MINUTES)
    schedule("Quarterly", since="2026-03-02 12:00", interval=every)
    assert tick(at("2026-03-02 12:14")) == 0
    assert tick(at("2026-03-02 12:47")) == 1
    assert slots() == ["03-02 12:45"]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        # Summer time begins on 29 March: 02:30 does not exist and is taken as 03:30 (01:30 UTC).
        ("2026-03-28 12:00", "2026-03-30 00:00", ["03-29 01:30"]),
        # It ends on 25 October: 02:30 comes twice, at 00:30 and 01:30 UTC, and is taken once.
        ("2026-10-24 12:00", "2026-10-26 00:00", ["10-25 00:30"]),
        ("2026-07-01 12:00", "2026-07-02 12:00", ["07-02 00:30"]),
    ],
)
def test_a_night_with_a_clock_change_runs_once(since: str, until: str, expected: list[str]) -> None:
    schedule(since=since, crontab=NIGHTLY, zone="Europe/Berlin")
    now, end = at(since), at(until)
    while now <= end:
        tick(now)
        finish_jobs()
        now += timedelta(minutes=15)
    assert slots() == expected


@pytest.mark.parametrize(
    ("crontab", "until", "expected"),
    [
        ({"minute": "0", "hour": "6", "day_of_month": "1"}, "2026-04-05 00:00", "04-01 06:00"),
        ({"minute": "0", "hour": "6", "day_of_week": "0"}, "2026-03-11 00:00", "03-08 06:00"),
        ({"minute": "0", "hour": "6", "day_of_week": "mon-fri"}, "2026-03-08 09:00", "03-06 06:00"),
        ({"minute": "0", "hour": "6", "month_of_year": "2"}, "2027-03-01 00:00", "02-28 06:00"),
        ({"minute": "10,50", "hour": "*/6"}, "2026-03-03 12:30", "03-03 12:10"),
    ],
)
def test_a_crontab_is_read_as_cron_reads_it(
    crontab: dict[str, str], until: str, expected: str
) -> None:
    schedule(since="2026-03-02 00:00", crontab=crontab)
    assert tick(at(until)) == 1
    assert slots() == [expected]


def test_what_is_switched_off_unknown_expired_or_not_begun_does_nothing() -> None:
    schedule("Off", since="2026-03-01 03:00", crontab=NIGHTLY, enabled=False)
    schedule("Expired", since="2026-03-01 03:00", crontab=NIGHTLY, expires=at("2026-03-02 00:00"))
    schedule("Later", since="2026-03-01 03:00", crontab=NIGHTLY, start_time=at("2026-04-01 00:00"))
    schedule("Unknown", since="2026-03-01 03:00", crontab=NIGHTLY)
    PeriodicTask.objects.filter(name="Unknown").update(task="celery.backend_cleanup")
    assert tick(at("2026-03-02 12:00")) == 0


def test_one_that_cannot_be_read_does_not_stop_the_others() -> None:
    schedule("Broken", since="2026-03-01 03:00", crontab=NIGHTLY)
    PeriodicTask.objects.filter(name="Broken").update(kwargs="{nonsense")
    schedule("Sound", since="2026-03-01 03:00", crontab=NIGHTLY)
    assert tick(at("2026-03-02 12:00")) == 1
    assert ScheduleSlot.objects.get().schedule == "Sound"


def test_a_clocked_time_is_taken_once() -> None:
    once = ClockedSchedule.objects.create(clocked_time=at("2026-03-02 12:00"))
    schedule("Once", since="2026-03-01 00:00", clocked=once, one_off=True)
    assert [tick(at(f"2026-03-02 {time}")) for time in ("11:59", "12:00", "12:01")] == [0, 1, 0]
    assert not PeriodicTask.objects.get().enabled


def test_a_run_that_is_still_going_is_not_doubled() -> None:
    schedule(since="2026-03-01 03:00", crontab=NIGHTLY)
    running = JobRunner.enqueue("test.scripted")
    tick(at("2026-03-02 12:00"))
    assert Job.objects.get().id == running.id
    assert slots() == ["03-02 02:30"]


def test_seeding_keeps_what_an_operator_has_changed(settings: Any) -> None:
    settings.SCHEDULES = {
        "Nightly": {"kind": "test.scripted", "crontab": "30 2 * * *", "zone": "Asia/Tokyo"},
        "Often": {"kind": "test.scripted", "interval_seconds": 60, "payload": {"a": 1}},
    }
    seed_schedules()
    nightly = PeriodicTask.objects.get(name="Nightly")
    assert str(nightly.crontab.timezone) == "Asia/Tokyo"
    assert PeriodicTask.objects.get(name="Often").kwargs == '{"a": 1}'
    nightly.enabled = False
    nightly.save()
    seed_schedules()
    assert not PeriodicTask.objects.get(name="Nightly").enabled
    assert PeriodicTask.objects.count() == 2
