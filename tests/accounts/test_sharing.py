"""Tenants, members, roles and users over the API."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Membership, Role, User
from tenancy.models import Tenant
from tenancy.permissions import BUILT_IN_ROLES
from tenancy.scope import tenant_scope
from tests.accounts.conftest import client_of
from tests.make import make_member, make_user

pytestmark = pytest.mark.django_db

TENANTS, MEMBERS = "/api/v1/tenants", "/api/v1/members"
ROLES, USERS = "/api/v1/roles", "/api/v1/users"


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def names(answer: Any, key: str = "name") -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [row[key] for row in answer.json()["data"]]


def member_id(tenant: Tenant, user: User) -> str:
    with tenant_scope(tenant.id):
        return str(Membership.objects.get(user=user).id)


def add_role(tenant: Tenant, *codes: str) -> Role:
    with tenant_scope(tenant.id):
        role: Role = Role.objects.create(key="custom", name="Custom", permissions=list(codes))
    return role


# Tenants


def test_each_person_sees_their_own_tenants(alice: User, eve: User) -> None:
    assert names(client_of(alice).get(TENANTS)) == ["Home"]
    assert names(client_of(eve).get(TENANTS)) == ["Next door"]


def test_a_new_tenant_belongs_to_its_maker(db: None) -> None:
    user = make_user()
    client = client_of(user)
    answer = client.post(TENANTS, {"name": "Club", "currency": "CHF", "time_zone": "Europe/Zurich"})
    assert answer.status_code == 201
    assert names(client.get(TENANTS)) == ["Club"]
    assert names(client.get(MEMBERS), "role") == ["admin"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"currency": "EUR"}, "name"),
        ({"name": "Club", "currency": "euro"}, "currency"),
        ({"name": "Club", "currency": "QQQ"}, "currency"),
        ({"name": "Club", "time_zone": "Nowhere"}, "time_zone"),
        ({"name": "Club", "language": "tlh"}, "language"),
        ({"name": "Club", "is_active": False}, "is_active"),
    ],
)
def test_a_tenant_that_makes_no_sense_is_refused(
    alice: User, body: dict[str, Any], field: str
) -> None:
    answer = client_of(alice).post(TENANTS, body)
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert Tenant.objects.count() == 1


def test_an_admin_changes_the_tenant_and_a_user_does_not(
    alice: User, bob: User, tenant: Tenant
) -> None:
    address = f"{TENANTS}/{tenant.id}"
    assert client_of(alice).patch(address, {"name": "Our house"}).json()["name"] == "Our house"
    assert refused(client_of(bob).patch(address, {"name": "Mine"})) == (403, "permission_denied")
    bad = client_of(alice).patch(address, {"currency": "QQQ"})
    assert bad.status_code == 400
    tenant.refresh_from_db()
    assert (tenant.name, tenant.currency) == ("Our house", "EUR")
    with tenant_scope(tenant.id):
        entry = AuditEntry.objects.get(action="tenant.changed")
    assert entry.detail == {"before": {"name": "Home"}, "after": {"name": "Our house"}}


def test_a_foreign_tenant_is_not_found(alice: User, stranger: Tenant) -> None:
    client = client_of(alice)
    assert client.get(f"{TENANTS}/{stranger.id}").status_code == 404
    assert client.patch(f"{TENANTS}/{stranger.id}", {"name": "Mine"}).status_code == 404
    assert client.get(f"{TENANTS}/not-an-id").status_code == 404


# Members


def test_members_see_each_other(alice: User, bob: User, eve: User) -> None:
    listed = client_of(bob).get(MEMBERS).json()["data"]
    assert {(row["user"]["email"], row["role"]) for row in listed} == {
        ("alice@example.org", "admin"),
        ("bob@example.org", "user"),
    }


def test_an_admin_gives_and_takes_roles(alice: User, bob: User, tenant: Tenant) -> None:
    address = f"{MEMBERS}/{member_id(tenant, bob)}"
    assert client_of(alice).patch(address, {"role": "admin"}).json()["role"] == "admin"
    assert client_of(bob).patch(address, {"role": "user"}).json()["role"] == "user"
    assert refused(client_of(bob).patch(address, {"role": "admin"})) == (403, "permission_denied")
    with tenant_scope(tenant.id):
        assert AuditEntry.objects.filter(action="member.role_changed").count() == 2


def test_a_role_of_another_tenant_does_not_exist_here(
    alice: User, bob: User, tenant: Tenant, stranger: Tenant
) -> None:
    add_role(stranger)
    answer = client_of(alice).patch(f"{MEMBERS}/{member_id(tenant, bob)}", {"role": "custom"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "role"


def test_the_last_admin_stays(alice: User, bob: User, tenant: Tenant) -> None:
    address, client = f"{MEMBERS}/{member_id(tenant, alice)}", client_of(alice)
    assert refused(client.delete(address)) == (409, "last_admin")
    assert refused(client.patch(address, {"role": "user"})) == (409, "last_admin")
    assert client.patch(address, {"role": "admin"}).status_code == 200
    with tenant_scope(tenant.id):
        closed = make_user("closed@example.org", is_active=False)
        Membership.objects.create(user=closed, role=Role.objects.get(key="admin"))
    assert refused(client.delete(address)) == (409, "last_admin")
    make_member(tenant, email="carol@example.org")
    assert client.delete(address).status_code == 204
    assert refused(client.get(MEMBERS)) == (400, "tenant_required")


def test_a_removed_member_is_out_at_once(alice: User, bob: User, tenant: Tenant) -> None:
    client = client_of(bob)
    assert client.get(MEMBERS).status_code == 200
    assert client_of(alice).delete(f"{MEMBERS}/{member_id(tenant, bob)}").status_code == 204
    assert client.get(MEMBERS).status_code == 400
    assert User.objects.filter(id=bob.id).exists()


def test_a_foreign_member_is_not_found(
    alice: User, eve: User, stranger: Tenant, tenant: Tenant
) -> None:
    address = f"{MEMBERS}/{member_id(stranger, eve)}"
    client = client_of(alice)
    assert client.get(address).status_code == 404
    assert client.patch(address, {"role": "user"}).status_code == 404
    assert client.delete(address).status_code == 404


def test_nobody_gives_or_takes_more_than_they_hold(alice: User, bob: User, tenant: Tenant) -> None:
    """Somebody who may only manage members must not make themselves admin."""
    role = add_role(tenant, "members:read", "members:write")
    with tenant_scope(tenant.id):
        Membership.objects.filter(user=bob).update(role=role)
    client = client_of(bob)
    beyond = (403, "beyond_own_permissions")
    assert refused(client.patch(f"{MEMBERS}/{member_id(tenant, bob)}", {"role": "admin"})) == beyond
    assert refused(client.delete(f"{MEMBERS}/{member_id(tenant, alice)}")) == beyond
    body = {"name": "Spender", "permissions": ["transactions:write"]}
    assert refused(client.post(ROLES, body)) == beyond
    more = {"permissions": ["members:read", "mail:read"]}
    assert refused(client.patch(f"{ROLES}/{role.id}", more)) == beyond
    invitation = {"email": "eve@example.org", "role": "admin"}
    assert refused(client.post("/api/v1/invitations", invitation)) == beyond


# Roles


def test_a_custom_role_gives_what_it_names(alice: User, bob: User, tenant: Tenant) -> None:
    client = client_of(alice)
    body = {"name": "Book-keeper", "permissions": ["transactions:read", "members:read"]}
    role = client.post(ROLES, body).json()
    assert (role["key"], role["is_built_in"]) == ("book-keeper", False)
    client.patch(f"{MEMBERS}/{member_id(tenant, bob)}", {"role": "book-keeper"})
    me = client_of(bob).get("/api/auth/me").json()
    assert me["memberships"][0]["permissions"] == ["members:read", "transactions:read"]
    assert client_of(bob).get("/api/v1/tokens").status_code == 403
    client.patch(f"{ROLES}/{role['id']}", {"permissions": ["tokens:read"]})
    assert client_of(bob).get("/api/v1/tokens").status_code == 200


def test_built_in_roles_show_their_codes_and_stay(alice: User) -> None:
    client = client_of(alice)
    listed = {row["key"]: row for row in client.get(ROLES).json()["data"]}
    assert listed["user"]["permissions"] == sorted(BUILT_IN_ROLES["user"])
    address = f"{ROLES}/{listed['user']['id']}"
    assert refused(client.patch(address, {"permissions": []})) == (403, "not_allowed")
    assert refused(client.delete(address)) == (403, "not_allowed")


def test_a_role_that_somebody_has_stays(alice: User, bob: User, tenant: Tenant) -> None:
    role = add_role(tenant)
    client = client_of(alice)
    client.patch(f"{MEMBERS}/{member_id(tenant, bob)}", {"role": "custom"})
    assert refused(client.delete(f"{ROLES}/{role.id}")) == (409, "role_in_use")
    client.patch(f"{MEMBERS}/{member_id(tenant, bob)}", {"role": "user"})
    assert client.delete(f"{ROLES}/{role.id}").status_code == 204


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "R", "permissions": ["fly"]}, 400, "invalid_choice"),
        ({"name": "R", "permissions": "all"}, 400, "not_a_list"),
        ({"name": "R"}, 400, "required"),
        ({"name": "!!!", "permissions": []}, 400, "invalid"),
        ({"name": "Admin", "permissions": []}, 409, "conflict"),
        ({"name": "R", "permissions": [], "is_built_in": True}, 400, "unknown_field"),
    ],
)
def test_a_role_that_makes_no_sense_is_refused(
    alice: User, tenant: Tenant, body: dict[str, Any], status: int, code: str
) -> None:
    answer = client_of(alice).post(ROLES, body)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["code"] == code
    with tenant_scope(tenant.id):
        assert Role.objects.count() == 2


# Users


def test_an_admin_sees_the_accounts_of_the_tenant(alice: User, bob: User, eve: User) -> None:
    listed = names(client_of(alice).get(USERS), "email")
    assert listed == ["alice@example.org", "bob@example.org"]
    assert client_of(alice).get(f"{USERS}/{eve.id}").status_code == 404
    assert refused(client_of(bob).get(USERS)) == (403, "permission_denied")
    closing = client_of(alice).patch(f"{USERS}/{bob.id}", {"is_active": False})
    assert refused(closing) == (403, "permission_denied")


@pytest.fixture
def root(db: None) -> APIClient:
    return client_of(make_user("root@example.org", is_superuser=True))


def test_a_super_admin_sees_and_closes_every_account(
    root: APIClient, alice: User, eve: User
) -> None:
    assert len(names(root.get(USERS), "email")) == 3
    theirs = client_of(eve)
    assert root.patch(f"{USERS}/{eve.id}", {"is_active": False}).json()["is_active"] is False
    assert refused(theirs.get("/api/auth/me")) == (401, "session_ended")
    assert root.patch(f"{USERS}/{eve.id}", {"is_superuser": True}).status_code == 400
    assert names(root.get(TENANTS)) == ["Home", "Next door"]


def test_nobody_closes_their_own_account_this_way(root: APIClient) -> None:
    me = root.get("/api/auth/me").json()["id"]
    assert root.patch(f"{USERS}/{me}", {"is_active": False}).status_code == 400
