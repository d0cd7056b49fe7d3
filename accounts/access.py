"""Who is this, which tenant, may they: decided once a request, in one or two queries.

Who: an API token, the session that an access token (JWT) names, or a page's session. Bearers
speak to the API alone: pages let a person do more than a token may.
Which tenant: the API token's own; the one that X-Tenant-ID names; the one chosen on a page; the
only one they belong to. Never a silent default among several: then there is no scope, and doors
that need one say so.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final, Literal

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotFound,
    ParseError,
    PermissionDenied,
)
from rest_framework.request import Request

from accounts import api_tokens, audit, impersonation
from accounts.addresses import client_address
from accounts.impersonation import Impersonation
from accounts.models import ApiToken, Membership, RefreshSession, User
from accounts.tokens import AccessTokenExpired, AccessTokenInvalid, read_access_token
from tenancy.models import Tenant
from tenancy.permissions import ALL_PERMISSIONS
from tenancy.scope import Actor, Scope, all_tenants

TENANT_HEADER: Final = "X-Tenant-ID"
# Why a super admin enters a tenant that is not theirs.
REASON_HEADER: Final = "X-Access-Reason"
REASON_LENGTH: Final = 300
API: Final = "/api/"
SESSION_TENANT: Final = "tenant_id"


@dataclass(slots=True)
class Access:
    """What the rest of a request may rely on, as `request.access`.

    `error` is why credentials or tenant were refused: the API answers with it, and there is
    neither user nor scope then.
    """

    user: User | None = None
    via: Literal["page", "jwt", "token", ""] = ""
    session_id: uuid.UUID | None = None
    """The RefreshSession of an access token."""
    token: ApiToken | None = None
    memberships: list[Membership] = field(default_factory=list)
    """With role and tenant; those in active tenants."""
    tenant: Tenant | None = None
    scope: Scope | None = None
    error: APIException | None = None
    impersonation: Impersonation | None = None
    """An operator sees what `user` sees."""


def access_of(request: HttpRequest | Request) -> Access:
    """What `ScopeMiddleware` decided for a request of Django or DRF."""
    django_request = request._request if isinstance(request, Request) else request
    access: Access = django_request.access  # type: ignore[attr-defined] # set by the middleware
    return access


def person_of(request: HttpRequest | Request) -> User:
    """The one who is signed in, behind a door that has checked that somebody is."""
    assert isinstance(request.user, User)
    return request.user


def decide(request: HttpRequest) -> Access:
    """Never raises for what a client sent: see `Access.error`."""
    with all_tenants("who is this, and where do they belong"):
        try:
            access = _who(request)
            if access.user is not None:
                _where(access, request)
        except APIException as error:
            return Access(error=error)
    return access


def _who(request: HttpRequest) -> Access:
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not request.path.startswith(API):
        return _by_page(request)
    credential = credential.strip()
    return (
        _by_token(credential) if credential.startswith(api_tokens.PREFIX) else _by_jwt(credential)
    )


def _by_page(request: HttpRequest) -> Access:
    user = request.user
    if isinstance(user, AnonymousUser) or not user.is_authenticated:
        return Access()
    shown = impersonation.current(request, user)
    if shown is not None:
        return Access(
            user=shown.person, via="page", memberships=[shown.membership], impersonation=shown
        )
    return Access(user=user, via="page", memberships=memberships_of(user))


def _by_jwt(credential: str) -> Access:
    try:
        session_id = read_access_token(credential)
    except AccessTokenExpired as error:
        raise AuthenticationFailed(
            "The access token has expired. Refresh it: POST /api/auth/refresh.", "token_expired"
        ) from error
    except AccessTokenInvalid as error:
        raise AuthenticationFailed(
            "This is not an access token of ours.", "token_invalid"
        ) from error
    sessions = RefreshSession.objects.select_related("user").filter(
        id=session_id, revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    session = sessions.first()
    if session is None:
        raise AuthenticationFailed("This session has ended. Sign in again.", "session_ended")
    user = session.user
    return Access(user=user, via="jwt", session_id=session_id, memberships=memberships_of(user))


def _by_token(credential: str) -> Access:
    token = api_tokens.find_token(credential)
    if token is None or not token.membership.user.is_active:
        raise AuthenticationFailed("This is not an API token of ours.", "token_invalid")
    if token.revoked_at is not None:
        raise AuthenticationFailed("This API token has been revoked.", "token_revoked")
    if token.expires_at <= timezone.now():
        raise AuthenticationFailed("This API token has expired. Make a new one.", "token_expired")
    api_tokens.note_use(token)
    token.membership.tenant = token.tenant
    memberships = [token.membership] if token.tenant.is_active else []
    return Access(user=token.membership.user, via="token", token=token, memberships=memberships)


def memberships_of(user: User) -> list[Membership]:
    rows = Membership.objects.select_related("role", "tenant").filter(user=user)
    return list(rows.filter(tenant__is_active=True))


def _where(access: Access, request: HttpRequest) -> None:
    wanted = request.headers.get(TENANT_HEADER)
    if access.impersonation is not None:
        _enter_only(access)
    elif wanted is not None:
        _enter_named(access, _parsed(wanted), request)
    elif access.via == "page" and (chosen := request.session.get(SESSION_TENANT)):
        try:
            _enter_named(access, uuid.UUID(chosen), request)
        except (NotFound, PermissionDenied):
            # They have left it, or it was closed, since they chose it.
            del request.session[SESSION_TENANT]
            _enter_only(access)
    else:
        _enter_only(access)


def _parsed(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise ParseError(f"{TENANT_HEADER} must be a tenant's id (UUID).", "tenant_id") from error


def _enter_only(access: Access) -> None:
    if len(access.memberships) == 1:
        _enter(access, access.memberships[0])
    elif access.token is not None:
        raise PermissionDenied("This token's tenant is closed.", "tenant_inactive")


def _enter_named(access: Access, tenant_id: uuid.UUID, request: HttpRequest) -> None:
    """Raises NotFound, the same for a foreign tenant and one that is not there."""
    for membership in access.memberships:
        if membership.tenant_id == tenant_id:
            _enter(access, membership)
            return
    assert access.user is not None
    tenant = Tenant.objects.filter(id=tenant_id).first()
    if access.token is None and tenant is not None:
        if access.user.is_superuser:
            _enter_as_super_admin(access, tenant, request)
            return
        if Membership.objects.filter(user=access.user, tenant=tenant).exists():
            raise PermissionDenied("This tenant is closed.", "tenant_inactive")
    raise NotFound("There is no such tenant, or you do not belong to it.", "tenant_not_found")


def _enter(access: Access, membership: Membership) -> None:
    access.tenant = membership.tenant
    access.scope = _scope(access, membership)


def _scope(access: Access, membership: Membership) -> Scope:
    assert access.user is not None
    permissions = membership.role.codes
    if access.impersonation is not None:
        actor, permissions = access.impersonation.actor, access.impersonation.permissions
    elif access.token is None:
        actor = audit.actor_of(access.user)
    else:
        permissions &= frozenset(access.token.scopes)
        actor = Actor("token", access.user.id, f"{access.user.email}: {access.token.name}")
    return Scope(membership.tenant.id, actor, permissions, membership.tenant)


def scope_in(access: Access, tenant_id: uuid.UUID) -> Scope | None:
    """How they may act in one of their tenants, whichever is active; None in a foreign one."""
    if access.scope is not None and access.scope.tenant == tenant_id:
        return access.scope
    for membership in access.memberships:
        if membership.tenant.id == tenant_id:
            return _scope(access, membership)
    return None


def _enter_as_super_admin(access: Access, tenant: Tenant, request: HttpRequest) -> None:
    """Raises PermissionDenied without a reason."""
    assert access.user is not None
    reason = request.headers.get(REASON_HEADER, "").strip()
    if not reason:
        raise PermissionDenied(
            f"You do not belong to this tenant. Say in the {REASON_HEADER} header why you enter it:"
            " the tenant finds it in its audit trail.",
            "reason_required",
        )
    actor = audit.actor_of(access.user)
    access.tenant = tenant
    access.scope = Scope(tenant.id, actor, ALL_PERMISSIONS, tenant)
    audit.record(
        "tenant.entered_by_super_admin",
        f"{request.method} {request.path}",
        tenant_id=tenant.id,
        actor=actor,
        address=client_address(request),
        reason=reason[:REASON_LENGTH],
    )
