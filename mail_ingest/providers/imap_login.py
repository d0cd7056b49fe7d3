"""Logging in to an IMAP server: by password, or by an OAuth 2.0 token (XOAUTH2; OAUTHBEARER, RFC
7628). Pure."""

from __future__ import annotations

import imaplib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from imapclient.exceptions import LoginError

from mail_ingest.providers.base import ProviderRefused, ProviderUnavailable
from mail_ingest.providers.imap_tls import CheckedClient
from mail_ingest.providers.tokens import ReconnectNeeded
from tenancy.wording import worded

# Response codes of a refused login that says nothing about the password (RFC 5530).
TRY_AGAIN: Final = re.compile(r"\[(?:UNAVAILABLE|LIMIT|INUSE|SERVERBUG)\]|too many", re.IGNORECASE)
# What a server calls a grant that does not reach as far as reading mail by IMAP.
TOO_NARROW: Final = frozenset({"403", "insufficient_scope"})


class TokenRefused(ReconnectNeeded):
    """The server takes this access token no more; a renewed one may do."""


def log_in_by_password(client: CheckedClient, host: str, username: str, password: str) -> None:
    """Raises ProviderRefused, ProviderUnavailable."""
    try:
        client.login(username, password)
    except LoginError as error:
        _require_a_final_no(host, error)
        raise ProviderRefused(
            worded(
                "%(host)s refused the user name or the password of “%(username)s”: %(words)s. Many"
                " providers want an app password here.",
                host=host,
                username=username,
                words=said(error),
            )
        ) from None


def log_in_by_token(client: CheckedClient, host: str, username: str, token: str) -> None:
    """Raises TokenRefused, ReconnectNeeded, ProviderRefused, ProviderUnavailable."""
    known = {str(word).upper() for word in client._imap.capabilities}
    if "AUTH=XOAUTH2" in known:
        mechanism, answer = "XOAUTH2", _Answer(f"user={username}\1auth=Bearer {token}\1\1", b"")
    elif "AUTH=OAUTHBEARER" in known:
        whom = username.replace("=", "=3D").replace(",", "=2C")
        mechanism, answer = (
            "OAUTHBEARER",
            _Answer(f"n,a={whom},\1auth=Bearer {token}\1\1", b"\1"),
        )
    else:
        raise ProviderRefused(
            worded("%(host)s offers no login by a permission (XOAUTH2) over IMAP.", host=host)
        )
    try:
        client._imap.authenticate(mechanism, answer)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        _require_a_final_no(host, error)
        raise _refusal(host, username, answer.complaint, said(error)) from None


@dataclass(slots=True)
class _Answer:
    """What is said to the server's challenges: first the token; to a complaint, which is a JSON
    object, only that it was heard, upon which the server says no."""

    token: str
    heard: bytes
    complaint: str = ""
    is_given: bool = False

    def __call__(self, challenge: bytes) -> bytes:
        if not self.is_given:
            self.is_given = True
            return self.token.encode()
        self.complaint = challenge.decode("utf-8", "replace")
        return self.heard


def _refusal(host: str, username: str, complaint: str, text: str) -> ProviderRefused:
    try:
        told: Any = json.loads(complaint)
    except ValueError:
        told = {}
    status = str(told.get("status", "")) if isinstance(told, dict) else ""
    if status in TOO_NARROW:
        return ReconnectNeeded(
            worded(
                "The permission to read “%(username)s” by IMAP was not given at %(host)s. Connect"
                " it again, and agree to reading messages.",
                username=username,
                host=host,
            )
        )
    if "not connected" in text.lower():
        # Microsoft's words for a right token and a mailbox with IMAP turned off.
        return ProviderRefused(
            worded(
                "IMAP is turned off for “%(username)s” at %(host)s. Its owner, or an"
                " administrator, can turn it on; or connect the mailbox without IMAP.",
                username=username,
                host=host,
            )
        )
    return TokenRefused(
        worded(
            "%(host)s no longer lets Inledger read “%(username)s”: the permission was withdrawn or"
            " has run out. Connect it again.",
            host=host,
            username=username,
        )
    )


def _require_a_final_no(host: str, error: Exception) -> None:
    if TRY_AGAIN.search(str(error)):
        raise ProviderUnavailable(
            worded("%(host)s takes no login now: %(words)s", host=host, words=said(error))
        ) from None


def said(error: Exception) -> str:
    """A server's words, as far as they fit a message."""
    return str(error).removeprefix("b'").removesuffix("'").rstrip(".")[:200]
