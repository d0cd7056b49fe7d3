"""Whose mail is read next: nobody's ten years of it hold up somebody else's, and what a person
waits for comes before backlog. The jobs are real, one worker runs them one after the other."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.models import Job, JobQueue
from jobs.queuing import PER_TENANT, Turns, mark_queued
from jobs.runner import JobRunner
from mail_ingest.imports import start_import
from mail_ingest.models import Email, MailImport
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.mail_ingest.make import make_mbox, make_messages

SMALL = 230
LARGE = 500


@pytest.fixture(autouse=True)
def _a_page_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mail_ingest.fetching.TURN_SECONDS", 0)


def begin(tenant: Tenant, path: Path, count: int) -> uuid.UUID:
    with tenant_scope(tenant.id):
        return start_import(
            make_mbox(path, make_messages(count)), is_own=True, account_label=path.name
        ).pk


def turns() -> Iterator[Job]:
    """The jobs of reading mail, each when it has run."""
    order = Turns()
    while True:
        with all_tenants("a test runs jobs"):
            ids = mark_queued(JobQueue.MAIL, room=1, worker="test", turns=order)
        if not ids:
            return
        JobRunner.run(ids[0])
        with all_tenants("a test looks at jobs"):
            yield Job.objects.get(pk=ids[0])


def is_read(tenant: Tenant, import_id: uuid.UUID) -> bool:
    with tenant_scope(tenant.id):
        return MailImport.objects.get(pk=import_id).finished_at is not None


def test_a_large_tenants_backlog_does_not_starve_a_small_one(
    tenant: Tenant, stranger: Tenant, tmp_path: Path
) -> None:
    large = [begin(tenant, tmp_path / f"years-{n}", LARGE) for n in range(5)]
    running = turns()
    # The backlog of all five is under way.
    for _ in range(12):
        assert next(running).tenant_id == tenant.id
    small = begin(stranger, tmp_path / "inbox", SMALL)
    waited = own = 0
    for job in running:
        if job.tenant_id == stranger.id:
            own += 1
        else:
            waited += 1
        if is_read(stranger, small):
            break
    with tenant_scope(stranger.id):
        assert Email.objects.count() == SMALL
    # Between two turns of the small one, the large one has at most its own turns of one round.
    assert own > 1
    assert waited <= PER_TENANT * own
    for _ in running:
        pass
    assert all(is_read(tenant, one) for one in large)


def test_what_a_person_waits_for_comes_before_backlog(tenant: Tenant, tmp_path: Path) -> None:
    for n in range(3):
        begin(tenant, tmp_path / f"years-{n}", LARGE)
    running = turns()
    for _ in range(6):
        next(running)
    asked = begin(tenant, tmp_path / "today", 40)
    assert next(running).subject == str(asked)
    with tenant_scope(tenant.id):
        row = MailImport.objects.get(pk=asked)
        assert row.stored_count + row.duplicate_count == 40
