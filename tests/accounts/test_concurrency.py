"""Many at once, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import close_old_connections, connection
from rest_framework.test import APIClient

from accounts import counters, one_time_codes, tokens
from accounts.errors import AccountError, TooManyAttempts
from accounts.members import remove_member
from accounts.models import CodePurpose, Membership, OneTimeCode, RefreshSession, Role, User
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.accounts.conftest import client_of, code_in, wrong
from tests.make import make_member

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(attempts: list[Callable[[], Any]]) -> list[Any]:
    """What each returned, or the domain error that it raised."""
    outcomes: list[Any] = []
    start = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> None:
        try:
            start.wait()
            outcomes.append(attempt())
        except Exception as error:  # noqa: BLE001 - looked at by the test
            outcomes.append(error)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unexpected = [
        outcome for outcome in outcomes
        if isinstance(outcome, Exception) and not isinstance(outcome, AccountError)
    ]  # fmt: skip
    assert unexpected == []
    return outcomes


def test_fifty_refreshes_of_one_token_give_one_pair_and_end_the_family(alice: User) -> None:
    pair = tokens.start_session(alice)
    outcomes = at_once([lambda: tokens.refresh(pair.refresh)] * 50)
    won = [outcome for outcome in outcomes if isinstance(outcome, tokens.TokenPair)]
    assert len(won) <= 1
    assert RefreshSession.objects.get().revoked_because == "token reused"
    for successor in won:
        with pytest.raises(AccountError):
            tokens.refresh(successor.refresh)
    for access in [pair.access, *(successor.access for successor in won)]:
        client = APIClient(headers={"Authorization": f"Bearer {access}"})
        assert client.get("/api/auth/me").status_code == 401


@pytest.fixture
def code(alice: User, mailed: Callable[[], EmailMessage]) -> tuple[Any, str]:
    challenge = one_time_codes.challenge("alice@example.org", CodePurpose.SIGN_IN)
    return challenge, code_in(mailed())


def answer(challenge: Any, code: str) -> Any:
    return one_time_codes.answer(
        challenge, code, purposes=(CodePurpose.SIGN_IN,), address="203.0.113.9"
    )


def test_a_code_given_by_many_at_once_signs_in_once(code: tuple[Any, str]) -> None:
    outcomes = at_once([lambda: answer(*code)] * 5)
    assert len([outcome for outcome in outcomes if not isinstance(outcome, Exception)]) == 1


def test_a_burst_of_guesses_is_evaluated_five_times_at_most(
    code: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge, right = code
    compared: list[str] = []

    def compare(kept: str, given: str) -> bool:
        compared.append(given)
        return kept == given

    monkeypatch.setattr(one_time_codes, "constant_time_compare", compare)
    monkeypatch.setattr(counters, "CODE_BY_ACCOUNT", counters.Limit("code.account", 1000, 3600))
    outcomes = at_once([lambda: answer(challenge, wrong(right))] * 20)
    assert len(compared) == 5
    assert Counter(outcome.code for outcome in outcomes) == {"code_wrong": 5, "code_expired": 15}
    assert OneTimeCode.objects.get().tries == 5


def test_attempts_made_at_once_all_count(db: None) -> None:
    limit = counters.Limit("test", 7, 3600)
    outcomes = at_once([lambda: counters.count_attempt(limit, "somebody")] * 20)
    assert len([o for o in outcomes if isinstance(o, TooManyAttempts)]) == 13


def test_two_admins_who_leave_at_once_leave_one(tenant: Tenant) -> None:
    people = [make_member(tenant, email=f"admin{number}@example.org") for number in range(2)]

    def leave(user: User) -> None:
        with tenant_scope(tenant.id):
            remove_member(Membership.objects.select_related("role", "user").get(user=user))

    outcomes = at_once([lambda user=user: leave(user) for user in people])  # type: ignore[misc]
    assert sorted(getattr(outcome, "code", "left") for outcome in outcomes) == [
        "last_admin",
        "left",
    ]


def test_registering_at_once_makes_one_account(db: None) -> None:
    body = {"email": "carol@example.org", "password": "correct horse battery"}
    answers = at_once([lambda: APIClient().post("/api/auth/register", body).status_code] * 4)
    assert answers == [202] * 4
    assert User.objects.count() == 1
    assert Tenant.objects.count() == 1


def test_one_idempotency_key_sent_at_once_has_one_effect(alice: User, tenant: Tenant) -> None:
    client_of(alice)
    access = tokens.start_session(alice).access

    def post() -> int:
        client = APIClient(headers={"Authorization": f"Bearer {access}"})
        body = {"name": "Reader", "permissions": []}
        return client.post("/api/v1/roles", body, headers={"Idempotency-Key": "k"}).status_code

    answers = Counter(at_once([post] * 8))
    assert set(answers) <= {201, 409}
    assert answers[201] >= 1
    with tenant_scope(tenant.id):
        assert Role.objects.filter(key="reader").count() == 1
