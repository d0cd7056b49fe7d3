"""May the one who acts do this? Permission codes, and the two built-in roles made of them.

A code is `<resource>:<read|write>`. Roles are sets of codes, API tokens narrow them further; the
scope holds what is left (see `scope.Scope.permissions`). Every door asks here, on the server.
"""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied

from tenancy.scope import current_scope

PERMISSIONS: Final[dict[str, str]] = {
    "accounts:read": "See financial accounts and balances",
    "accounts:write": "Add and change financial accounts",
    "transactions:read": "See transactions, their evidence and totals",
    "transactions:write": "Add, change, void and review transactions",
    "categories:read": "See categories",
    "categories:write": "Add and change categories",
    "mail:read": "See connected accounts and stored messages",
    "mail:write": "Connect mailboxes, import and delete mail",
    "jobs:read": "See background jobs",
    "jobs:write": "Trigger, cancel and retry background jobs",
    "members:read": "See who shares this ledger",
    "members:write": "Invite, change and remove members, and edit roles",
    "users:read": "See the accounts of those who share this ledger: last sign-in, second factor",
    "tenant:read": "See the tenant's settings",
    "tenant:write": "Change the tenant's settings",
    "tokens:read": "See one's own API tokens",
    "tokens:write": "Make and revoke one's own API tokens",
}
ALL_PERMISSIONS: Final = frozenset(PERMISSIONS)
USER_PERMISSIONS: Final = ALL_PERMISSIONS - {"members:write", "users:read", "tenant:write"}
BUILT_IN_ROLES: Final[dict[str, frozenset[str]]] = {
    "admin": ALL_PERMISSIONS,
    "user": USER_PERMISSIONS,
}


def may(code: str) -> bool:
    """Whether the active scope holds a permission. Raises NoTenantScope and, for a code that does
    not exist, KeyError."""
    PERMISSIONS[code]
    return code in current_scope().permissions


def require(code: str) -> None:
    """Raises PermissionDenied unless the active scope holds the permission."""
    if not may(code):
        raise PermissionDenied(f"This needs the permission “{code}”.")
