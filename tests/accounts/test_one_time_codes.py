"""Codes by mail: a way to sign in, and a second factor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.errors import SessionEnded
from accounts.models import OneTimeCode, RefreshSession, User
from jobs.models import Job
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.accounts.conftest import code_in, wrong
from tests.make import PASSWORD, make_member
from tests.running import run_due_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("within_one_window")]

Mailed = Callable[[], EmailMessage]


def ask(api: APIClient, email: str = "alice@example.org") -> str:
    answer = api.post("/api/auth/otp/request", {"email": email})
    assert answer.status_code == 202, answer.json()
    return str(answer.json()["challenge"])


def verify(api: APIClient, challenge: str, code: str) -> Any:
    return api.post("/api/auth/otp/verify", {"challenge": challenge, "code": code})


def test_the_code_that_was_mailed_signs_in(api: APIClient, alice: User, mailed: Mailed) -> None:
    challenge = ask(api)
    message = mailed()
    assert message.to == ["alice@example.org"]
    answer = verify(api, challenge, code_in(message))
    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh", "expires_in"}
    alice.refresh_from_db()
    assert alice.email_verified_at is not None


def test_only_an_hmac_of_the_code_is_kept(api: APIClient, alice: User, mailed: Mailed) -> None:
    ask(api)
    code = code_in(mailed())
    row = OneTimeCode.objects.values().get()
    assert len(row["code_hash"]) == 64
    with all_tenants("a test"):
        jobs = list(Job.objects.values())
    assert code not in f"{row | {'id': ''}}{[job['payload'] for job in jobs]}"


def test_a_code_works_once(api: APIClient, alice: User, mailed: Mailed) -> None:
    challenge = ask(api)
    code = code_in(mailed())
    assert verify(api, challenge, code).status_code == 200
    again = verify(api, challenge, code)
    assert again.status_code == 400
    assert again.json()["code"] == "code_expired"


def test_a_code_works_ten_minutes(api: APIClient, alice: User, mailed: Mailed) -> None:
    challenge = ask(api)
    code = code_in(mailed())
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        answer = verify(api, challenge, code)
    assert (answer.status_code, answer.json()["code"]) == (400, "code_expired")


def test_after_five_wrong_answers_the_right_one_is_too_late(
    api: APIClient, alice: User, mailed: Mailed
) -> None:
    challenge = ask(api)
    code = code_in(mailed())
    answers = [verify(api, challenge, wrong(code)).json()["code"] for _ in range(5)]
    assert answers == ["code_wrong"] * 5
    sixth = verify(api, challenge, code)
    assert (sixth.status_code, sixth.json()["code"]) == (400, "code_expired")
    assert not RefreshSession.objects.exists()


def test_ten_wrong_answers_an_hour_close_the_way_for_an_account(
    api: APIClient, alice: User, mailed: Mailed
) -> None:
    for _ in range(2):
        challenge = ask(api)
        code = code_in(mailed())
        for _ in range(5):
            verify(api, challenge, wrong(code))
    challenge = ask(api)
    refused = verify(api, challenge, code_in(mailed()))
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        challenge = ask(api)
        assert verify(api, challenge, code_in(mailed())).status_code == 200


def test_an_unknown_address_is_answered_alike_and_gets_nothing(
    api: APIClient, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    known = api.post("/api/auth/otp/request", {"email": "alice@example.org"})
    unknown = api.post("/api/auth/otp/request", {"email": "nobody@example.org"})
    assert known.status_code == unknown.status_code
    assert {**known.json(), "challenge": ""} == {**unknown.json(), "challenge": ""}
    run_due_jobs()
    assert [message.to for message in mailoutbox] == [["alice@example.org"]]
    code = code_in(mailoutbox[0])
    for challenge in (known.json()["challenge"], unknown.json()["challenge"]):
        seen = [verify(api, challenge, wrong(code)).json()["code"] for _ in range(6)]
        assert seen == ["code_wrong"] * 5 + ["code_expired"]


def test_codes_are_sent_a_few_times_an_hour_only(api: APIClient, db: None) -> None:
    seen = [
        api.post("/api/auth/otp/request", {"email": "nobody@example.org"}).status_code
        for _ in range(7)
    ]
    assert seen == [202] * 6 + [429]


def test_a_closed_account_gets_no_code(
    api: APIClient, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    User.objects.update(is_active=False)
    ask(api)
    run_due_jobs()
    assert mailoutbox == []


def test_a_mail_sent_twice_leaves_one_code_that_works(
    api: APIClient, alice: User, mailed: Mailed
) -> None:
    challenge = ask(api)
    first = mailed()
    with all_tenants("the worker died after the mail had gone"):
        Job.objects.update(state="ready")
    second = mailed()
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert verify(api, challenge, code_in(second)).status_code == 200


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "", "１２３４５６"])
def test_what_is_no_code_is_refused_and_costs_no_try(
    api: APIClient, alice: User, code: str
) -> None:
    challenge = ask(api)
    assert verify(api, challenge, code).status_code == 400
    assert OneTimeCode.objects.get().tries == 0


@pytest.fixture
def careful(alice: User) -> User:
    alice.require_otp = True
    alice.save()
    return alice


def login(api: APIClient) -> Any:
    return api.post("/api/auth/login", {"email": "alice@example.org", "password": PASSWORD})


def test_the_second_factor_comes_before_any_token(
    api: APIClient, careful: User, mailed: Mailed
) -> None:
    first = login(api)
    assert first.status_code == 202
    assert set(first.json()) == {"challenge", "detail"}
    assert not RefreshSession.objects.exists()
    code = code_in(mailed())
    assert verify(api, first.json()["challenge"], wrong(code)).status_code == 400
    assert not RefreshSession.objects.exists()
    assert "access" in verify(api, first.json()["challenge"], code).json()


def test_a_code_alone_is_not_two_factors(api: APIClient, careful: User, mailed: Mailed) -> None:
    answer = verify(api, ask(api), code_in(mailed()))
    assert (answer.status_code, answer.json()["code"]) == (403, "password_required")
    assert not RefreshSession.objects.exists()


def test_strangers_asking_for_codes_do_not_use_up_the_second_factor(
    api: APIClient, careful: User
) -> None:
    for _ in range(7):
        api.post("/api/auth/otp/request", {"email": "alice@example.org"})
    assert login(api).status_code == 202


def test_a_code_for_a_new_password_does_not_sign_in(
    api: APIClient, alice: User, mailed: Mailed
) -> None:
    asked = api.post("/api/auth/password/reset-request", {"email": "alice@example.org"})
    answer = verify(api, asked.json()["challenge"], code_in(mailed()))
    assert answer.status_code == 400
    assert not RefreshSession.objects.exists()


def test_who_registered_somebody_elses_address_is_put_out_when_its_holder_comes(
    api: APIClient, tenant: Tenant, mailed: Mailed
) -> None:
    thief = make_member(tenant, email="alice@example.org")
    pair = tokens.start_session(thief)
    challenge = ask(api)
    assert verify(api, challenge, code_in(mailed())).status_code == 200
    thief.refresh_from_db()
    assert thief.email_verified_at is not None
    assert not thief.check_password(PASSWORD)
    with pytest.raises(SessionEnded):
        tokens.refresh(pair.refresh)
