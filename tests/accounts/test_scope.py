"""Who is this, which tenant, may they: what the middleware decides."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Membership, Role, User
from accounts.tenants import change_tenant
from accounts.tokens import start_session
from finance.querysets import home
from tenancy.ids import new_id
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.accounts.conftest import client_of
from tests.make import make_tenant, make_user

pytestmark = pytest.mark.django_db

ROLES = "/api/v1/roles"


def keys(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [row["key"] for row in answer.json()["data"]]


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def join(user: User, tenant: Tenant, role: str = "user") -> None:
    with tenant_scope(tenant.id):
        Membership.objects.create(user=user, role=Role.objects.get(key=role))


@pytest.fixture
def their_role(stranger: Tenant) -> Role:
    with tenant_scope(stranger.id):
        role: Role = Role.objects.create(key="theirs", name="Theirs")
    return role


def test_the_only_tenant_needs_no_name(alice: User, their_role: Role) -> None:
    assert keys(client_of(alice).get(ROLES)) == ["admin", "user"]


def test_among_several_tenants_one_must_be_named(
    alice: User, tenant: Tenant, stranger: Tenant, their_role: Role
) -> None:
    join(alice, stranger)
    assert refused(client_of(alice).get(ROLES)) == (400, "tenant_required")
    assert keys(client_of(alice, tenant).get(ROLES)) == ["admin", "user"]
    assert keys(client_of(alice, stranger).get(ROLES)) == ["admin", "theirs", "user"]


def test_a_role_counts_where_it_was_given(alice: User, tenant: Tenant, stranger: Tenant) -> None:
    join(alice, stranger, "user")
    body = {"name": "Reader", "permissions": ["transactions:read"]}
    assert client_of(alice, tenant).post(ROLES, body).status_code == 201
    assert refused(client_of(alice, stranger).post(ROLES, body)) == (403, "permission_denied")


def test_a_foreign_tenant_looks_like_one_that_is_not_there(alice: User, stranger: Tenant) -> None:
    foreign = client_of(alice, stranger).get(ROLES)
    assert refused(foreign) == (404, "tenant_not_found")
    missing = client_of(alice).get(ROLES, headers={"X-Tenant-ID": str(new_id())})
    assert refused(missing) == (404, "tenant_not_found")
    assert foreign.json()["detail"] == missing.json()["detail"]


def test_a_malformed_tenant_id_is_told(alice: User) -> None:
    answer = client_of(alice).get(ROLES, headers={"X-Tenant-ID": "home"})
    assert refused(answer) == (400, "tenant_id")


def test_a_closed_tenant_is_told_to_its_members_only(
    alice: User, eve: User, tenant: Tenant
) -> None:
    Tenant.objects.filter(id=tenant.id).update(is_active=False)
    assert refused(client_of(alice, tenant).get(ROLES)) == (403, "tenant_inactive")
    assert refused(client_of(alice).get(ROLES)) == (400, "tenant_required")
    assert refused(client_of(eve, tenant).get(ROLES)) == (404, "tenant_not_found")


def test_a_foreign_id_is_not_found(alice: User, their_role: Role) -> None:
    client = client_of(alice)
    for answer in (
        client.get(f"{ROLES}/{their_role.id}"),
        client.patch(f"{ROLES}/{their_role.id}", {"name": "Mine"}),
        client.delete(f"{ROLES}/{their_role.id}"),
    ):
        assert refused(answer) == (404, "not_found")
    with tenant_scope(their_role.tenant.id):
        their_role.refresh_from_db()
    assert their_role.name == "Theirs"


def test_nobody_is_asked_to_sign_in(api: APIClient, tenant: Tenant) -> None:
    answer = api.get(ROLES, headers={"X-Tenant-ID": str(tenant.id)})
    assert refused(answer) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_other_schemes_prove_nothing(api: APIClient, alice: User) -> None:
    for value in ("Basic YWxpY2U6eA==", "Bearer", "", "Token x"):
        assert api.get(ROLES, headers={"Authorization": value}).status_code == 401


@pytest.fixture
def operator(db: None) -> User:
    return make_user("root@example.org", is_staff=True, is_superuser=True)


def test_a_super_admin_acts_in_a_tenant_by_name_and_on_the_record(
    operator: User, tenant: Tenant
) -> None:
    assert refused(client_of(operator).get(ROLES)) == (400, "tenant_required")
    why = {"X-Access-Reason": "The owner asks which roles there are."}
    assert keys(client_of(operator, tenant).get(ROLES, headers=why)) == ["admin", "user"]
    with tenant_scope(tenant.id):
        entry = AuditEntry.objects.get(action="tenant.entered_by_super_admin")
    assert (entry.actor_id, entry.target) == (operator.id, f"GET {ROLES}")
    assert entry.detail == {"reason": why["X-Access-Reason"]}


def test_a_super_admin_without_a_reason_is_told_how_to_give_one(
    operator: User, tenant: Tenant
) -> None:
    for reason in ({}, {"X-Access-Reason": "  "}):
        answer = client_of(operator, tenant).get(ROLES, headers=reason)
        assert refused(answer) == (403, "reason_required")
        assert "X-Access-Reason" in answer.json()["detail"]
    with tenant_scope(tenant.id):
        assert not AuditEntry.objects.filter(action="tenant.entered_by_super_admin").exists()


def test_a_super_admin_is_told_of_a_tenant_that_is_not_there(operator: User) -> None:
    answer = client_of(operator).get(ROLES, headers={"X-Tenant-ID": str(new_id())})
    assert refused(answer) == (404, "tenant_not_found")


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


def test_a_page_session_opens_the_api_for_reading(browser: Client) -> None:
    assert keys(browser.get(ROLES)) == ["admin", "user"]


def test_a_page_session_writes_only_with_a_csrf_token(browser: Client) -> None:
    body = {"name": "Reader", "permissions": []}
    answer = browser.post(ROLES, body, content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]
    token = "a" * 32
    browser.cookies["csrftoken"] = token
    answer = browser.post(
        ROLES, body, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 201


def test_a_page_session_keeps_its_chosen_tenant(
    browser: Client, alice: User, stranger: Tenant, their_role: Role
) -> None:
    join(alice, stranger)
    assert refused(browser.get(ROLES)) == (400, "tenant_required")
    session = browser.session
    session["tenant_id"] = str(stranger.id)
    session.save()
    assert keys(browser.get(ROLES)) == ["admin", "theirs", "user"]


def test_a_choice_that_no_longer_holds_is_dropped(browser: Client, stranger: Tenant) -> None:
    session = browser.session
    session["tenant_id"] = str(stranger.id)
    session.save()
    assert keys(browser.get(ROLES)) == ["admin", "user"]
    assert "tenant_id" not in Session.objects.get().get_decoded()


def test_a_bearer_goes_before_a_cookie(browser: Client, eve: User) -> None:
    bearer = {"Authorization": f"Bearer {start_session(eve).access}"}
    assert browser.get("/api/auth/me", headers=bearer).json()["email"] == "eve@example.org"
    rubbish = browser.get("/api/auth/me", headers={"Authorization": "Bearer rubbish"})
    assert rubbish.status_code == 401


def test_knowing_who_asks_costs_two_queries(
    alice: User, browser: Client, django_assert_num_queries: Any
) -> None:
    client = client_of(alice)
    client.get("/api/auth/me")
    with django_assert_num_queries(2):  # session with user; memberships with role and tenant
        client.get("/api/auth/me")
    with django_assert_num_queries(3):  # session, user; memberships with role and tenant
        browser.get("/api/auth/me")


def test_the_scope_ends_with_the_request(alice: User) -> None:
    client_of(alice).get(ROLES)
    with all_tenants("a test"):
        assert Role.objects.count() == 2
    make_tenant()


def test_a_request_that_moves_its_ledger_sees_it_moved(tenant: Tenant) -> None:
    """The tenant's row that the door has read is the one that is changed."""
    known = Tenant.objects.get(pk=tenant.pk)
    with tenant_scope(tenant.pk, home=known):
        change_tenant(tenant.pk, time_zone="Asia/Tokyo", currency="JPY")
        assert (home().time_zone, home().currency) == ("Asia/Tokyo", "JPY")
    with tenant_scope(tenant.pk):
        assert (home().time_zone, home().currency) == ("Asia/Tokyo", "JPY")
