"""Opening and changing tenants."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts import audit
from accounts.errors import AccountError
from accounts.models import Membership, Role, User
from tenancy.models import Tenant
from tenancy.permissions import BUILT_IN_ROLES
from tenancy.scope import current_scope, tenant_scope

ROLE_NAMES = {"admin": "Admin", "user": "User"}
CHANGEABLE = frozenset({"name", "currency", "time_zone", "language"})


def to_be_set_up(step: int) -> dict[str, Any]:
    """Settings of a tenant whose owner is led through setting it up, from a step on: nothing is
    booked before they have seen what was recognised."""
    return {"onboarding_step": step, "booking_held_since": timezone.now()}


@transaction.atomic
def create_tenant(owner: User, name: str, **settings_of_tenant: Any) -> Tenant:
    """A tenant whose first admin is `owner`, with its built-in roles and whatever
    `settings.TENANT_SEEDERS` put into it. Raises AccountError."""
    tenant = Tenant(name=name, **settings_of_tenant)
    _check(tenant)
    tenant.save(force_insert=True)
    with tenant_scope(tenant.id, actor=audit.actor_of(owner)):
        for key in BUILT_IN_ROLES:
            Role.objects.create(key=key, name=ROLE_NAMES[key], is_built_in=True)
        Membership.objects.create(user=owner, role=Role.objects.get(key="admin"))
        for path in settings.TENANT_SEEDERS:
            import_string(path)()
        audit.record("tenant.created", tenant)
    return tenant


@transaction.atomic
def change_tenant(tenant_id: uuid.UUID, **changes: Any) -> Tenant:
    """`name`, `currency` (of new accounts and of totals shown), `time_zone`, `language`. Needs
    the tenant's scope. Raises AccountError."""
    assert changes.keys() <= CHANGEABLE
    tenant = Tenant.objects.select_for_update().get(id=tenant_id)
    before = {name: getattr(tenant, name) for name in changes}
    for name, value in changes.items():
        setattr(tenant, name, value)
    _check(tenant)
    tenant.save(update_fields=list(changes))
    if (home := current_scope().home) is not None:
        for name, value in changes.items():
            setattr(home, name, value)
    audit.record("tenant.changed", tenant, before=before, after=changes)
    return tenant


def _check(tenant: Tenant) -> None:
    try:
        tenant.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise AccountError(" ".join(messages), code="invalid", field=field) from error
