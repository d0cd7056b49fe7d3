"""From a row to the provider that reads it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from mail_ingest.models import ConnectedAccount, MailImport
from mail_ingest.providers.base import EmailProvider
from mail_ingest.providers.factory import ProviderFactory
from mail_ingest.providers.imap import ImapSettings
from tenancy.encryption import decrypt, encrypt
from tenancy.scope import current_tenant_id

SECRET_FIELD = "ConnectedAccount.secret"  # noqa: S105 - the name of a column


def mailbox_provider(account: ConnectedAccount) -> EmailProvider:
    """The provider of a connected mailbox, with its password. Raises DecryptionError."""
    return ProviderFactory().make(account.kind, imap_settings(account, read_secret(account)))


def imap_settings(account: ConnectedAccount, password: str) -> ImapSettings:
    return ImapSettings(
        host=account.host,
        port=account.port or 993,
        username=account.username,
        password=password,
        folders=tuple(account.folders) or ("INBOX",),
        ca_certificate=account.ca_certificate,
        allowed_private_hosts=tuple(settings.MAIL_ALLOWED_PRIVATE_HOSTS),
        timeout_seconds=settings.MAIL_TIMEOUT_SECONDS,
    )


def file_provider(mail_import: MailImport) -> EmailProvider:
    """The provider of an import's file, by what is in it. Raises ProviderRefused."""
    return ProviderFactory().for_file(Path(mail_import.path), str(mail_import.id))


def seal_secret(account: ConnectedAccount, password: str) -> str:
    """The password, bound to this row, whose id must be known, and to the scope's tenant."""
    return encrypt(
        password, tenant_id=current_tenant_id(), field=SECRET_FIELD, pk=account.id
    )  # fmt: skip


def read_secret(account: ConnectedAccount) -> str:
    """Raises DecryptionError."""
    return decrypt(
        account.secret, tenant_id=current_tenant_id(), field=SECRET_FIELD, pk=account.id
    )  # fmt: skip
