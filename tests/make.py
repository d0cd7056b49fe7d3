"""Rows for tests: plain functions, each with sensible defaults and keywords for the rest."""

from __future__ import annotations

from typing import Any

from accounts.models import Membership, Role, User
from tenancy.models import Tenant
from tenancy.permissions import BUILT_IN_ROLES
from tenancy.scope import tenant_scope

PASSWORD = "correct horse battery"


def make_tenant(**fields: Any) -> Tenant:
    tenant = Tenant.objects.create(**{"name": "Home", "currency": "EUR"} | fields)
    with tenant_scope(tenant.id):
        for key in BUILT_IN_ROLES:
            Role.objects.create(key=key, name=key.title(), is_built_in=True)
    return tenant


def make_user(email: str = "alice@example.org", **fields: Any) -> User:
    return User.objects.create_user(email, fields.pop("password", PASSWORD), **fields)


def make_member(tenant: Tenant, role: str = "admin", **user_fields: Any) -> User:
    user = make_user(**user_fields)
    with tenant_scope(tenant.id):
        Membership.objects.create(user=user, role=Role.objects.get(key=role))
    return user
