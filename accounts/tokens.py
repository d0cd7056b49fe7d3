"""Access tokens (JWT, minutes) and refresh tokens (a rotating family, weeks).

A refresh token is `<session id>.<random>.<signature>`. The signature says that we made it, the
session's `token_hash` whether it is the current one: a genuine token that is not current was used
before, by its owner or by a thief, and which of them nobody can tell. So the whole family ends
(RFC 9700 §4.14.2). The price: a client that sends one refresh twice at once, or loses the answer
and repeats it, has to sign in again. A client must refresh one request at a time.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken

from accounts import audit
from accounts.errors import SessionEnded
from accounts.models import RefreshSession, User

SESSION_CLAIM = "sid"


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str
    expires_in: int
    """Seconds that `access` lives."""


class AccessTokenExpired(Exception):
    """It was ours, once: refresh."""


class AccessTokenInvalid(Exception):
    """Not a token that we made."""


def start_session(user: User, *, address: str = "", user_agent: str = "") -> TokenPair:
    """The tokens of somebody who has proved who they are, with every factor asked of them."""
    session = RefreshSession(
        user=user,
        address=address,
        user_agent=user_agent[:200],
        expires_at=timezone.now() + settings.REFRESH_TOKEN_LIFETIME,
    )
    refresh_token = _new_refresh_token(session.id)
    session.token_hash = sha256(refresh_token)
    session.save(force_insert=True)
    return _pair(session, refresh_token)


def refresh(token: str) -> TokenPair:
    """Exchange a refresh token for the next pair, once. Raises SessionEnded."""
    session_id = _session_of(token)
    successor, now = _new_refresh_token(session_id), timezone.now()
    # Only the row's own columns: with a join Django updates by a subquery, which PostgreSQL does
    # not look at again after it has waited for a rival, and two would win.
    rotated = RefreshSession.objects.filter(
        id=session_id, token_hash=sha256(token), revoked_at=None, expires_at__gt=now
    ).update(token_hash=sha256(successor), refreshed_at=now)
    session = RefreshSession.objects.select_related("user").filter(id=session_id).first()
    if session is None or not session.user.is_active:
        raise SessionEnded
    if not rotated:
        # While it has not expired, and nobody closed it: only a token used before comes here.
        if session.token_hash != sha256(token) and revoke_session(session_id, "token reused"):
            audit.record("auth.refresh_token_reused", session.user, session=str(session_id))
        raise SessionEnded
    return _pair(session, successor)


def revoke_session(session_id: uuid.UUID, because: str) -> bool:
    """End one family at once, access tokens included. False if it had ended already."""
    return bool(_revoke(RefreshSession.objects.filter(id=session_id), because))


def revoke_sessions_of(user: User, because: str, *, keep: uuid.UUID | None = None) -> int:
    """End every family of a person, but `keep`. How many ended."""
    sessions = RefreshSession.objects.filter(user=user)
    return _revoke(sessions.exclude(id=keep) if keep else sessions, because)


def session_of_refresh_token(token: str) -> uuid.UUID:
    """Raises SessionEnded for what we did not make."""
    return _session_of(token)


def read_access_token(token: str) -> uuid.UUID:
    """The session that an access token belongs to; whether that is still open, the caller asks.
    Raises AccessTokenExpired, AccessTokenInvalid."""
    try:
        return uuid.UUID(AccessToken(token)[SESSION_CLAIM])  # type: ignore[arg-type] # a wrong annotation
    except ExpiredTokenError as error:
        raise AccessTokenExpired from error
    except (TokenError, KeyError, ValueError, TypeError) as error:
        raise AccessTokenInvalid from error


def sha256(text: str) -> str:
    """Enough for secrets of 256 random bits: there is nothing to guess that a salt would slow."""
    return hashlib.sha256(text.encode()).hexdigest()


def _pair(session: RefreshSession, refresh_token: str) -> TokenPair:
    access = AccessToken.for_user(session.user)
    access[SESSION_CLAIM] = str(session.id)
    return TokenPair(str(access), refresh_token, int(access.lifetime.total_seconds()))


def _signer() -> Signer:
    return Signer(salt="accounts.refresh", sep=".")


def _new_refresh_token(session_id: uuid.UUID) -> str:
    return _signer().sign(f"{session_id.hex}.{secrets.token_urlsafe(32)}")


def _session_of(token: str) -> uuid.UUID:
    try:
        return uuid.UUID(_signer().unsign(token).partition(".")[0])
    except (BadSignature, ValueError) as error:
        raise SessionEnded from error


def _revoke(sessions: QuerySet[RefreshSession], because: str) -> int:
    return sessions.filter(revoked_at=None).update(
        revoked_at=timezone.now(), revoked_because=because
    )
