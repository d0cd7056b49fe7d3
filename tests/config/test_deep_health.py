"""/healthz/deep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from config import deep_health
from jobs.models import Job, JobState, WorkerHeartbeat
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.make import make_member, make_user
from tests.pages import signed_in

TOKEN = "a-monitors-own"


@pytest.fixture(autouse=True)
def monitored(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HEALTH_TOKEN = TOKEN
    monkeypatch.setattr(deep_health, "used_part_of_disk", lambda: 0.5)  # whatever this machine's


@pytest.fixture
def worker(db: None) -> WorkerHeartbeat:
    row: WorkerHeartbeat = WorkerHeartbeat.objects.create(name="w", processes=1)
    return row


def look(client: Client, token: str = TOKEN) -> Any:
    return client.get("/healthz/deep", headers={"Authorization": f"Bearer {token}"})


def test_all_is_well(client: Client, worker: WorkerHeartbeat) -> None:
    answer = look(client)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["alerts"] == []
    assert answer.json()["queue"]["workers"] == 1
    assert "no-store" in answer.headers["Cache-Control"]


def test_no_worker_was_ever_heard_of(client: Client, db: None) -> None:
    answer = look(client)
    assert (answer.status_code, answer.json()["alerts"]) == (503, ["dispatcher_silent"])


def test_a_worker_has_fallen_silent(client: Client, worker: WorkerHeartbeat) -> None:
    WorkerHeartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=60))
    assert look(client).json()["alerts"] == ["dispatcher_silent"]


def test_a_job_has_waited_for_long(
    client: Client, worker: WorkerHeartbeat, tenant: Tenant, stranger: Tenant
) -> None:
    with tenant_scope(stranger.id):
        Job.objects.create(
            tenant=stranger, kind="k", run_after=timezone.now() - timedelta(minutes=6)
        )
        Job.objects.create(tenant=stranger, kind="k", subject="dead", state=JobState.DEAD)
    answer = look(client)
    assert (answer.status_code, answer.json()["alerts"]) == (503, ["queue_stuck"])
    assert answer.json()["queue"]["dead"] == 1


def test_the_disk_is_almost_full(
    client: Client, worker: WorkerHeartbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deep_health, "used_part_of_disk", lambda: 0.9)
    assert look(client).json()["alerts"] == ["disk_full"]


def test_mailboxes_are_told_and_wake_nobody(
    client: Client, worker: WorkerHeartbeat, tenant: Tenant
) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    with all_tenants("a test"):
        for number, state in enumerate((AccountState.ACTIVE, AccountState.NEEDS_ATTENTION)):
            ConnectedAccount.objects.create(
                tenant=tenant, kind=AccountKind.IMAP, label=f"Mailbox {number}", state=state,
                username=str(number), last_fetched_at=long_ago,
            )  # fmt: skip
    answer = look(client)
    assert answer.status_code == 200
    told = answer.json()["mailboxes"]
    assert 7100 < told["oldest_fetch_seconds"] < 7300
    assert told["needs_attention"] == 1


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
def test_strangers_are_told_nothing(client: Client, worker: WorkerHeartbeat, token: str) -> None:
    answer = look(client, token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "queue" not in answer.json()


def test_without_a_token_in_the_environment_none_is_right(
    client: Client, worker: WorkerHeartbeat, settings: LazySettings
) -> None:
    settings.HEALTH_TOKEN = ""
    assert look(client, "").status_code == 401


def test_super_admins_may_look_and_other_people_not(
    worker: WorkerHeartbeat, tenant: Tenant
) -> None:
    root = make_user("root@example.org", is_superuser=True, is_staff=True)
    assert signed_in(root).get("/healthz/deep").status_code == 200
    assert signed_in(make_member(tenant)).get("/healthz/deep").status_code == 401
