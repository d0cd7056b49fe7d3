"""Forgotten and changed passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from rest_framework.test import APIClient

from accounts.models import RefreshSession, User
from accounts.tokens import start_session
from tests.accounts.conftest import client_of, code_in, wrong
from tests.make import PASSWORD
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db

BETTER = "a much better phrase"


@pytest.fixture
def challenge(api: APIClient, alice: User) -> str:
    asked = api.post("/api/auth/password/reset-request", {"email": "alice@example.org"})
    return str(asked.json()["challenge"])


def reset(api: APIClient, challenge: str, code: str, password: str = BETTER) -> Any:
    body = {"challenge": challenge, "code": code, "new_password": password}
    return api.post("/api/auth/password/reset", body)


def test_a_code_sets_a_new_password_and_ends_every_session(
    api: APIClient, alice: User, challenge: str, mailed: Callable[[], EmailMessage]
) -> None:
    start_session(alice)
    assert reset(api, challenge, code_in(mailed())).status_code == 204
    alice.refresh_from_db()
    assert alice.check_password(BETTER)
    assert not RefreshSession.objects.filter(revoked_at=None).exists()


def test_a_wrong_code_or_a_weak_password_changes_nothing(
    api: APIClient, alice: User, challenge: str, mailed: Callable[[], EmailMessage]
) -> None:
    code = code_in(mailed())
    assert reset(api, challenge, wrong(code)).json()["code"] == "code_wrong"
    weak = reset(api, challenge, code, "alice@example.org")
    assert weak.json()["code"] == "password_weak"
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert reset(api, challenge, code).status_code == 204, "the code was not spent"


def test_asking_tells_nobody_whether_an_address_is_known(
    api: APIClient, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    answers = [
        api.post("/api/auth/password/reset-request", {"email": email})
        for email in ("alice@example.org", "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["detail"] for answer in answers}) == 1
    run_due_jobs()
    assert [message.to for message in mailoutbox] == [["alice@example.org"]]
    unknown = answers[1].json()["challenge"]
    assert reset(api, unknown, "000000").json()["code"] == "code_wrong"


def test_changing_a_password_keeps_this_session_and_ends_the_others(alice: User) -> None:
    other = start_session(alice)
    client = client_of(alice)
    body = {"current_password": PASSWORD, "new_password": BETTER}
    assert client.post("/api/auth/password/change", body).status_code == 204
    assert client.get("/api/auth/me").status_code == 200
    assert APIClient().post("/api/auth/refresh", {"refresh": other.refresh}).status_code == 401
    alice.refresh_from_db()
    assert alice.check_password(BETTER)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"current_password": "wrong", "new_password": BETTER}, "password_wrong"),
        ({"current_password": PASSWORD, "new_password": "12345678"}, "password_weak"),
        ({"new_password": BETTER}, "required"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    alice: User, body: dict[str, str], code: str
) -> None:
    answer = client_of(alice).post("/api/auth/password/change", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == code
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_nobody_changes_a_password_without_signing_in(api: APIClient, alice: User) -> None:
    body = {"current_password": PASSWORD, "new_password": BETTER}
    assert api.post("/api/auth/password/change", body).status_code == 401
