"""Custom roles, and the rule that nobody gives away more than they hold."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext

from accounts import audit
from accounts.errors import AccountError, Conflict, NotAllowed
from accounts.models import Role
from tenancy.permissions import PERMISSIONS
from tenancy.scope import PERSONS, current_scope
from tenancy.wording import worded


@transaction.atomic
def create_role(name: str, permissions: Collection[str]) -> Role:
    """Raises AccountError, NotAllowed, Conflict."""
    check_codes(permissions)
    role = Role(key=slugify(name)[:40], name=name, permissions=sorted(set(permissions)))
    if not role.key:
        raise AccountError(gettext("Name the role with letters or digits."), field="name")
    try:
        with transaction.atomic():
            role.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(gettext("A role of this name exists already."), field="name") from error
    audit.record("role.created", role, permissions=role.permissions)
    return role


@transaction.atomic
def change_role(role: Role, **changes: Any) -> Role:
    """`name` and `permissions`; its key stays. Raises AccountError, NotAllowed, Conflict."""
    _check_custom(role)
    check_may_give(role)
    if "permissions" in changes:
        check_codes(changes["permissions"])
        changes["permissions"] = sorted(set(changes["permissions"]))
    before = {name: getattr(role, name) for name in changes}
    for name, value in changes.items():
        setattr(role, name, value)
    role.save(update_fields=list(changes))
    audit.record("role.changed", role, before=before, after=changes)
    return role


@transaction.atomic
def delete_role(role: Role) -> None:
    """Raises NotAllowed for a built-in one, Conflict for one that somebody has."""
    _check_custom(role)
    check_may_give(role)
    if role.memberships.exists():
        raise Conflict(
            gettext("Members have this role. Give them another one first."), code="role_in_use"
        )
    audit.record("role.deleted", role, permissions=role.permissions)
    role.delete()


def check_codes(codes: Collection[str]) -> None:
    """Raises AccountError for codes that do not exist, NotAllowed for ones not held."""
    unknown = sorted(set(codes) - PERMISSIONS.keys())
    if unknown:
        raise AccountError(
            worded(
                "Unknown: %(unknown)s. Permissions are: %(known)s.",
                unknown=", ".join(unknown),
                known=", ".join(PERMISSIONS),
            ),
            code="unknown_permission",
            field="permissions",
        )
    _check_held(codes)


def check_may_give(role: Role) -> None:
    """Raises NotAllowed unless the one who acts holds all that the role gives."""
    _check_held(role.codes)


def _check_held(codes: Collection[str]) -> None:
    scope = current_scope()
    if scope.actor.kind not in PERSONS:
        return  # A command or the system, whose door has decided.
    beyond = sorted(set(codes) - scope.permissions)
    if beyond:
        raise NotAllowed(
            worded(
                "You cannot give or take what you do not hold: %(scopes)s.",
                scopes=", ".join(beyond),
            ),
            code="beyond_own_permissions",
        )


def _check_custom(role: Role) -> None:
    if role.is_built_in:
        raise NotAllowed(gettext("Built-in roles cannot be changed. Make a role of your own."))
