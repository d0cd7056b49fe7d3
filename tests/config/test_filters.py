"""Filters over HTTP."""

from __future__ import annotations

import pytest
from django.utils.translation import override
from rest_framework.test import APIClient

from accounts.models import Role
from config.filters import narrowed
from organizer.filters import TaskFilter
from organizer.models import Task
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.pages import member

ROLES = "/api/test/roles"


def keys(api: APIClient, query: str) -> list[str]:
    return sorted(row["key"] for row in api.get(f"{ROLES}?{query}").json()["data"])


def test_a_filter_narrows_the_list(api: APIClient, tenant: Tenant) -> None:
    with tenant_scope(tenant.id):
        Role.objects.create(key="auditor", name="Auditor")
    assert keys(api, "name__icontains=AUDIT") == ["auditor"]
    assert keys(api, "is_built_in=true") == ["admin", "user"]
    assert keys(api, "is_built_in=False") == ["auditor"]
    assert keys(api, "is_built_in=") == ["admin", "auditor", "user"]


@pytest.mark.parametrize("query", ["nam=x", "tenant=x", "key__contains=x", "page=2", "ordering=id"])
def test_an_unknown_parameter_is_refused_with_the_known_ones(api: APIClient, query: str) -> None:
    answer = api.get(f"{ROLES}?{query}")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == (query.split("=")[0], "unknown_parameter")
    assert "count, cursor, is_built_in, key, limit, name, name__icontains" in error["message"]


def test_a_single_row_knows_no_filters(api: APIClient, tenant: Tenant) -> None:
    with tenant_scope(tenant.id):
        row = Role.objects.get(key="admin")
    assert api.get(f"{ROLES}/{row.pk}?format=json").status_code == 200
    answer = api.get(f"{ROLES}/{row.pk}?key=user")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "unknown_parameter"


@pytest.mark.parametrize("word", ["maybe", "2", "ja"])
def test_a_vague_boolean_is_refused(api: APIClient, word: str) -> None:
    answer = api.get(f"{ROLES}?is_built_in={word}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "invalid_boolean"


def test_a_filter_with_a_character_that_no_database_keeps_is_refused(api: APIClient) -> None:
    assert api.get(f"{ROLES}?name=%00").status_code == 400


@pytest.mark.parametrize(
    ("address", "name", "text"),
    [
        ("/api/v1/jobs", "created_after", "0001-01-01T00:00:00+14:00"),
        ("/api/v1/email-extractions", "created_before", "9999-12-31T23:59:59-14:00"),
        ("/api/v1/emails", "until", "9999-12-31"),
        ("/api/v1/accounts", "currency", "%"),
        ("/api/v1/transactions", "currency", "%(x)s"),
    ],
)
def test_a_filter_that_no_row_can_match_is_refused(
    tenant: Tenant, address: str, name: str, text: str
) -> None:
    answer = member(tenant).get(address, {name: text})
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == name


def test_a_form_is_made_once_for_each_language() -> None:
    # As the API document does, before or after any request.
    assert TaskFilter.base_filters["state"].field is not None
    narrowed.cache_clear()
    kind = narrowed(TaskFilter, frozenset({"state"}))

    def label(language: str) -> tuple[object, str]:
        with override(language):
            made = kind({}, Task.objects.none())
            return made.get_form_class(), str(made.form.fields["state"].label)

    english, german = label("en"), label("de")
    assert english[1] == "State"
    assert english == label("en")
    assert german == label("de")
    assert english[0] is not german[0]
