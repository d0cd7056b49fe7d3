"""Access and refresh tokens: rotation, reuse, revoking."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import AuditEntry, RefreshSession, User
from accounts.tokens import TokenPair, start_session
from tenancy.scope import all_tenants

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(alice: User) -> TokenPair:
    return start_session(alice, address="203.0.113.9", user_agent="A test")


def refresh(token: str) -> tuple[int, dict[str, str]]:
    answer = APIClient().post("/api/auth/refresh", {"refresh": token})
    return answer.status_code, answer.json()


def opens(access: str) -> str:
    """ "yes", or the code of the problem."""
    answer = APIClient().get("/api/auth/me", headers={"Authorization": f"Bearer {access}"})
    if answer.status_code == 200:
        return "yes"
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    return str(answer.json()["code"])


def test_each_refresh_gives_the_next_pair(pair: TokenPair) -> None:
    token = pair.refresh
    for _ in range(3):
        status, fresh = refresh(token)
        assert status == 200
        assert fresh["refresh"] != token
        assert opens(fresh["access"]) == "yes"
        token = fresh["refresh"]
    assert RefreshSession.objects.count() == 1


def test_a_token_used_twice_ends_the_whole_family(pair: TokenPair) -> None:
    _, thief = refresh(pair.refresh)
    assert refresh(pair.refresh)[1]["code"] == "session_ended"
    assert refresh(thief["refresh"])[0] == 401
    assert opens(thief["access"]) == "session_ended"
    assert RefreshSession.objects.get().revoked_because == "token reused"
    with all_tenants("a test"):
        assert AuditEntry.objects.filter(action="auth.refresh_token_reused").count() == 1


def test_knowing_a_session_is_not_enough_to_end_it(pair: TokenPair) -> None:
    session = RefreshSession.objects.get()
    for forged in (f"{session.id.hex}.guess.guess", session.id.hex, "x", pair.refresh[:-1]):
        assert refresh(forged)[1]["code"] == "session_ended"
    assert refresh(pair.refresh)[0] == 200


def test_a_session_ends_with_its_lifetime(pair: TokenPair) -> None:
    with time_machine.travel(timezone.now() + settings.REFRESH_TOKEN_LIFETIME):
        assert refresh(pair.refresh)[0] == 401


def test_an_account_that_was_closed_gets_no_tokens(pair: TokenPair, alice: User) -> None:
    User.objects.filter(id=alice.id).update(is_active=False)
    assert refresh(pair.refresh)[0] == 401
    assert opens(pair.access) == "session_ended"


def test_logging_out_ends_access_at_once(pair: TokenPair) -> None:
    answer = APIClient().post(
        "/api/auth/logout", headers={"Authorization": f"Bearer {pair.access}"}
    )
    assert answer.status_code == 204
    assert opens(pair.access) == "session_ended"
    assert refresh(pair.refresh)[0] == 401


def test_logging_out_by_refresh_token_needs_no_access_token(pair: TokenPair) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        answer = APIClient().post(
            "/api/auth/logout",
            {"refresh": pair.refresh},
            headers={"Authorization": f"Bearer {pair.access}"},
        )
        assert answer.status_code == 204
    assert refresh(pair.refresh)[0] == 401


def test_an_access_token_lives_five_minutes(pair: TokenPair) -> None:
    assert opens(pair.access) == "yes"
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert opens(pair.access) == "token_expired"


def test_an_expired_access_token_does_not_stand_in_the_way_of_refreshing(pair: TokenPair) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        answer = APIClient().post(
            "/api/auth/refresh",
            {"refresh": pair.refresh},
            headers={"Authorization": f"Bearer {pair.access}"},
        )
    assert answer.status_code == 200


def unsigned(access: str) -> str:
    header = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    return f"{header}.{access.split('.')[1]}."


def test_a_token_that_we_did_not_sign_opens_nothing(pair: TokenPair, alice: User) -> None:
    assert opens(unsigned(pair.access)) == "token_invalid"
    assert opens(pair.access[:-2]) == "token_invalid"
    assert opens("rubbish") == "token_invalid"
    assert opens("") == "token_invalid"
    assert opens(str(AccessToken.for_user(alice))) == "token_invalid", "it names no session"
    assert opens(pair.refresh) == "token_invalid", "a refresh token is no access token"


def test_another_person_has_another_session(pair: TokenPair, eve: User) -> None:
    client = APIClient(headers={"Authorization": f"Bearer {start_session(eve).access}"})
    client.post("/api/auth/logout")
    assert opens(pair.access) == "yes"
