"""Inviting by mail, and joining."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Invitation, Membership, User
from jobs.models import Job
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.accounts.conftest import client_of
from tests.make import PASSWORD, make_member, make_user

pytestmark = pytest.mark.django_db

INVITATIONS = "/api/v1/invitations"
ACCEPT = f"{INVITATIONS}/accept"
CAROL = "carol@example.org"
INVITED = {"email": CAROL, "role": "user"}


@pytest.fixture
def invited(alice: User) -> dict[str, Any]:
    answer = client_of(alice).post(INVITATIONS, {"email": "Carol@Example.org", "role": "user"})
    assert answer.status_code == 201, answer.json()
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def token(invited: dict[str, Any], mailed: Callable[[], EmailMessage]) -> str:
    message = mailed()
    assert message.to == [CAROL]
    found = re.search(r"token=(\S+)", str(message.body))
    assert found
    return found.group(1)


def accept(user: User, token: str) -> tuple[int, str]:
    answer = client_of(user).post(ACCEPT, {"token": token})
    return answer.status_code, answer.json().get("code", "")


def test_the_link_lets_its_reader_join(token: str, tenant: Tenant) -> None:
    carol = make_user(CAROL)
    assert accept(carol, token) == (201, "")
    with tenant_scope(tenant.id):
        assert Membership.objects.get(user=carol).role.key == "user"
    carol.refresh_from_db()
    assert carol.email_verified_at is not None
    assert accept(carol, token) == (400, "invitation_closed")


def test_neither_row_nor_job_tells_the_token(token: str) -> None:
    with all_tenants("a test"):
        kept = f"{list(Invitation.objects.values())}{list(Job.objects.values())}"
    assert token not in kept
    assert token.partition(".")[2] not in kept


def test_somebody_new_registers_with_it(token: str, api: APIClient, settings: Any) -> None:
    settings.REGISTRATION_OPEN = False
    body = {"email": CAROL, "password": PASSWORD, "invitation": token}
    other = api.post("/api/auth/register", body | {"email": "mallory@example.org"})
    assert (other.status_code, other.json()["code"]) == (403, "invitation_for_another")
    assert api.post("/api/auth/register", body).status_code == 202
    carol = User.objects.get(email=CAROL)
    me = client_of(carol).get("/api/auth/me").json()
    assert [(m["tenant_name"], m["role"]) for m in me["memberships"]] == [("Home", "user")]


def test_it_is_for_one_address_only(token: str, eve: User, tenant: Tenant) -> None:
    assert accept(eve, token) == (403, "invitation_for_another")
    with tenant_scope(tenant.id):
        assert not Membership.objects.filter(user=eve).exists()


def test_a_revoked_expired_or_made_up_one_opens_nothing(
    token: str, invited: dict[str, Any], alice: User
) -> None:
    carol, gone = make_user(CAROL), (400, "invitation_closed")
    assert accept(carol, "made-up") == gone
    assert accept(carol, token[:-1]) == gone
    with time_machine.travel(timezone.now() + timedelta(days=14, seconds=1)):
        assert accept(carol, token) == gone
    address = f"{INVITATIONS}/{invited['id']}"
    assert client_of(alice).delete(address).status_code == 204
    assert accept(carol, token) == gone
    assert client_of(alice).delete(address).status_code == 409
    assert client_of(alice).get(address).json()["revoked_at"] is not None


def test_a_new_invitation_replaces_the_old_one(token: str, alice: User) -> None:
    again = client_of(alice).post(INVITATIONS, {"email": CAROL, "role": "admin"})
    assert again.status_code == 201
    assert accept(make_user(CAROL), token) == (400, "invitation_closed")


def test_a_revoked_one_is_not_mailed(
    invited: dict[str, Any], alice: User, mailoutbox: list[EmailMessage]
) -> None:
    client_of(alice).delete(f"{INVITATIONS}/{invited['id']}")
    assert mailoutbox == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"email": "bob@example.org", "role": "user"}, 409, "email"),
        ({"email": "nonsense", "role": "user"}, 400, "email"),
        ({"email": CAROL, "role": "emperor"}, 400, "role"),
        ({"email": CAROL}, 400, "role"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(
    alice: User, bob: User, body: dict[str, str], status: int, field: str
) -> None:
    answer = client_of(alice).post(INVITATIONS, body)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field
    with all_tenants("a test"):
        assert not Invitation.objects.exists()


def test_plain_users_and_strangers_have_no_say(
    invited: dict[str, Any], bob: User, eve: User
) -> None:
    body = {"email": "mallory@example.org", "role": "user"}
    assert client_of(bob).post(INVITATIONS, body).status_code == 403
    assert client_of(bob).delete(f"{INVITATIONS}/{invited['id']}").status_code == 403
    assert client_of(eve).get(INVITATIONS).json()["data"] == []
    assert client_of(eve).delete(f"{INVITATIONS}/{invited['id']}").status_code == 404


def test_one_address_is_not_flooded_with_invitations(alice: User, stranger: Tenant) -> None:
    """Whoever asks: the limit is the address's, not a tenant's."""
    other = client_of(make_member(stranger, email="zed@example.org"))
    for client in [client_of(alice), other] * 2 + [other]:
        assert client.post(INVITATIONS, INVITED).status_code == 201
    refused = client_of(alice).post(INVITATIONS, INVITED)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")


def test_a_tenant_invites_so_many_people_a_day(alice: User) -> None:
    client = client_of(alice)
    for number in range(50):
        made = client.post(INVITATIONS, INVITED | {"email": f"p{number}@example.org"})
        assert made.status_code == 201
    assert client.post(INVITATIONS, INVITED | {"email": "p@example.org"}).status_code == 429
