"""Connecting a mailbox by OAuth 2.0 with PKCE (RFC 6749, 7636; OpenID Connect), and its tokens.

`start` sends a person to the provider, `finish` takes them back. The state that travels with them
is good once, for ten minutes, for the same person, tenant and browser session. Whose mailbox it is
is what the provider calls it (`sub`), never its address, which may pass to somebody else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import requests
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from mail_ingest.errors import MailError
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount, OAuthAttempt
from mail_ingest.providers import gmail, graph
from mail_ingest.providers.base import ProviderRefused
from mail_ingest.providers.tokens import OAuthClient, Tokens, TokenSource, tokens_of
from mail_ingest.secrets import read_secret, seal_secret
from mail_ingest.stored_tokens import StoredTokens, as_json, from_json
from notifications.notify import cancel
from tenancy.encryption import decrypt, encrypt
from tenancy.ids import new_id
from tenancy.scope import current_tenant_id
from tenancy.wording import worded

GOOD_FOR: Final = timedelta(minutes=10)
VERIFIER_FIELD: Final = "OAuthAttempt.verifier"
# What a grant changes of an account that may be read at this moment.
GRANTED: Final = (
    "username", "scopes", "secret", "token_expires_at", "last_error", "state", "next_fetch_at",
)  # fmt: skip
RECONNECT_NOTICE: Final = "mailbox_reconnect"


class OAuthError(MailError):
    """The mailbox could not be connected; the message says what to do."""

    code = "oauth_failed"


@dataclass(frozen=True, slots=True)
class Service:
    """One provider's doors and what is asked of it."""

    kind: AccountKind
    name: str
    path: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    needed: str
    extra: Mapping[str, str]
    client_id: str
    client_secret: str
    authserv_id: str
    imap_host: str = ""

    @property
    def is_configured(self) -> bool:
        return bool(self.client_id and self.client_secret)

    @property
    def redirect_uri(self) -> str:
        return f"{settings.PUBLIC_URL}/api/v1/auth/{self.path}/callback"

    @property
    def client(self) -> OAuthClient:
        return OAuthClient(
            self.client_id, self.client_secret, self.token_url, self.name,
            settings.MAIL_TIMEOUT_SECONDS,
        )  # fmt: skip


BY_OAUTH: Final = (AccountKind.GMAIL, AccountKind.OUTLOOK)


def service_of(kind: str, *, over_imap: bool = False) -> Service:
    """The doors of a provider: to its own interface, or to IMAP, which wants another permission.
    Raises LookupError for a kind that is not connected by OAuth."""
    service = {AccountKind.GMAIL: _google, AccountKind.OUTLOOK: _microsoft}[AccountKind(kind)]()
    if not over_imap:
        return service
    needed, host = IMAP[service.kind]
    scopes = tuple(scope for scope in service.scopes if scope != service.needed)
    return replace(service, scopes=(*scopes, needed), needed=needed, imap_host=host)


# The permission to read by IMAP, which no provider has for reading alone, and the server.
IMAP: Final = {
    AccountKind.GMAIL: ("https://mail.google.com/", "imap.gmail.com"),
    AccountKind.OUTLOOK: (
        "https://outlook.office.com/IMAP.AccessAsUser.All", "outlook.office365.com",
    ),
}  # fmt: skip


def _google() -> Service:
    return Service(
        AccountKind.GMAIL, "Google", "google", settings.GOOGLE_AUTHORIZE_URL,
        settings.GOOGLE_TOKEN_URL, ("openid", "email", gmail.SCOPE), gmail.SCOPE,
        # Offline for a refresh token; asking again each time, or Google gives none the second time.
        {"access_type": "offline", "prompt": "consent", "include_granted_scopes": "false"},
        settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET, "mx.google.com",
    )  # fmt: skip


def _microsoft() -> Service:
    return Service(
        AccountKind.OUTLOOK, "Microsoft", "microsoft", settings.MICROSOFT_AUTHORIZE_URL,
        settings.MICROSOFT_TOKEN_URL,
        ("openid", "email", "profile", "offline_access", graph.SCOPE), graph.SCOPE,
        {"prompt": "select_account", "response_mode": "query"},
        settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET, "",
    )  # fmt: skip


def start(
    kind: str, *, user_id: uuid.UUID, session: str, account: ConnectedAccount | None = None,
    over_imap: bool = False,
) -> str:  # fmt: skip
    """Where to send the person. An `account` is connected again as it was. Raises OAuthError when
    the operator has set no client."""
    over_imap = bool(account.host) if account else over_imap
    service = service_of(kind, over_imap=over_imap)
    if not service.is_configured:
        raise OAuthError(
            worded(
                "This installation has no client for %(provider)s yet: its operator makes one as"
                " docs/connecting-%(service)s.md tells.",
                provider=service.name,
                service=service.path,
            ),
            code="no_client",
        )
    forget_stale_attempts()
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    row = OAuthAttempt(
        id=new_id(), tenant_id=current_tenant_id(), kind=service.kind, user_id=user_id,
        account=account, over_imap=over_imap, state_hash=_hash(state), session_hash=_hash(session),
    )  # fmt: skip
    row.verifier = encrypt(verifier, tenant_id=current_tenant_id(), field=VERIFIER_FIELD, pk=row.id)
    row.save(force_insert=True)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    asked = {
        "client_id": service.client_id,
        "redirect_uri": service.redirect_uri,
        "response_type": "code",
        "scope": " ".join(service.scopes),
        "state": state,
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **service.extra,
    }
    return f"{service.authorize_url}?{urlencode(asked)}"


def finish(
    kind: str, answer: Mapping[str, str], *, user_id: uuid.UUID, session: str
) -> ConnectedAccount:
    """The account of the mailbox that the person has allowed to read. Raises OAuthError."""
    attempt = _taken(kind, answer.get("state", ""), user_id, session)
    service = service_of(kind, over_imap=attempt.over_imap)
    if answer.get("error"):
        raise OAuthError(
            worded(
                "%(provider)s did not allow it (%(reason)s). Try again, and agree to reading"
                " messages.",
                provider=service.name,
                reason=answer["error"][:60],
            ),
            code="refused",
        )
    body = _exchanged(service, answer.get("code", ""), attempt)
    granted = str(body.get("scope", "")).split()
    if not any(scope.lower().endswith(service.needed.lower()) for scope in granted):
        raise OAuthError(
            worded(
                "The permission to read messages was not given: connect again, and tick its box at"
                " %(provider)s.",
                provider=service.name,
            ),
            code="scope_missing",
        )
    tokens = tokens_of(body)
    if not tokens.refresh_token:
        raise OAuthError(
            worded(
                "%(provider)s gave no lasting access. Remove Inledger from your account's"
                " third-party apps there, and connect again.",
                provider=service.name,
            ),
            code="no_refresh_token",
        )
    return _connected(service, attempt, tokens, _identity(body), granted)


def _taken(kind: str, state: str, user_id: uuid.UUID, session: str) -> OAuthAttempt:
    """The attempt that a state belongs to, used up."""
    with transaction.atomic():
        attempt: OAuthAttempt | None = (
            OAuthAttempt.objects.select_for_update(of=("self",))
            .filter(state_hash=_hash(state), kind=kind)
            .select_related("account")
            .first()
        )
        if attempt is not None:
            OAuthAttempt.objects.filter(pk=attempt.pk).delete()
    is_fitting = (
        attempt is not None
        and attempt.user_id == user_id
        and secrets.compare_digest(attempt.session_hash, _hash(session))
        and attempt.created_at > timezone.now() - GOOD_FOR
    )
    if attempt is None or not is_fitting:
        raise OAuthError(
            gettext(
                "This answer does not belong to anything that you began in the last ten minutes"
                " here. Begin again from the page of connected accounts."
            ),
            code="state_unknown",
        )
    return attempt


def _exchanged(service: Service, code: str, attempt: OAuthAttempt) -> dict[str, Any]:
    verifier = decrypt(
        attempt.verifier, tenant_id=current_tenant_id(), field=VERIFIER_FIELD, pk=attempt.id
    )
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": service.redirect_uri,
        "client_id": service.client_id,
        "client_secret": service.client_secret,
        "code_verifier": verifier,
    }
    try:
        reply = requests.post(
            service.token_url, data=form, timeout=settings.MAIL_TIMEOUT_SECONDS,
            allow_redirects=False,
        )  # fmt: skip
        body: dict[str, Any] = reply.json()
    except (requests.RequestException, ValueError) as error:
        raise OAuthError(
            worded("%(provider)s could not be reached. Try again.", provider=service.name),
            code="unreachable",
        ) from error
    if reply.status_code == 200 and body.get("access_token"):
        return body
    if body.get("error") in ("invalid_client", "unauthorized_client"):
        raise OAuthError(
            worded(
                "%(provider)s does not know this installation's client id or secret. Its operator"
                " should check them.",
                provider=service.name,
            ),
            code="wrong_client",
        )
    raise OAuthError(
        worded("%(provider)s did not accept the answer. Begin again.", provider=service.name),
        code="refused",
    )


def _identity(body: Mapping[str, Any]) -> tuple[str, str]:
    """`sub` and address. The ID token came straight from the provider over TLS, which stands in
    for its signature (OpenID Connect Core, 3.1.3.7)."""
    try:
        payload = str(body["id_token"]).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        address = claims.get("email") or claims.get("preferred_username") or ""
        return str(claims["sub"]), str(address)
    except (KeyError, IndexError, ValueError) as error:
        raise OAuthError(
            gettext("The provider did not say whose mailbox this is."), code="no_id"
        ) from error


def _connected(
    service: Service, attempt: OAuthAttempt, tokens: Tokens, identity: tuple[str, str],
    granted: list[str],
) -> ConnectedAccount:  # fmt: skip
    """The account with its new grant. One that is being read meanwhile keeps how far it was read,
    one that is paused stays so."""
    subject, address = identity
    if attempt.account is not None and attempt.account.subject != subject:
        raise OAuthError(
            worded(
                "That is another mailbox than “%(label)s”. Choose the same one at %(provider)s, or"
                " connect it as a new one.",
                label=attempt.account.label,
                provider=service.name,
            ),
            code="another_mailbox",
        )
    with transaction.atomic():
        account = _known(service, subject) or ConnectedAccount(
            id=new_id(), tenant_id=current_tenant_id(), kind=service.kind, subject=subject,
            label=address or service.name, authserv_id=service.authserv_id,
            host=service.imap_host, port=993 if service.imap_host else None,
        )  # fmt: skip
        _require_same_way(account, service)
        if account.state == AccountState.DELETING:
            raise OAuthError(
                gettext(
                    "This mailbox is just being deleted here. Connect it again in a few minutes."
                ),
                code="being_deleted",
            )
        account.username, account.scopes = address, granted
        account.secret = seal_secret(account, as_json(tokens))
        account.token_expires_at, account.last_error = tokens.expires_at, ""
        if account.state != AccountState.PAUSED:
            account.state, account.next_fetch_at = AccountState.ACTIVE, timezone.now()
        _save(account)
    cancel(RECONNECT_NOTICE, key=f"{account.id}*")
    return account


def _require_same_way(account: ConnectedAccount, service: Service) -> None:
    if bool(account.host) != bool(service.imap_host):
        raise OAuthError(
            gettext(
                "This mailbox is connected already, by the other way. Delete it here first:"
                " read both ways, its messages could count twice."
            ),
            code="already_connected",
        )


def _known(service: Service, subject: str) -> ConnectedAccount | None:
    found: ConnectedAccount | None = (
        ConnectedAccount.objects.select_for_update()
        .filter(kind=service.kind, subject=subject)
        .first()
    )
    return found


def _save(account: ConnectedAccount) -> None:
    if not account._state.adding:
        account.save(update_fields=GRANTED)
        return
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        raise OAuthError(
            gettext("This mailbox is connected already."), code="already_connected"
        ) from error


def token_source(account: ConnectedAccount) -> TokenSource:
    """The account's tokens, which are kept whenever they are renewed. Raises DecryptionError,
    ProviderRefused."""
    service = service_of(account.kind)
    if not service.is_configured:
        raise ProviderRefused(
            worded(
                "This installation has no client for %(provider)s any more. Ask its operator.",
                provider=service.name,
            )
        )
    return TokenSource(service.client, from_json(read_secret(account)), StoredTokens(account))


def forget_stale_attempts() -> int:
    """Attempts whose time is over, of every tenant in scope. Returns how many."""
    count, _ = OAuthAttempt.objects.filter(created_at__lt=timezone.now() - GOOD_FOR).delete()
    return count


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
