"""Who acts, for which tenant, with which permissions.

Every query on a tenant table reads the active scope when its SQL is compiled (see `models`), and
on PostgreSQL the database compares with it once more (see `row_security`). Without a scope such a
query raises: nothing falls back to "the user's current tenant".

A scope is entered where the caller is known: `accounts.middleware` for a request, the job runner
for a job, `--tenant` for a command. New threads start without one, on purpose.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from tenancy.models import Tenant

logger = logging.getLogger(__name__)

ActorKind = Literal["user", "token", "job", "command", "system"]
# Actors who decide for themselves, or whose program does in their name.
PERSONS: Final[frozenset[ActorKind]] = frozenset({"user", "token"})


class NoTenantScope(RuntimeError):
    """A tenant table was reached while no tenant scope was active."""


class AllTenants:
    """The type of `ALL_TENANTS`: the scope of beat, the operators' admin and data migrations."""

    def __repr__(self) -> str:
        return "ALL_TENANTS"


ALL_TENANTS: Final = AllTenants()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user (perhaps by an API token or a job that they triggered) or the system."""

    kind: ActorKind = "system"
    user_id: uuid.UUID | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    tenant: uuid.UUID | AllTenants
    actor: Actor = field(default_factory=Actor)
    permissions: frozenset[str] = frozenset()
    home: Tenant | None = field(default=None, compare=False, repr=False)
    """The tenant's row, where the door has read it anyway."""


_active: ContextVar[Scope | None] = ContextVar("tenant_scope", default=None)


def active_scope() -> Scope | None:
    return _active.get()


def current_scope() -> Scope:
    """The active scope. Raises NoTenantScope."""
    scope = _active.get()
    if scope is None:
        raise NoTenantScope(
            "No tenant scope is active. Enter tenant_scope(tenant_id) where the caller is known."
        )
    return scope


def current_tenant_id() -> uuid.UUID:
    """The tenant of the active scope. Raises NoTenantScope, also across all tenants, because a
    new row must belong to one."""
    tenant = current_scope().tenant
    if isinstance(tenant, AllTenants):
        raise NoTenantScope("This needs one tenant, but the scope spans all of them.")
    return tenant


def current_actor() -> Actor:
    scope = _active.get()
    return scope.actor if scope is not None else Actor()


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    token = _active.set(scope)
    try:
        yield scope
    finally:
        _active.reset(token)


@contextmanager
def tenant_scope(
    tenant_id: uuid.UUID,
    *,
    actor: Actor | None = None,
    permissions: frozenset[str] = frozenset(),
    home: Tenant | None = None,
) -> Iterator[Scope]:
    """Act for one tenant. `permissions` limit what doors allow; verbs called by jobs and commands
    need none, because their door has checked already."""
    with entered(Scope(tenant_id, actor or current_actor(), permissions, home)) as scope:
        yield scope


@contextmanager
def all_tenants(reason: str, *, actor: Actor | None = None) -> Iterator[Scope]:
    """Act across tenants: for beat, the dispatcher, the operators' admin, sign-in and data
    migrations only. The reason is logged."""
    logger.debug("all_tenants: %s", reason)
    with entered(Scope(ALL_TENANTS, actor or current_actor())) as scope:
        yield scope
