"""A POST that is sent twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import IdempotencyKey, Role, User
from finance.models import FinancialAccount
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.accounts.conftest import client_of
from tests.make import make_user
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

ROLES = "/api/v1/roles"
READER = {"name": "Reader", "permissions": ["transactions:read"]}


def post(client: APIClient, body: Any = READER, key: str = "k-1", address: str = ROLES) -> Any:
    return client.post(address, body, headers={"Idempotency-Key": key})


def test_the_same_request_has_one_effect_and_one_answer(alice: User, tenant: Tenant) -> None:
    client = client_of(alice)
    first, second = post(client), post(client)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Content-Type"] == first["Content-Type"]
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    with tenant_scope(tenant.id):
        assert Role.objects.filter(key="reader").count() == 1


def test_another_request_with_the_key_is_refused(alice: User, tenant: Tenant) -> None:
    client = client_of(alice)
    post(client)
    other = post(client, READER | {"name": "Writer"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = post(client, READER, address="/api/v1/invitations")
    assert elsewhere.status_code == 422
    with tenant_scope(tenant.id):
        assert not Role.objects.filter(key="writer").exists()


def test_a_failure_frees_its_key(alice: User) -> None:
    client = client_of(alice)
    assert post(client, {"name": "Reader"}).status_code == 400
    assert post(client).status_code == 201


def test_a_request_that_is_still_running_is_waited_for(alice: User, tenant: Tenant) -> None:
    client = client_of(alice)
    post(client)
    with tenant_scope(tenant.id):
        IdempotencyKey.objects.update(status=None)
    answer = post(client)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_use")
    assert answer["Retry-After"] == "1"


def test_a_request_that_died_is_done_again(alice: User, tenant: Tenant) -> None:
    client = client_of(alice)
    post(client)
    with tenant_scope(tenant.id):
        Role.objects.get(key="reader").delete()
        long_ago = timezone.now() - timedelta(minutes=6)
        IdempotencyKey.objects.update(status=None, started_at=long_ago)
    assert post(client).status_code == 201
    assert post(client)["Idempotent-Replayed"] == "true"


def test_a_key_is_one_persons_in_one_tenant_for_a_day(
    alice: User, eve: User, tenant: Tenant
) -> None:
    assert post(client_of(alice)).status_code == 201
    theirs = post(client_of(eve))
    assert theirs.status_code == 201
    assert "Idempotent-Replayed" not in theirs
    with tenant_scope(tenant.id):
        Role.objects.get(key="reader").delete()
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        later = post(client_of(alice))
    assert later.status_code == 201
    assert "Idempotent-Replayed" not in later


def test_somebody_without_a_tenant_may_use_one_too(db: None) -> None:
    client = client_of(make_user())
    first, second = (post(client, {"name": "Club"}, address="/api/v1/tenants") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert Tenant.objects.count() == 1


def test_a_secret_in_an_answer_is_kept_encrypted(alice: User) -> None:
    client = client_of(alice)
    body = {"name": "CI", "scopes": ["members:read"]}
    made = post(client, body, address="/api/v1/tokens").json()
    with all_tenants("a test"):
        assert made["token"] not in str(IdempotencyKey.objects.values().get())
    assert post(client, body, address="/api/v1/tokens").json() == made


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"])
def test_a_key_that_is_none_is_refused(alice: User, tenant: Tenant, key: str) -> None:
    header = key.encode().decode("latin-1")
    answer = client_of(alice).post(ROLES, READER, HTTP_IDEMPOTENCY_KEY=header)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")
    with tenant_scope(tenant.id):
        assert Role.objects.count() == 2


def test_nobody_has_keys(api: APIClient, db: None) -> None:
    assert post(api).status_code == 401
    with all_tenants("a test"):
        assert not IdempotencyKey.objects.exists()


def test_a_form_whose_answer_was_lost_makes_one_account(alice: User, tenant: Tenant) -> None:
    browser = signed_in(alice)
    form = {"name": "Giro", "kind": "checking", "currency": "EUR", "opening": "0"}
    named = {"HX-Request": "true", "X-Drawer": "true", "Idempotency-Key": "form-1"}
    first = browser.post("/accounts/new/", form, headers=named)
    again = browser.post("/accounts/new/", form, headers=named)
    assert (first["HX-Refresh"], again["HX-Refresh"]) == ("true", "true")
    assert again["Idempotent-Replayed"] == "true"
    with tenant_scope(tenant.id):
        assert FinancialAccount.objects.count() == 1


def test_a_form_that_was_refused_is_read_anew(alice: User, tenant: Tenant) -> None:
    browser = signed_in(alice)
    named = {"HX-Request": "true", "Idempotency-Key": "form-1"}
    for _ in range(2):
        refused = browser.post("/accounts/new/", {"name": ""}, headers=named)
        assert refused.status_code == 422 and "Idempotent-Replayed" not in refused


def test_a_plain_form_needs_no_name(alice: User, tenant: Tenant) -> None:
    form = {"name": "Giro", "kind": "checking", "currency": "EUR", "opening": "0"}
    signed_in(alice).post("/accounts/new/", form, headers={"Idempotency-Key": "form-1"})
    with all_tenants("test"):
        assert not IdempotencyKey.objects.exists()
