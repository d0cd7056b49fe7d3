"""Which jobs are handed out next, and to whom."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.clock import from_now
from jobs.models import Job, JobState
from jobs.queuing import Turns, anything_due, give_back, mark_queued, queued_by
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.jobs.conftest import age, fresh
from tests.make import make_tenant


@pytest.fixture
def everywhere(scripted: Any, db: None) -> Iterator[None]:
    with all_tenants("a test"):
        yield


def fill(tenant: Tenant | None, count: int, **fields: Any) -> None:
    """So many jobs that are due, each about something else."""
    Job.objects.bulk_create(
        Job(
            tenant=tenant,
            kind="test.scripted",
            subject=str(uuid.uuid4()),
            **fields,
        )
        for _ in range(count)
    )


def tenants_of(ids: list[uuid.UUID]) -> Counter[str]:
    rows = Job.objects.filter(pk__in=ids).values_list("tenant__name", flat=True)
    return Counter(name or "nobody" for name in rows)


def test_a_big_tenant_does_not_hold_up_a_small_one(everywhere: None) -> None:
    big, small = make_tenant(name="Big"), make_tenant(name="Small")
    fill(big, 500)
    fill(small, 3)
    fill(None, 1)
    marked = mark_queued("default", room=16, worker="w", turns=Turns())
    assert tenants_of(marked) == {"Big": 12, "Small": 3, "nobody": 1}
    assert tenants_of(marked[:5]) == {"nobody": 1, "Big": 2, "Small": 2}


def test_tenants_take_turns_from_round_to_round(everywhere: None) -> None:
    for name in "ABCDEF":
        fill(make_tenant(name=name), 100)
    turns = Turns()
    seen = [tenants_of(mark_queued("default", room=4, worker="w", turns=turns)) for _ in range(3)]
    assert seen == [{"A": 2, "B": 2}, {"C": 2, "D": 2}, {"E": 2, "F": 2}]


def test_a_tenant_alone_gets_all_the_room(everywhere: None) -> None:
    fill(make_tenant(), 20)
    assert len(mark_queued("default", room=16, worker="w", turns=Turns())) == 16


def test_what_somebody_waits_for_goes_first(everywhere: None) -> None:
    home, other = make_tenant(name="Home"), make_tenant(name="Other")
    fill(home, 50)
    fill(other, 1, priority=1)
    fill(home, 1, priority=5)
    first, second = mark_queued("default", room=2, worker="w", turns=Turns())
    assert tenants_of([first, second]) == {"Home": 1, "Other": 1}
    assert Job.objects.filter(pk__in=(first, second), priority__gt=0).count() == 2


def test_only_due_jobs_of_the_queue_are_handed_out(everywhere: None) -> None:
    tenant = make_tenant()
    fill(tenant, 1, queue="mail")
    later = JobRunner.enqueue("test.scripted", subject="later", tenant_id=tenant.id)
    age(later.id, run_after=from_now(60))
    assert not anything_due(["default"])
    assert mark_queued("default", room=9, worker="w", turns=Turns()) == []
    assert anything_due(["default", "mail"])


def test_what_is_marked_waits_a_lease_before_it_is_published_again(everywhere: None) -> None:
    job = JobRunner.enqueue("test.scripted", tenant_id=make_tenant().id)
    assert mark_queued("default", room=9, worker="one", turns=Turns()) == [job.id]
    assert fresh(job.id).state == JobState.QUEUED
    assert mark_queued("default", room=9, worker="two", turns=Turns()) == []
    age(job.id, lease_until=from_now(-1))
    assert mark_queued("default", room=9, worker="two", turns=Turns()) == [job.id]
    assert (queued_by("one", "default"), queued_by("two", "default")) == (0, 1)


def test_a_worker_that_stops_gives_back_what_it_published_itself(everywhere: None) -> None:
    tenant = make_tenant()
    fill(tenant, 2)
    mine = mark_queued("default", room=1, worker="mine", turns=Turns())
    theirs = mark_queued("default", room=1, worker="theirs", turns=Turns())
    assert give_back("mine") == 1
    assert (fresh(mine[0]).state, fresh(theirs[0]).state) == (JobState.READY, JobState.QUEUED)
