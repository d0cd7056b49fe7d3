"""API tokens: a program's key to one tenant, shown once, kept as a hash."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.errors import AccountError, NotAllowed
from accounts.models import ApiToken, Membership
from accounts.tokens import sha256
from tenancy.permissions import PERMISSIONS
from tenancy.scope import current_scope
from tenancy.wording import worded

PREFIX: Final = "inl_"
SHOWN: Final = len(PREFIX) + 6
DEFAULT_LIFETIME: Final = timedelta(days=90)
LONGEST_LIFETIME: Final = timedelta(days=366)
LAST_USED_STEP: Final = timedelta(minutes=1)


@transaction.atomic
def make_token(
    membership: Membership, name: str, scopes: Collection[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """The row and the secret, which nobody can read again. Scopes are permission codes that the
    maker holds. Raises AccountError, NotAllowed."""
    if current_scope().actor.kind == "token":
        raise NotAllowed(
            gettext("A token cannot make tokens: sign in to make one."), code="token_no_tokens"
        )
    now = timezone.now()
    expires_at = expires_at or now + DEFAULT_LIFETIME
    if not now < expires_at <= now + LONGEST_LIFETIME:
        raise AccountError(
            worded(
                "A token expires in the future, within %(days)s days.", days=LONGEST_LIFETIME.days
            ),
            code="expiry",
            field="expires_at",
        )
    check_scopes(scopes, membership.role.codes)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        membership=membership,
        name=name,
        prefix=secret[:SHOWN],
        token_hash=sha256(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    audit.record("token.made", token, scopes=token.scopes)
    return token, secret


def check_scopes(scopes: Collection[str], held: frozenset[str]) -> None:
    """Raises AccountError for none, unknown ones, and ones that the maker does not hold."""
    unknown = sorted(set(scopes) - PERMISSIONS.keys())
    if unknown or not scopes:
        known = ", ".join(PERMISSIONS)
        raise AccountError(
            worded(
                "Unknown: %(unknown)s. Scopes are: %(known)s.",
                unknown=", ".join(unknown),
                known=known,
            )
            if unknown
            else worded("Name at least one. Scopes are: %(known)s.", known=known),
            code="unknown_scope",
            field="scopes",
        )
    beyond = sorted(set(scopes) - held)
    if beyond:
        raise AccountError(
            worded("Your own role does not hold: %(scopes)s.", scopes=", ".join(beyond)),
            code="scope_beyond_role",
            field="scopes",
        )


@transaction.atomic
def revoke_token(token: ApiToken) -> None:
    """From now on it opens nothing. Revoking twice changes nothing."""
    if ApiToken.objects.filter(id=token.id, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("token.revoked", token, tenant_id=token.tenant_id)


def find_token(secret: str) -> ApiToken | None:
    """The token with its member, role and tenant, in one query; across tenants, because the token
    itself names its own. Whether it still holds, the caller asks."""
    rows = ApiToken.objects.select_related("tenant", "membership__user", "membership__role")
    return rows.filter(token_hash=sha256(secret)).first()


def note_use(token: ApiToken) -> None:
    """Keeps `last_used_at` to the minute, so that not every request writes."""
    before = timezone.now() - LAST_USED_STEP
    if token.last_used_at is None or token.last_used_at < before:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=before)
        ApiToken.objects.filter(stale, id=token.id).update(last_used_at=timezone.now())
