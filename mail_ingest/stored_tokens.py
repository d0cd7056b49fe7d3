"""Where the tokens of a connected account are kept. The account's column is encrypted."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from mail_ingest.models import AccountState, ConnectedAccount
from mail_ingest.providers.tokens import Tokens
from mail_ingest.secrets import read_secret, seal_secret


class StoredTokens:
    """The account's row, which other jobs may renew the grant of at the same time."""

    def __init__(self, account: ConnectedAccount) -> None:
        self._account = account
        self._sealed = account.secret

    def newest(self) -> Tokens | None:
        """What somebody else has stored since; None where nobody has, or the account is gone."""
        row = ConnectedAccount.objects.filter(pk=self._account.pk).first()
        if row is None or not row.secret or row.secret == self._sealed:
            return None
        self._sealed = row.secret
        return from_json(read_secret(row))

    def keep(self, renewed: Tokens) -> None:
        """Store them, unless somebody else has stored newer ones meanwhile."""
        sealed = seal_secret(self._account, as_json(renewed))
        kept = (
            ConnectedAccount.objects.filter(pk=self._account.pk, secret=self._sealed)
            .exclude(state=AccountState.DELETING)
            .update(secret=sealed, token_expires_at=renewed.expires_at)
        )
        if kept:
            self._sealed = sealed


def as_json(tokens: Tokens) -> str:
    """As an account's secret holds them; `from_json` reads it."""
    expires_at = tokens.expires_at.astimezone(UTC).isoformat()
    stored = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
    return json.dumps(stored | {"expires_at": expires_at})


def from_json(text: str) -> Tokens:
    stored = json.loads(text)
    expires_at = datetime.fromisoformat(stored["expires_at"])
    return Tokens(stored["access_token"], stored["refresh_token"], expires_at)
