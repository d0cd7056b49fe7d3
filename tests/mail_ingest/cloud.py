"""Providers of mailboxes at the fake Gmail and Graph."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mail_ingest.providers.gmail import GmailProvider, GmailSettings
from mail_ingest.providers.graph import GraphProvider, GraphSettings
from mail_ingest.providers.tokens import OAuthClient, Tokens, TokenSource
from tests.fakes.gmail import FakeGmail
from tests.fakes.graph import FakeGraph

FAST = 10**9


def expired(kept: list[Tokens] | None = None, token_url: str = "", **changes: Any) -> TokenSource:
    """Tokens that must be renewed before the first request."""
    client = OAuthClient("client", changes.get("secret", "client-secret"), token_url, "Google", 5)
    old = Tokens("stale", "refresh-1", datetime.now(UTC) - timedelta(hours=1))
    return TokenSource(client, old, Kept(kept if kept is not None else []))


class Kept:
    """A store of tokens that nobody else uses."""

    def __init__(self, kept: list[Tokens]) -> None:
        self.kept = kept

    def newest(self) -> Tokens | None:
        return None

    def keep(self, renewed: Tokens) -> None:
        self.kept.append(renewed)


def gmail_provider(fake: FakeGmail, kept: list[Tokens] | None = None) -> GmailProvider:
    return GmailProvider(
        GmailSettings(expired(kept, f"{fake.base}/token"), fake.base, FAST, timeout_seconds=5)
    )


def graph_provider(fake: FakeGraph, kept: list[Tokens] | None = None) -> GraphProvider:
    return GraphProvider(
        GraphSettings(
            expired(kept, f"{fake.base}/token"), endpoint=f"{fake.base}/v1.0",
            requests_per_minute=FAST, timeout_seconds=5,
        )
    )  # fmt: skip
