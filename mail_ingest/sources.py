"""From a row to the provider that reads it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from mail_ingest import oauth
from mail_ingest.models import AccountKind, ConnectedAccount, MailImport
from mail_ingest.providers.base import EmailProvider
from mail_ingest.providers.factory import ProviderFactory
from mail_ingest.providers.gmail import GmailSettings
from mail_ingest.providers.graph import GraphSettings
from mail_ingest.providers.graph_folders import USUAL
from mail_ingest.providers.imap import ImapSettings
from mail_ingest.providers.rate import SharedBucket
from mail_ingest.quota import reserve
from mail_ingest.secrets import read_secret


def mailbox_provider(account: ConnectedAccount) -> EmailProvider:
    """The provider of a connected mailbox, with its password or tokens. Raises DecryptionError,
    ProviderRefused."""
    if account.host and account.kind in oauth.BY_OAUTH:
        by_token = replace(imap_settings(account, ""), tokens=oauth.token_source(account))
        return ProviderFactory().make(AccountKind.IMAP, by_token)
    match account.kind:
        case AccountKind.GMAIL:
            made: Any = GmailSettings(
                oauth.token_source(account),
                endpoint=settings.GMAIL_ENDPOINT,
                timeout_seconds=settings.MAIL_TIMEOUT_SECONDS,
                rate=_shared(account, settings.GMAIL_UNITS_PER_MINUTE),
            )
        case AccountKind.OUTLOOK:
            made = GraphSettings(
                oauth.token_source(account),
                folders=tuple(account.folders) or USUAL,
                endpoint=settings.GRAPH_ENDPOINT,
                timeout_seconds=settings.MAIL_TIMEOUT_SECONDS,
                rate=_shared(account, settings.GRAPH_REQUESTS_PER_MINUTE),
            )
        case _:
            made = imap_settings(account, read_secret(account))
    return ProviderFactory().make(account.kind, made)


def _shared(account: ConnectedAccount, per_minute: float) -> SharedBucket:
    return SharedBucket(per_minute, partial(reserve, account.pk))


def imap_settings(account: ConnectedAccount, password: str) -> ImapSettings:
    return ImapSettings(
        host=account.host,
        port=account.port or 993,
        username=account.username,
        password=password,
        folders=tuple(account.folders),
        ca_certificate=account.ca_certificate,
        allowed_private_hosts=tuple(settings.MAIL_ALLOWED_PRIVATE_HOSTS),
        timeout_seconds=settings.MAIL_TIMEOUT_SECONDS,
    )


def file_provider(mail_import: MailImport) -> EmailProvider:
    """The provider of an import's file, by what is in it. Raises ProviderRefused."""
    return ProviderFactory().for_file(Path(mail_import.path), str(mail_import.id))
