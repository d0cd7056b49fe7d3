"""Writing the audit trail."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from accounts.models import AuditEntry, User
from tenancy.scope import Actor, AllTenants, active_scope, all_tenants, current_actor


def record(
    action: str,
    target: object = "",
    *,
    tenant_id: uuid.UUID | None = None,
    actor: Actor | None = None,
    address: str = "",
    **detail: Any,
) -> None:
    """Add an entry for a tenant (by default the active scope's), or for none. Names things by
    text, never by secrets; the entry stays for good."""
    scope = active_scope()
    if tenant_id is None and scope is not None and not isinstance(scope.tenant, AllTenants):
        tenant_id = scope.tenant
    actor = actor or current_actor()
    with _able_to_write_for(tenant_id):
        AuditEntry.objects.create(
            tenant_id=tenant_id,
            action=action,
            target=str(target)[:254],
            actor_kind=actor.kind,
            actor_id=actor.user_id,
            actor_label=actor.label[:254],
            address=address,
            detail=detail,
        )


def _able_to_write_for(tenant_id: uuid.UUID | None) -> AbstractContextManager[Any]:
    """Row policies let only the scope of all tenants write a row that belongs to none."""
    scope = active_scope()
    if scope is not None and (isinstance(scope.tenant, AllTenants) or scope.tenant == tenant_id):
        return nullcontext()
    return all_tenants("an audit entry of no tenant, or of another")


def actor_of(user: User) -> Actor:
    return Actor("user", user.id, user.email)
