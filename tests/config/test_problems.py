"""What goes wrong behind /api/ leaves as problem details."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Membership, Role
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.make import make_user

ROLES = "/api/test/roles"


def problem_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:inledger:problem:{code}"
    assert set(body) >= {"title", "detail", "instance", "errors"}
    return body


def role(tenant: Tenant, key: str = "admin") -> Role:
    with tenant_scope(tenant.id):
        found: Role = Role.objects.get(key=key)
    return found


def test_every_fault_of_the_input_is_named(api: APIClient) -> None:
    answer = api.post(ROLES, {"key": "not a slug!", "name": "x" * 100})
    body = problem_of(answer, 400, "invalid")
    assert [(error["field"], error["code"]) for error in body["errors"]] == [
        ("key", "invalid"),
        ("name", "max_length"),
    ]
    assert body["instance"] == ROLES
    assert body["detail"] == "2 things are wrong with the input; see errors."


def test_a_single_fault_is_told_in_the_detail_too(api: APIClient) -> None:
    body = problem_of(api.post(ROLES, {"name": "Keyless"}), 400, "invalid")
    assert body["detail"] == "key: This field is required."


def test_an_unknown_field_is_refused(api: APIClient) -> None:
    answer = api.post(ROLES, {"key": "a", "name": "A", "tenant": str(uuid.uuid4())})
    assert problem_of(answer, 400, "invalid")["errors"][0]["code"] == "unknown_field"


@pytest.mark.parametrize("body", ["{", '{"key": NaN}', "[]", '"text"', "null", "é", "[" * 99_999])
def test_a_body_that_is_not_an_object_is_refused(api: APIClient, body: str) -> None:
    answer = api.post(ROLES, body, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["nul \\u0000", "half \\ud800"])
@pytest.mark.parametrize("field", ["key", "name", "permissions"])
def test_text_that_no_database_keeps_is_refused(api: APIClient, field: str, text: str) -> None:
    fields = {"key": '"a"', "name": '"A"', "permissions": "[]"}
    fields[field] = f'["{text}"]' if field == "permissions" else f'"{text}"'
    body = "{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}"
    answer = api.post(ROLES, body, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert api.get(f"{ROLES}?key=a").json()["data"] == []


def test_an_unread_media_type_is_refused(api: APIClient) -> None:
    answer = api.post(ROLES, "<role/>", content_type="application/xml")
    problem_of(answer, 415, "unsupported_media_type")


def test_a_method_that_is_not_there_is_refused(api: APIClient, tenant: Tenant) -> None:
    problem_of(api.put(f"{ROLES}/{role(tenant).pk}", {}), 405, "method_not_allowed")


@pytest.mark.parametrize("name", ["nothing", "%00", "018f0000-0000-7000-8000-000000000000", "…"])
def test_a_row_that_is_not_there_is_not_found(api: APIClient, name: str) -> None:
    problem_of(api.get(f"{ROLES}/{name}"), 404, "not_found")


def test_a_row_of_another_tenant_is_not_found(api: APIClient, stranger: Tenant) -> None:
    body = problem_of(api.get(f"{ROLES}/{role(stranger).pk}"), 404, "not_found")
    assert body["detail"] == "Not found."


def test_nobody_is_asked_to_sign_in(api: APIClient) -> None:
    answer = api.get(ROLES, headers={"X-User": ""})
    problem_of(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_somebody_without_a_tenant_is_told_to_name_one(api: APIClient) -> None:
    body = problem_of(api.get(ROLES, headers={"X-Tenant-ID": ""}), 400, "tenant_required")
    assert "X-Tenant-ID" in body["detail"]


def test_a_domain_error_keeps_its_code_status_and_field(api: APIClient, tenant: Tenant) -> None:
    answer = api.post(f"{ROLES}/{role(tenant).pk}/rename")
    body = problem_of(answer, 409, "role_is_fixed")
    message = "A built-in role keeps its name."
    assert body["detail"] == message
    assert body["errors"] == [{"field": "name", "code": "role_is_fixed", "message": message}]


def test_a_lost_race_for_a_unique_row_is_a_conflict(api: APIClient) -> None:
    problem_of(api.post(f"{ROLES}/collide"), 409, "conflict")


def test_a_row_in_use_stays(api: APIClient, tenant: Tenant) -> None:
    row = role(tenant)
    with tenant_scope(tenant.id):
        Membership.objects.create(user=make_user("bob@example.org"), role=row)
    problem_of(api.delete(f"{ROLES}/{row.pk}"), 409, "in_use")


def test_a_fault_of_ours_says_so_and_no_more(api: APIClient) -> None:
    body = problem_of(api.post(f"{ROLES}/break_down"), 500, "server_error")
    assert "NOT NULL" not in str(body)


def test_too_large_a_body_is_refused(api: APIClient, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api.post(ROLES, {"key": "a", "name": "A" * 2000})
    problem_of(answer, 413, "too_large")


def test_an_address_that_is_not_there_answers_in_kind(client: Client, db: None) -> None:
    problem_of(client.get("/api/v1/nothing"), 404, "not_found")
    page = client.get("/nothing")
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")


def test_a_browser_sees_the_problem_in_a_page(api: APIClient) -> None:
    answer = api.get(f"{ROLES}/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"not_found" in answer.content


def test_each_answer_carries_the_id_of_its_request(api: APIClient) -> None:
    answer = api.get(f"{ROLES}/nothing", headers={"X-Request-ID": "proxy-7"})
    assert answer.headers["X-Request-ID"] == "proxy-7"
    assert answer.json()["request_id"] == "proxy-7"
    forged = api.get(ROLES, headers={"X-Request-ID": "a b\x7f" + "c" * 300})
    assert uuid.UUID(forged.headers["X-Request-ID"])
