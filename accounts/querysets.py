"""What doors show. Each reads in the active scope, unless it says otherwise."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from accounts.access import Access
from accounts.models import ApiToken, Invitation, Membership, Role, User
from tenancy.models import Tenant


def users_of(tenant_id: uuid.UUID) -> QuerySet[User]:
    return User.objects.filter(memberships__tenant_id=tenant_id)


def all_users() -> QuerySet[User]:
    """For super admins alone."""
    return User.objects.all()


def tenants_for(access: Access) -> QuerySet[Tenant]:
    """Where they belong; everything for a super admin. An API token sees its own tenant only."""
    if access.user is not None and access.user.is_superuser and access.token is None:
        return Tenant.objects.all()
    return Tenant.objects.filter(id__in=[m.tenant.id for m in access.memberships])


def members() -> QuerySet[Membership]:
    rows: QuerySet[Membership] = Membership.objects.select_related("user", "role")
    return rows


def roles() -> QuerySet[Role]:
    rows: QuerySet[Role] = Role.objects.all()
    return rows


def invitations() -> QuerySet[Invitation]:
    rows: QuerySet[Invitation] = Invitation.objects.select_related("role", "invited_by")
    return rows


def tokens_of(user: User) -> QuerySet[ApiToken]:
    rows: QuerySet[ApiToken] = ApiToken.objects.filter(membership__user=user)
    return rows
