"""Signing in by password, and what the answer tells."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AttemptCounter, AuditEntry, User
from tenancy.scope import all_tenants
from tests.make import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("within_one_window")]

ALICE = {"email": "alice@example.org", "password": PASSWORD}


def test_a_password_gives_tokens_that_open_the_account(api: APIClient, alice: User) -> None:
    answer = api.post("/api/auth/login", {**ALICE, "email": "Alice@Example.org"})
    assert answer.status_code == 200
    pair = answer.json()
    assert set(pair) == {"access", "refresh", "expires_in"}
    assert pair["expires_in"] <= 300
    me = api.get("/api/auth/me", headers={"Authorization": f"Bearer {pair['access']}"})
    assert me.json()["email"] == "alice@example.org"
    with all_tenants("a test"):
        assert AuditEntry.objects.get(action="auth.signed_in").actor_id == alice.id


@pytest.mark.parametrize(
    "body",
    [
        ALICE | {"password": "wrong"},
        ALICE | {"email": "nobody@example.org"},
        ALICE | {"email": "closed@example.org"},
    ],
    ids=["wrong password", "unknown address", "closed account"],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    api: APIClient, alice: User, body: dict[str, str]
) -> None:
    User.objects.create_user("closed@example.org", PASSWORD, is_active=False)
    answer = api.post("/api/auth/login", body)
    assert answer.status_code == 401
    problem = answer.json()
    assert problem["code"] == "wrong_credentials"
    assert problem["detail"] == "That e-mail address and password do not match an account."


def test_an_unknown_address_costs_a_hash_too(
    api: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(User, "set_password", lambda self, password: hashed.append(password))
    api.post("/api/auth/login", ALICE | {"email": "nobody@example.org"})
    assert hashed == [PASSWORD]


def test_too_many_wrong_passwords_close_the_account_for_a_while(
    api: APIClient, alice: User
) -> None:
    wrong = [
        api.post("/api/auth/login", ALICE | {"password": "wrong"}).status_code for _ in range(11)
    ]
    assert wrong == [401] * 10 + [429]
    refused = api.post("/api/auth/login", ALICE)
    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_attempts"
    assert 1 <= int(refused["Retry-After"]) <= 15 * 60 + 1
    AttemptCounter.objects.all().delete()
    assert api.post("/api/auth/login", ALICE).status_code == 200


@pytest.mark.usefixtures("real_password_hasher")
def test_passwords_are_kept_as_argon2_hashes(api: APIClient, db: None) -> None:
    user = make_user()
    assert user.password.startswith("argon2$argon2id$")
    answer = api.post("/api/auth/login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200


def test_the_right_password_forgets_earlier_slips(api: APIClient, alice: User) -> None:
    for _ in range(3):
        for _ in range(4):
            assert api.post("/api/auth/login", ALICE | {"password": "x"}).status_code == 401
        assert api.post("/api/auth/login", ALICE).status_code == 200


def guess_everywhere(api: APIClient, **headers: Any) -> list[int]:
    return [
        api.post(
            "/api/auth/login",
            {"email": f"user{number}@example.org", "password": "guess"},
            headers={name: value.format(number) for name, value in headers.items()},
        ).status_code
        for number in range(52)
    ]


def test_one_address_cannot_guess_at_many_accounts(
    api: APIClient, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "set_password", lambda self, password: None)
    assert guess_everywhere(api) == [401] * 50 + [429] * 2


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_made_up_forwarding_header_does_not_get_around_it(
    api: APIClient, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, proxies: int
) -> None:
    monkeypatch.setattr(User, "set_password", lambda self, password: None)
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    # The proxy appends the client's true address to whatever the client has made up.
    seen = guess_everywhere(api, **{"X-Forwarded-For": "10.0.0.{}, 203.0.113.9"})
    assert seen == [401] * 50 + [429] * 2


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"email": "alice@example.org"}, "password", "required"),
        (ALICE | {"email": "alice"}, "email", "invalid"),
        (ALICE | {"otp": "123456"}, "otp", "unknown_field"),
        (ALICE | {"password": "x" * 201}, "password", "max_length"),
    ],
)
def test_a_malformed_request_is_told_its_fault(
    api: APIClient, db: None, body: dict[str, str], field: str, code: str
) -> None:
    answer = api.post("/api/auth/login", body)
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
