"""After a rotation everything is encrypted by the newest key, and the old one may go."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from finance.accounts import AccountHint, open_account, open_accounts, resolve_account
from mail_ingest.models import ConnectedAccount
from mail_ingest.secrets import read_secret, seal_secret
from tenancy.encryption import DecryptionError, new_field_key
from tenancy.models import Tenant, tenant_models
from tenancy.rotation import columns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_tenant")]
NUMBER = "DE02120300000000202051"


@pytest.fixture
def old_key(settings: Any) -> str:
    key: str = new_field_key("old")
    settings.FIELD_KEYS = key
    return key


@pytest.fixture
def mailbox(old_key: str) -> ConnectedAccount:
    row = ConnectedAccount(kind="imap", label="Mail", host="imap.example.org", username="ada")
    row.secret = seal_secret(row, "a password")
    row.save()
    return row


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue()


def test_the_old_key_may_go_after_a_rotation(
    mailbox: ConnectedAccount, old_key: str, settings: Any, in_tenant: Tenant
) -> None:
    open_account("Giro", "EUR", kind="checking", number=NUMBER)
    new_key = new_field_key("new")
    settings.FIELD_KEYS = f"{new_key},{old_key}"
    assert "ConnectedAccount.secret: 1 to encrypt anew" in rotate("--dry-run")
    mailbox.refresh_from_db()
    assert mailbox.secret.startswith("old:")
    assert "ConnectedAccount.secret: 1 encrypted anew" in rotate()
    settings.FIELD_KEYS = new_key
    mailbox.refresh_from_db()
    assert read_secret(mailbox) == "a password"
    hint = AccountHint(last_digits=NUMBER, currency="EUR")
    found = resolve_account(hint, open_accounts())
    assert found is not None and found.name == "Giro"
    assert "0 encrypted anew, 1 by the newest key already" in rotate()


def test_what_no_key_opens_is_told_and_left_alone(mailbox: ConnectedAccount, settings: Any) -> None:
    before = mailbox.secret
    settings.FIELD_KEYS = new_field_key("another")
    with pytest.raises(CommandError, match="1 values"):
        rotate()
    mailbox.refresh_from_db()
    assert mailbox.secret == before
    with pytest.raises(DecryptionError):
        read_secret(mailbox)


def test_every_encrypted_column_is_known() -> None:
    """By what columns say of themselves: a new one must be listed, or live too short."""
    listed = {(column.model, column.column) for column in columns()}
    assert all(apps.get_model(model)._meta.get_field(column) for model, column in listed)
    says_so = {
        (model._meta.label, field.name)
        for model in tenant_models()
        for field in model._meta.local_fields
        if "encrypted" in str(field.help_text).lower() or field.name.endswith("_encrypted")
    }
    # Minutes, and a day.
    short_lived = {("mail_ingest.OAuthAttempt", "verifier"), ("accounts.IdempotencyKey", "body")}
    assert says_so - short_lived <= listed
