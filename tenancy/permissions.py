"""May the one who acts do this? Permission codes, and the two built-in roles made of them.

A code is `<resource>:<read|write>`. Roles are sets of codes, API tokens narrow them further; the
scope holds what is left (see `scope.Scope.permissions`). Every door asks here, on the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from tenancy.scope import current_scope

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

PERMISSIONS: Final[dict[str, StrPromise]] = {
    "accounts:read": _("See financial accounts and balances"),
    "accounts:write": _("Add and change financial accounts"),
    "transactions:read": _("See transactions, their evidence and totals"),
    "transactions:write": _("Add, change, void and review transactions"),
    "categories:read": _("See categories"),
    "categories:write": _("Add and change categories"),
    "tasks:read": _("See tasks"),
    "tasks:write": _("Add, change and finish tasks"),
    "contacts:read": _("See contacts"),
    "contacts:write": _("Add, change, import and remove contacts"),
    "calendars:read": _("See one's own calendar feeds"),
    "calendars:write": _("Make and revoke one's own calendar feeds"),
    "mail:read": _("See connected accounts and stored messages"),
    "mail:write": _("Connect mailboxes, import and delete mail"),
    "jobs:read": _("See background jobs"),
    "jobs:write": _("Trigger, cancel and retry background jobs"),
    "members:read": _("See who shares this ledger"),
    "members:write": _("Invite, change and remove members, and edit roles"),
    "users:read": _("See the accounts of those who share this ledger: last sign-in, second factor"),
    "tenant:read": _("See the tenant's settings"),
    "tenant:write": _("Change the tenant's settings"),
    "notifications:read": _("See one's own notifications"),
    "notifications:write": _("Mark and snooze one's own notifications, and choose which to get"),
    "webhooks:read": _("See webhooks and what was sent to them"),
    "webhooks:write": _("Add and change webhooks, which send events out of the ledger"),
    "models:read": _("See connected language models, what they were asked and what they cost"),
    "models:write": _("Connect and switch language models, and set their monthly cap"),
    "tokens:read": _("See one's own API tokens"),
    "tokens:write": _("Make and revoke one's own API tokens"),
}
ALL_PERMISSIONS: Final = frozenset(PERMISSIONS)
USER_PERMISSIONS: Final = ALL_PERMISSIONS - {
    "members:write", "users:read", "tenant:write", "models:write", "webhooks:write",
}  # fmt: skip
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
