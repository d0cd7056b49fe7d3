"""The operators' admin and commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import cleaning, counters, one_time_codes, tokens
from accounts.models import (
    ApiToken,
    AuditEntry,
    CodePurpose,
    IdempotencyKey,
    OneTimeCode,
    RefreshSession,
    User,
)
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.accounts.conftest import client_of
from tests.make import PASSWORD
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db

OURS = [m for m in admin.site._registry if m._meta.app_label in ("accounts", "tenancy")]


@pytest.fixture
def root(db: None) -> User:
    call_command("createsuperuser", email="root@example.org", interactive=False, verbosity=0)
    user = User.objects.get()
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def operator(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_every_list_and_row_is_shown(operator: Client, alice: User, eve: User, model: Any) -> None:
    made = client_of(alice).post("/api/v1/tokens", {"name": "CI", "scopes": ["jobs:read"]}).json()
    client_of(alice).post("/api/v1/invitations", {"email": "x@example.org", "role": "user"})
    one_time_codes.challenge("alice@example.org", CodePurpose.SIGN_IN)
    counters.count_attempt(counters.CODE_BY_ACCOUNT, "alice@example.org")
    club = {"name": "Club"}
    client_of(alice).post("/api/v1/tenants", club, headers={"Idempotency-Key": "k"})
    run_due_jobs()
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert operator.get(reverse(f"{name}_changelist"), {"q": "a"}).status_code == 200
    with all_tenants("a test"):
        row = model.objects.first()
        secrets = {made["token"], *ApiToken.objects.values_list("token_hash", flat=True)}
        secrets |= set(RefreshSession.objects.values_list("token_hash", flat=True))
        secrets |= set(User.objects.values_list("password", flat=True))
        secrets |= set(OneTimeCode.objects.values_list("code_hash", flat=True))
        secrets |= set(IdempotencyKey.objects.values_list("body", flat=True))
        assert "" not in secrets
    page = operator.get(reverse(f"{name}_change", args=[row.pk]))
    assert page.status_code == 200
    for secret in secrets:
        assert secret not in page.content.decode()


def test_an_operator_ends_sessions_and_tokens(operator: Client, alice: User) -> None:
    client = client_of(alice)
    made = client.post("/api/v1/tokens", {"name": "CI", "scopes": ["jobs:read"]}).json()
    session = RefreshSession.objects.get()
    for model, pk in (("apitoken", made["id"]), ("refreshsession", session.pk)):
        address = reverse(f"admin:accounts_{model}_changelist")
        operator.post(address, {"action": "revoke", "_selected_action": [pk]})
    assert client.get("/api/auth/me").status_code == 401
    with all_tenants("a test"):
        assert ApiToken.objects.get().revoked_at is not None
        entry = AuditEntry.objects.get(action="token.revoked")
    assert (entry.actor_label, entry.tenant_id) == ("root@example.org", Tenant.objects.get().id)


def sign_in(client: Client, email: str) -> bool:
    body = {"username": email, "password": PASSWORD, "next": "/admin/"}
    return client.post(reverse("admin:login"), body).status_code == 302


@pytest.mark.usefixtures("within_one_window")
def test_the_admins_own_login_has_the_same_limits(root: User, alice: User) -> None:
    assert sign_in(Client(), "root@example.org")
    assert not sign_in(Client(), "alice@example.org"), "no operator"
    User.objects.filter(id=root.id).update(require_otp=True)
    assert not sign_in(Client(), "root@example.org"), "a code must follow"
    User.objects.filter(id=root.id).update(require_otp=False)
    for _ in range(11):
        Client().post(reverse("admin:login"), {"username": root.email, "password": "guess"})
    assert not sign_in(Client(), "root@example.org"), "too many attempts"


def test_a_command_opens_a_tenant(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_tenant", "Club", owner="Alice@example.org", currency="CHF")
    tenant = Tenant.objects.get(id=capsys.readouterr().out.strip())
    assert (tenant.name, tenant.currency) == ("Club", "CHF")
    with pytest.raises(CommandError, match="Nobody has the address"):
        call_command("create_tenant", "Club", owner="nobody@example.org")
    with pytest.raises(CommandError, match="ISO 4217"):
        call_command("create_tenant", "Club", owner="alice@example.org", currency="QQQ")
    assert Tenant.objects.count() == 2


def test_what_has_expired_is_forgotten(alice: User) -> None:
    tokens.start_session(alice)
    gone = timezone.now() - timedelta(days=31)
    for expires_at in (gone, timezone.now()):
        OneTimeCode.objects.create(email="a@example.org", purpose="sign_in", expires_at=expires_at)
    assert cleaning.remove_expired() == {
        "codes": 1, "counters": 0, "idempotency_keys": 0, "sessions": 0,
    }  # fmt: skip
    RefreshSession.objects.update(expires_at=gone)
    assert cleaning.remove_expired()["sessions"] == 1
