"""Signing in by password, over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from tenancy.models import Tenant
from tests.make import PASSWORD, make_member

pytestmark = pytest.mark.django_db


def login(client: APIClient, **body: str) -> dict[str, str]:
    answer = client.post("/api/auth/login", {"email": "alice@example.org", "password": PASSWORD} | body)
    assert answer.status_code == 200, answer.json()
    return answer.json()  # type: ignore[no-any-return]


def test_a_password_gives_tokens_that_open_the_account(tenant: Tenant) -> None:
    make_member(tenant)
    client = APIClient()
    pair = login(client)
    assert pair["expires_in"] <= 300
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    me = client.get("/api/auth/me").json()
    assert me["email"] == "alice@example.org"
    assert me["tenant"] == str(tenant.id)
    again = client.post("/api/auth/refresh", {"refresh": pair["refresh"]})
    assert again.status_code == 200, again.json()
    reused = client.post("/api/auth/refresh", {"refresh": pair["refresh"]})
    assert reused.status_code == 401
    assert client.get("/api/auth/me").status_code == 401
