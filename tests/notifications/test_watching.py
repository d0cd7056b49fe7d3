"""What happened elsewhere and is told: jobs that died, new devices, new members."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from rest_framework.test import APIClient

from accounts import audit
from accounts.invitations import invite, revoke_invitation
from accounts.models import AuditEntry, Membership, Role, User
from jobs.clock import database_now
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from notifications.models import Notification
from notifications.watching import (
    tell_dead_jobs,
    tell_invited,
    tell_joined,
    tell_new_devices,
)
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.make import PASSWORD, make_member, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(tenant: Tenant) -> User:
    return make_member(tenant, email="alice@example.org")


@pytest.fixture
def viewer(tenant: Tenant) -> User:
    """A member who may look at mail alone."""
    user = make_member(tenant, email="viewer@example.org")
    with tenant_scope(tenant.id):
        role = Role.objects.create(key="mail-only", name="Mail", permissions=["mail:read"])
        Membership.objects.filter(user=user).update(role=role)
    return user


def told(tenant: Tenant, kind: str) -> list[Notification]:
    with tenant_scope(tenant.id):
        rows = Notification.objects.filter(kind=kind, cancelled_at=None)
        return list(rows.select_related("user").order_by("created_at", "id"))


def end_job(tenant: Tenant, state: str, kind: str = "mail_ingest.fetch_account") -> Job:
    with tenant_scope(tenant.id):
        job = JobRunner.enqueue(kind, subject="mailbox 1")
        Job.objects.filter(pk=job.pk).update(
            state=state, finished_at=Now(), error="The server refuses.", attempt=3
        )
    return job


def watch() -> int:
    return tell_dead_jobs(database_now())


def test_dead_work_is_told_once_until_it_succeeds(
    alice: User, viewer: User, tenant: Tenant
) -> None:
    end_job(tenant, JobState.DEAD)
    assert (watch(), watch()) == (1, 0)
    end_job(tenant, JobState.DEAD)
    assert watch() == 0, "the same mailbox again"
    (notice,) = told(tenant, "job_dead")
    assert notice.user == alice
    assert notice.facts == {
        "job": "mail_ingest.fetch_account", "attempts": 3, "error": "The server refuses.",
    }  # fmt: skip
    end_job(tenant, JobState.SUCCEEDED)
    assert watch() == 0
    assert told(tenant, "job_dead") == []
    end_job(tenant, JobState.DEAD)
    assert watch() == 1


def test_dead_work_that_is_tried_again_is_taken_back(alice: User, tenant: Tenant) -> None:
    job = end_job(tenant, JobState.DEAD)
    watch()
    with tenant_scope(tenant.id):
        JobRunner.retry(job.pk)
    watch()
    assert told(tenant, "job_dead") == []


def test_old_deaths_and_mails_that_cannot_be_sent_are_not_told(alice: User, tenant: Tenant) -> None:
    end_job(tenant, JobState.DEAD, "notifications.send")
    old = end_job(tenant, JobState.DEAD)
    with tenant_scope(tenant.id):
        Job.objects.filter(pk=old.pk).update(finished_at=database_now() - timedelta(days=2))
    assert watch() == 0


def sign_in(browser: Client) -> None:
    browser.get("/login/")
    answer = browser.post("/login/", {"email": "alice@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    browser.post("/logout/")


def tell_devices() -> int:
    return tell_new_devices(database_now())


def test_a_new_browser_is_told_once_and_the_first_is_not(alice: User, tenant: Tenant) -> None:
    second = make_tenant(name="Shop")
    with tenant_scope(second.id):
        audit.record("nothing")
    desk, phone = Client(), Client()
    sign_in(desk)
    assert tell_devices() == 0, "the first one ever"
    sign_in(desk)
    assert tell_devices() == 0
    sign_in(phone)
    assert (tell_devices(), tell_devices()) == (1, 0)
    sign_in(phone)
    assert tell_devices() == 0
    (notice,) = told(tenant, "new_device")
    assert notice.facts["address"] == "127.0.0.1"
    assert told(second, "new_device") == []


def test_a_program_is_known_by_its_name_and_network(alice: User, tenant: Tenant) -> None:
    def ask(agent: str) -> None:
        body = {"email": "alice@example.org", "password": PASSWORD}
        answer: Any = APIClient(headers={"User-Agent": agent}).post("/api/auth/login", body)
        assert answer.status_code == 200

    for agent, expected in (("importer/1", 0), ("importer/1", 0), ("unknown/9", 1)):
        ask(agent)
        assert tell_devices() == expected
    with all_tenants("a test"):
        details = AuditEntry.objects.filter(action="auth.signed_in").values_list(
            "detail", flat=True
        )
        assert all("importer" not in str(detail) for detail in details)


def test_who_joins_is_told_to_those_who_look_after_members(
    alice: User, viewer: User, tenant: Tenant
) -> None:
    bob = make_member(tenant, email="bob@example.org")
    with tenant_scope(tenant.id, actor=audit.actor_of(bob)):
        audit.record("invitation.accepted", bob, role="admin")
    now = database_now() + timedelta(seconds=1)
    assert (tell_joined(now), tell_joined(now)) == (1, 0)
    (notice,) = told(tenant, "member_joined")
    assert (notice.user, notice.facts["person"]) == (alice, str(bob))


def test_who_has_an_account_is_told_of_an_invitation_at_home(alice: User, tenant: Tenant) -> None:
    second = make_tenant(name="Shop")
    owner = make_member(second, email="owner@example.org")
    now = database_now() + timedelta(seconds=5)
    with tenant_scope(second.id, actor=audit.actor_of(owner)):
        role = Role.objects.create(key="reader", name="Reader", permissions=[])
        invite("nobody@example.org", role)
        invitation = invite(alice.email, role)
    User.objects.filter(pk=alice.pk).update(email_verified_at=None)
    assert tell_invited(now) == 0, "an address that nobody has proved to be theirs"
    User.objects.filter(pk=alice.pk).update(email_verified_at=now)
    assert (tell_invited(now), tell_invited(now)) == (1, 0)
    (notice,) = told(tenant, "invitation")
    assert (notice.user, notice.facts["tenant"], notice.link) == (alice, "Shop", "")
    assert told(second, "invitation") == []
    with tenant_scope(second.id):
        revoke_invitation(invitation)
    assert tell_invited(now) == 0
    assert told(tenant, "invitation") == []
