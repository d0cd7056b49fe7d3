"""A person types an address and a password; the rest is known."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from mail_ingest.connecting import check_account, unsaved_account
from mail_ingest.errors import MailboxError
from mail_ingest.forms import MailboxForm
from mail_ingest.presets import preset_for, presets
from mail_ingest.providers.base import ProviderRefused
from tenancy.models import Tenant

FORM = {"username": "ada@gmx.de", "password": "x", "port": "993", "folders": "INBOX"}


def test_every_preset_is_whole_and_no_domain_is_named_twice() -> None:
    domains = [domain for preset in presets() for domain in preset.domains]
    assert len(presets()) >= 20
    assert len(domains) == len(set(domains))
    assert all("." in preset.host and preset.password for preset in presets())


def test_the_server_is_known_by_the_address() -> None:
    form = MailboxForm(FORM)
    assert form.is_valid(), form.errors
    assert form.account_fields["host"] == "imap.gmx.net"


def test_a_server_that_is_named_counts() -> None:
    form = MailboxForm(FORM | {"host": "mail.example.org"})
    assert form.is_valid()
    assert form.account_fields["host"] == "mail.example.org"


def test_an_unknown_provider_must_be_named() -> None:
    form = MailboxForm(FORM | {"username": "ada@example.org"})
    assert "name its IMAP server" in str(form.errors["host"])


@pytest.mark.django_db
def test_the_api_knows_it_too(api: APIClient) -> None:
    body = {"username": "ada@fastmail.com", "password": "x"}
    made = api.post("/api/v1/connected-accounts", body)
    assert (made.status_code, made.json()["host"]) == (201, "imap.fastmail.com")
    refused = api.post("/api/v1/connected-accounts", body | {"username": "ada@example.org"})
    assert "name its IMAP server" in str(refused.json())


@pytest.mark.django_db
def test_a_refused_password_says_where_to_make_one(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any) -> None:
        raise ProviderRefused("imap.gmx.net refused the password.")

    monkeypatch.setattr("mail_ingest.providers.imap.ImapProvider.check", refuse)
    account = unsaved_account({"host": "imap.gmx.net", "username": "ada@gmx.de"})
    with pytest.raises(MailboxError, match="Switch on IMAP first"):
        check_account(account, password="x")
    assert preset_for("ada@GMX.de ") is not None
