"""Who belongs to a tenant, and as what."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from accounts import audit
from accounts.errors import Conflict
from accounts.models import Membership, Role
from accounts.roles import check_may_give


@transaction.atomic
def change_member_role(membership: Membership, role: Role) -> Membership:
    """Raises NotAllowed, and Conflict for the last admin."""
    check_may_give(membership.role)
    check_may_give(role)
    _check_not_last_admin(membership, becomes=role)
    before = membership.role.key
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record("member.role_changed", membership.user, before=before, after=role.key)
    return membership


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """They leave, and their API tokens with them. What they did stays. Raises NotAllowed, and
    Conflict for the last admin."""
    check_may_give(membership.role)
    _check_not_last_admin(membership)
    audit.record("member.removed", membership.user, role=membership.role.key)
    membership.delete()


def _check_not_last_admin(membership: Membership, becomes: Role | None = None) -> None:
    # The lock makes two admins who leave at once take turns.
    admins = Membership.objects.select_for_update().filter(
        role__key="admin", role__is_built_in=True, user__is_active=True
    )
    ids = set(admins.values_list("id", flat=True))
    stays = becomes is not None and becomes.is_built_in and becomes.key == "admin"
    if ids == {membership.id} and not stays:
        raise Conflict(
            gettext("This is the last admin. Make somebody else admin first."), code="last_admin"
        )
