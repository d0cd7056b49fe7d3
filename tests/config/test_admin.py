"""The operators' admin: every model's list, search and page opens, for super admins alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tenancy.models import Tenant
from tests.make import make_user

OURS = sorted(
    (m for m in admin.site._registry if m.__module__.split(".")[0] in {
        "accounts", "extraction", "finance", "jobs", "mail_ingest", "tenancy",
    }),
    key=lambda model: model._meta.label,
)  # fmt: skip


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(make_user("operator@example.org", is_staff=True, is_superuser=True))
    return client


def address(model: type[Model], page: str, *arguments: Any) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(name, args=arguments)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_models_list_opens_and_is_searched(model: type[Model], operator: Client) -> None:
    assert operator.get(address(model, "changelist")).status_code == 200
    if admin.site._registry[model].search_fields:
        assert operator.get(address(model, "changelist"), {"q": "x"}).status_code == 200


def test_an_operator_finds_a_tenant(operator: Client, tenant: Tenant) -> None:
    page = operator.get(address(Tenant, "change", tenant.pk))
    assert page.status_code == 200
    assert b"Inledger operators" in page.content


def test_nothing_is_added_or_deleted_around_the_verbs(operator: Client, tenant: Tenant) -> None:
    assert operator.get(address(Tenant, "add")).status_code == 403
    assert operator.post(address(Tenant, "delete", tenant.pk), {"post": "yes"}).status_code == 403
    assert Tenant.objects.filter(pk=tenant.pk).exists()


def test_others_are_asked_to_sign_in(client: Client, db: None) -> None:
    client.force_login(make_user())
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")
