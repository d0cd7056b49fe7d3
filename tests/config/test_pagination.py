"""Keyset pages over HTTP."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Role
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.pages import member

ROLES = "/api/test/roles"
NEWEST = "/api/test/newest-roles"


def make_roles(tenant: Tenant, count: int) -> None:
    """Three share each name, so that the order has ties."""
    with tenant_scope(tenant.id):
        Role.objects.bulk_create(
            Role(key=f"role-{number:03}", name=f"Role {number // 3:03}") for number in range(count)
        )


def walk(api: APIClient, address: str) -> list[list[dict[str, Any]]]:
    pages = []
    following: str | None = address
    while following is not None:
        body = api.get(following).json()
        pages.append(body["data"])
        following = body["next"]
    return pages


def test_pages_hold_every_row_once_in_order(api: APIClient, tenant: Tenant) -> None:
    make_roles(tenant, 25)
    pages = walk(api, f"{ROLES}?limit=4")
    rows = [row for page in pages for row in page]
    assert [len(page) for page in pages] == [4, 4, 4, 4, 4, 4, 3]
    assert len({row["id"] for row in rows}) == 27
    assert rows == sorted(rows, key=lambda row: (row["name"], row["id"]))


def test_two_directions_and_plain_rows_page_alike(api: APIClient, tenant: Tenant) -> None:
    make_roles(tenant, 10)
    rows = [row for page in walk(api, f"{NEWEST}?limit=3") for row in page]
    keys = [f"role-{number:03}" for number in reversed(range(10))] + ["user", "admin"]
    assert [row["key"] for row in rows] == keys


def test_a_row_that_arrives_meanwhile_repeats_and_hides_no_other(
    api: APIClient, tenant: Tenant
) -> None:
    make_roles(tenant, 6)
    first = api.get(f"{ROLES}?limit=4").json()
    with tenant_scope(tenant.id):
        Role.objects.create(key="early", name="AAA")
        Role.objects.get(id=first["data"][-1]["id"]).delete()
    rest = [row for page in walk(api, first["next"]) for row in page]
    seen = [row["id"] for row in first["data"] + rest]
    assert len(seen) == len(set(seen)) == 8


def test_a_page_has_fifty_rows_unless_told(api: APIClient, tenant: Tenant) -> None:
    make_roles(tenant, 60)
    assert len(api.get(ROLES).json()["data"]) == 50
    assert len(api.get(f"{ROLES}?limit=200").json()["data"]) == 62


def test_rows_are_counted_on_request_only(
    api: APIClient, tenant: Tenant, django_assert_num_queries: Any
) -> None:
    make_roles(tenant, 7)
    with django_assert_num_queries(2) as plain:
        assert set(api.get(f"{ROLES}?limit=2").json()) == {"data", "next"}
    assert not counts(plain)
    assert api.get(f"{ROLES}?limit=2&count=true").json()["count"] == 9
    assert api.get(f"{ROLES}?limit=2&count=true&key=admin").json()["count"] == 1


def counts(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]


@pytest.mark.parametrize("limit", ["0", "-1", "201", "ten", "1.5", "٣", "9" * 400, "1e2", "%00"])
def test_a_limit_that_makes_no_sense_is_refused(api: APIClient, limit: str) -> None:
    answer = api.get(f"{ROLES}?limit={limit}")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "field": "limit",
            "code": "invalid_limit",
            "message": "limit must be a whole number from 1 to 200.",
        }
    ]


def cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "%%%",
        "é",
        "bnVsbA",
        cursor([]),
        cursor({}),
        cursor(5),
        cursor(["a", "not a uuid"]),
        cursor(["a", None]),
        cursor([None, "018f0000-0000-7000-8000-000000000000"]),
        cursor(["a\0", "018f0000-0000-7000-8000-000000000000"]),
        cursor(["a\ud800", "018f0000-0000-7000-8000-000000000000"]),
        cursor(["a", 2**70]),
        cursor(["a", "018f0000-0000-7000-8000-000000000000", "more"]),
        "[" * 5000,
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(api: APIClient, text: str) -> None:
    answer = api.get(ROLES, {"cursor": text})
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["code"] == "invalid_cursor"


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_beyond_the_calendar_is_refused(tenant: Tenant, time: str) -> None:
    answer = member(tenant).get("/api/v1/jobs", {"cursor": cursor([time, str(uuid.uuid4())])})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "invalid_cursor"
