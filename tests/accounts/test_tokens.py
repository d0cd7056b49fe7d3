"""API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, AuditEntry, Membership, Role, User
from tenancy.models import Tenant
from tenancy.permissions import PERMISSIONS
from tenancy.scope import all_tenants, tenant_scope
from tests.accounts.conftest import client_of

pytestmark = pytest.mark.django_db

TOKENS, ROLES = "/api/v1/tokens", "/api/v1/roles"
CI = {"name": "CI", "scopes": ["members:read", "tokens:read"]}


def make(user: User, **body: Any) -> dict[str, Any]:
    answer = client_of(user).post(TOKENS, CI | body)
    assert answer.status_code == 201, answer.json()
    made: dict[str, Any] = answer.json()
    return made


def bearing(made: dict[str, Any], **headers: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {made['token']}"} | headers)


def test_the_secret_is_shown_once_and_kept_as_a_hash(alice: User) -> None:
    made = make(alice)
    assert made["token"].startswith(made["prefix"])
    assert made["prefix"].startswith("inl_")
    listed = client_of(alice).get(TOKENS).json()["data"]
    assert [row["name"] for row in listed] == ["CI"]
    assert "token" not in listed[0]
    with all_tenants("a test"):
        assert made["token"] not in str(ApiToken.objects.values().get())


def test_it_acts_in_its_own_tenant_within_its_scopes(alice: User) -> None:
    client = bearing(make(alice))
    assert client.get(ROLES).status_code == 200
    refused = client.post(ROLES, {"name": "Reader", "permissions": []})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


def test_a_role_that_shrinks_shrinks_its_tokens(tenant: Tenant, bob: User) -> None:
    made = make(bob, scopes=["transactions:write", "members:read"])
    with tenant_scope(tenant.id):
        nothing = Role.objects.create(key="nothing", name="Nothing")
        Membership.objects.filter(user=bob).update(role=nothing)
    assert bearing(made).get(ROLES).status_code == 403


def test_it_names_no_other_tenant(alice: User, tenant: Tenant, stranger: Tenant) -> None:
    made = make(alice)
    elsewhere = bearing(made, **{"X-Tenant-ID": str(stranger.id)}).get(ROLES)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "tenant_not_found")
    assert bearing(made, **{"X-Tenant-ID": str(tenant.id)}).get(ROLES).status_code == 200


def refusal(made: dict[str, Any]) -> tuple[int, str]:
    answer = bearing(made).get(ROLES)
    return answer.status_code, answer.json()["code"]


def test_a_revoked_one_opens_nothing(alice: User) -> None:
    made = make(alice)
    assert client_of(alice).delete(f"{TOKENS}/{made['id']}").status_code == 204
    assert refusal(made) == (401, "token_revoked")
    with all_tenants("a test"):
        actions = list(AuditEntry.objects.order_by("at").values_list("action", flat=True))
    assert actions == ["token.made", "token.revoked"]


def test_an_expired_one_opens_nothing(alice: User) -> None:
    made = make(alice, expires_at=(timezone.now() + timedelta(days=1)).isoformat())
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert refusal(made) == (401, "token_expired")


def test_it_ends_with_its_owner(alice: User, bob: User) -> None:
    made = make(bob)
    User.objects.filter(id=bob.id).update(is_active=False)
    assert refusal(made) == (401, "token_invalid")
    User.objects.filter(id=bob.id).update(is_active=True)
    with all_tenants("a test"):
        Membership.objects.get(user=bob).delete()
    assert refusal(made) == (401, "token_invalid")


def test_it_ends_with_its_tenant(alice: User, tenant: Tenant) -> None:
    made = make(alice)
    Tenant.objects.filter(id=tenant.id).update(is_active=False)
    assert refusal(made) == (403, "tenant_inactive")


def test_what_we_never_made_opens_nothing(alice: User) -> None:
    assert refusal({"token": "inl_" + "x" * 43}) == (401, "token_invalid")


def test_its_last_use_is_noted_to_the_minute(alice: User, django_assert_num_queries: Any) -> None:
    made = make(alice)
    client = bearing(made)
    client.get("/api/auth/me")
    used = client_of(alice).get(f"{TOKENS}/{made['id']}").json()["last_used_at"]
    assert used is not None
    with django_assert_num_queries(1):  # the token with member, role and tenant
        client.get("/api/auth/me")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"scopes": ["everything"]}, "scopes.0", "invalid_choice"),
        ({"scopes": []}, "scopes", "empty"),
        ({"scopes": ["members:write"]}, "scopes", "scope_beyond_role"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at", "expiry"),
        ({"expires_at": "2090-01-01T00:00:00Z"}, "expires_at", "expiry"),
        ({"expires_at": "tomorrow"}, "expires_at", "invalid"),
        ({"name": ""}, "name", "blank"),
        ({"token_hash": "x"}, "token_hash", "unknown_field"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    bob: User, body: dict[str, Any], field: str, code: str
) -> None:
    answer = client_of(bob).post(TOKENS, CI | body)
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    with all_tenants("a test"):
        assert not ApiToken.objects.exists()


def test_a_token_makes_no_tokens_and_changes_no_account(alice: User) -> None:
    client = bearing(make(alice, scopes=["tokens:write", "tenant:write"]))
    answer = client.post(TOKENS, {"name": "More", "scopes": ["tokens:write"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "token_no_tokens")
    assert client.patch("/api/auth/me", {"name": "Mallory"}).status_code == 403
    assert client.post("/api/v1/tenants", {"name": "Another"}).status_code == 403


def test_ones_own_tokens_only(alice: User, bob: User, eve: User, stranger: Tenant) -> None:
    made = make(alice)
    for other in (bob, eve):
        client = client_of(other)
        assert client.get(TOKENS).json()["data"] == []
        assert client.get(f"{TOKENS}/{made['id']}").status_code == 404
        assert client.delete(f"{TOKENS}/{made['id']}").status_code == 404
    assert bearing(made).get(ROLES).status_code == 200


def test_a_super_admin_who_is_no_member_has_no_tokens(
    tenant: Tenant, django_user_model: type[User]
) -> None:
    root = django_user_model.objects.create_superuser("root@example.org", None)
    answer = client_of(root, tenant).post(TOKENS, CI, headers={"X-Access-Reason": "Ticket 12"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    with tenant_scope(tenant.id):
        assert not ApiToken.objects.exists()


def test_a_token_opens_no_page(alice: User) -> None:
    """Pages let a person do what the API refuses a token: change its owner, open a tenant."""
    program = bearing(make(alice, scopes=sorted(PERMISSIONS)))
    for address in ("/transactions/", "/settings/", "/ledgers/", "/emails/"):
        answer = program.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/login/")
    program.post("/settings/", {"name": "Mallory", "time_zone": "UTC"}, format="multipart")
    alice.refresh_from_db()
    assert alice.name != "Mallory"
