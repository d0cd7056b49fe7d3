"""Access by OAuth 2.0, as providers need it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import requests

from mail_ingest.providers.base import ProviderError, ProviderRefused, ProviderUnavailable
from tenancy.wording import worded

# A token that runs out within this is renewed before it is used.
MARGIN: Final = timedelta(minutes=2)


class ReconnectNeeded(ProviderRefused):
    """The person has to allow access once more: the grant was withdrawn, or has run out."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a grant consists of. `expires_at` is when the access token runs out, in UTC."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Whom the provider knows this installation as, and where tokens are renewed."""

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str
    provider_name: str
    timeout_seconds: float = 30


class TokenStore(Protocol):
    """Where a grant's tokens are kept, for all who use them."""

    def newest(self) -> Tokens | None:
        """Other tokens than those that were read or kept last; None where there are none."""
        ...

    def keep(self, renewed: Tokens) -> None:
        """Store them for all."""
        ...


@dataclass(slots=True)
class TokenSource:
    """An access token that is good now. A renewed one is stored before it is used, so that a
    refresh token that the provider has rotated is not lost; what another job has renewed
    meanwhile is used rather than renewed again."""

    client: OAuthClient
    tokens: Tokens
    store: TokenStore

    def access_token(self, *, renew: bool = False) -> str:
        """Raises ReconnectNeeded, ProviderUnavailable."""
        if renew or self._runs_out():
            newest = self.store.newest()
            self.tokens = newest or self.tokens
            if newest is None or self._runs_out():
                self._renew()
        return self.tokens.access_token

    def _runs_out(self) -> bool:
        return self.tokens.expires_at - MARGIN <= datetime.now(UTC)

    def _renew(self) -> None:
        try:
            self.tokens = refreshed(self.client, self.tokens)
        except ReconnectNeeded:
            # Perhaps the refresh token was rotated by another job at this moment.
            newest = self.store.newest()
            if newest is None:
                raise
            self.tokens = newest
            return
        self.store.keep(self.tokens)


def refreshed(client: OAuthClient, tokens: Tokens) -> Tokens:
    """New tokens for old (RFC 6749, section 6). Raises ReconnectNeeded, ProviderUnavailable."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens.refresh_token,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
    }
    try:
        reply = requests.post(
            client.token_url, data=form, timeout=client.timeout_seconds, allow_redirects=False
        )
        body = reply.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderUnavailable(
            worded(
                "%(provider)s could not be reached to renew the access.",
                provider=client.provider_name,
            )
        ) from error
    if reply.status_code == 200 and body.get("access_token"):
        return tokens_of(body, tokens.refresh_token)
    raise _refusal(client.provider_name, reply.status_code, str(body.get("error")))


def _refusal(provider: str, status: int, code: str) -> ProviderError:
    if code in ("invalid_grant", "interaction_required", "consent_required"):
        return ReconnectNeeded(
            worded(
                "%(provider)s no longer lets Inledger read this mailbox: the permission was"
                " withdrawn or has run out. Connect it again.",
                provider=provider,
            )
        )
    if code in ("invalid_client", "unauthorized_client"):
        return ProviderRefused(
            worded(
                "%(provider)s does not know this installation's client id or secret any more. Ask"
                " its operator.",
                provider=provider,
            )
        )
    return ProviderUnavailable(
        worded(
            "%(provider)s did not renew the access (status %(status)s).",
            provider=provider,
            status=status,
        )
    )


def tokens_of(body: dict[str, object], refresh_token: str = "") -> Tokens:
    """The tokens in a token endpoint's answer; one without a new refresh token keeps the old."""
    lasts = float(str(body.get("expires_in") or 3600))
    return Tokens(
        access_token=str(body["access_token"]),
        refresh_token=str(body.get("refresh_token") or refresh_token),
        expires_at=datetime.now(UTC) + timedelta(seconds=lasts),
    )
