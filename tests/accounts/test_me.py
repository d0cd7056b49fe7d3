"""One's own account."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEntry, User
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.accounts.conftest import client_of
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db

ME = "/api/auth/me"


def test_me_tells_who_i_am_and_where_i_belong(bob: User, tenant: Tenant) -> None:
    me = client_of(bob).get(ME).json()
    assert (me["email"], me["tenant"]) == ("bob@example.org", str(tenant.id))
    (membership,) = me["memberships"]
    assert (membership["tenant_name"], membership["role"]) == ("Home", "user")
    assert "members:write" not in membership["permissions"]
    assert "password" not in me


def test_i_change_my_name_language_and_time_zone(alice: User) -> None:
    changes = {"name": "Alice", "language": "de", "time_zone": "Europe/Berlin"}
    answer = client_of(alice).patch(ME, changes)
    assert answer.status_code == 200
    assert changes.items() <= client_of(alice).get(ME).json().items()


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"email": "other@example.org"}, "email", "unknown_field"),
        ({"is_superuser": True}, "is_superuser", "unknown_field"),
        ({"language": "xx"}, "language", "invalid_choice"),
        ({"time_zone": "Moon"}, "time_zone", "time_zone"),
        ({"require_otp": True}, "current_password", "password_required"),
        ({"require_otp": True, "current_password": "x"}, "current_password", "password_wrong"),
    ],
)
def test_what_i_may_not_change_stays(
    alice: User, body: dict[str, Any], field: str, code: str
) -> None:
    before = client_of(alice).get(ME).json()
    answer = client_of(alice).patch(ME, body)
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert client_of(alice).get(ME).json() == before


def test_the_second_factor_is_switched_by_password(alice: User) -> None:
    client = client_of(alice)
    for asked in (True, False):
        body = {"require_otp": asked, "current_password": PASSWORD}
        assert client.patch(ME, body).json()["require_otp"] is asked
    with all_tenants("a test"):
        switched = AuditEntry.objects.filter(action__startswith="auth.second_factor")
        assert [entry.action for entry in switched.order_by("at")] == [
            "auth.second_factor_on",
            "auth.second_factor_off",
        ]
