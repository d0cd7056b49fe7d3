"""Opening an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Membership, Role, User
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.accounts.conftest import code_in
from tests.make import PASSWORD
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db

NEW = {"email": "carol@example.org", "password": PASSWORD, "name": "Carol"}


def register(api: APIClient, **body: str) -> Any:
    return api.post("/api/auth/register", NEW | body)


def test_a_new_person_has_a_tenant_and_may_sign_in_at_once(api: APIClient, db: None) -> None:
    answer = register(api, currency="JPY", time_zone="Asia/Tokyo")
    assert answer.status_code == 202
    assert set(answer.json()) == {"challenge", "detail"}
    tenant = Tenant.objects.get()
    assert (tenant.name, tenant.currency, tenant.time_zone) == (
        "Carol’s ledger", "JPY", "Asia/Tokyo",
    )  # fmt: skip
    with tenant_scope(tenant.id):
        assert Membership.objects.get().role.key == "admin"
        assert set(Role.objects.values_list("key", flat=True)) == {"admin", "user"}
    login = api.post("/api/auth/login", {"email": NEW["email"], "password": PASSWORD})
    assert login.status_code == 200


def test_the_code_in_the_welcome_verifies_the_address(
    api: APIClient, db: None, mailed: Callable[[], EmailMessage]
) -> None:
    challenge = register(api).json()["challenge"]
    message = mailed()
    assert message.subject.startswith("Welcome")
    body = {"challenge": challenge, "code": code_in(message)}
    assert api.post("/api/auth/otp/verify", body).status_code == 200
    assert User.objects.get().email_verified_at is not None


def test_a_known_address_is_answered_alike_and_its_owner_told(
    api: APIClient, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    new = register(api)
    known = register(api, email="ALICE@example.org", password="another good phrase")
    assert known.status_code == new.status_code
    assert {**known.json(), "challenge": ""} == {**new.json(), "challenge": ""}
    assert {k: v for k, v in known.headers.items() if k != "X-Request-ID"} == {
        k: v for k, v in new.headers.items() if k != "X-Request-ID"
    }
    run_due_jobs()
    subjects = {message.to[0]: message.subject for message in mailoutbox}
    assert subjects["alice@example.org"] == "You already have an Inledger account"
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert User.objects.count() == 2
    assert Tenant.objects.count() == 2, "alice's and carol's"


def test_a_known_address_costs_the_same_work(api: APIClient, alice: User) -> None:
    def statements(email: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            register(api, email=email)
        return [
            re.sub(r"[0-9a-f-]{36}", "…", " ".join(query["sql"].split()[:3])) for query in queries
            if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))
        ]  # fmt: skip

    statements("warm-up@example.org")
    assert statements("alice@example.org") == statements("dave@example.org")


def test_registering_the_same_address_again_does_not_count_as_new(
    api: APIClient, db: None, mailoutbox: list[EmailMessage]
) -> None:
    register(api)
    register(api, email="Carol@EXAMPLE.org")
    run_due_jobs()
    assert User.objects.count() == 1
    assert sorted(message.subject[:11] for message in mailoutbox) == ["Welcome to ", "You already"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"password": "short"}, "password", "password_weak"),
        ({"password": "carol@example.org"}, "password", "password_weak"),
        ({"email": "carol"}, "email", "invalid"),
        ({"currency": "XXQ"}, "currency", "invalid"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "time_zone"),
        ({"is_superuser": "true"}, "is_superuser", "unknown_field"),
        ({"tenant_name": "x" * 121}, "tenant_name", "max_length"),
        ({"invitation": "made-up"}, "token", "invitation_closed"),
    ],
)
def test_bad_input_is_told_and_makes_nothing(
    api: APIClient, db: None, body: dict[str, str], field: str, code: str
) -> None:
    answer = register(api, **body)
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert not User.objects.exists()
    assert not Tenant.objects.exists()


def test_bad_input_does_not_tell_a_known_address_either(api: APIClient, alice: User) -> None:
    known = register(api, email="alice@example.org", currency="XXQ")
    new = register(api, currency="XXQ")
    assert (known.status_code, known.json()["errors"]) == (new.status_code, new.json()["errors"])


def test_a_closed_installation_takes_nobody_uninvited(
    api: APIClient, db: None, settings: Any
) -> None:
    settings.REGISTRATION_OPEN = False
    answer = register(api)
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
    assert not User.objects.exists()


def test_seeders_run_in_the_new_tenants_scope(api: APIClient, db: None, settings: Any) -> None:
    settings.TENANT_SEEDERS = ["tests.accounts.seeding.seed"]
    register(api)
    with all_tenants("a test"):
        seeded = Role.objects.get(key="seeded")
    assert seeded.tenant == Tenant.objects.get()


def test_a_seeder_that_fails_leaves_nothing_behind(api: APIClient, db: None, settings: Any) -> None:
    settings.TENANT_SEEDERS = ["tests.accounts.seeding.fail"]
    api.raise_request_exception = False
    assert register(api).status_code == 500
    assert not User.objects.exists()
    assert not Tenant.objects.exists()
    with all_tenants("a test"):
        assert not AuditEntry.objects.exists()
