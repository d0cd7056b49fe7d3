"""What opens a mailbox, encrypted on its row."""

from __future__ import annotations

from mail_ingest.models import ConnectedAccount
from tenancy.encryption import decrypt, encrypt
from tenancy.scope import current_tenant_id

SECRET_FIELD = "ConnectedAccount.secret"  # noqa: S105 - the name of a column


def seal_secret(account: ConnectedAccount, text: str) -> str:
    """The password or tokens, bound to this row, whose id must be known, and to the scope's
    tenant."""
    return encrypt(text, tenant_id=current_tenant_id(), field=SECRET_FIELD, pk=account.id)


def read_secret(account: ConnectedAccount) -> str:
    """Raises DecryptionError."""
    return decrypt(account.secret, tenant_id=current_tenant_id(), field=SECRET_FIELD, pk=account.id)
