from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mail_ingest.models import ConnectedAccount
from tenancy.models import Tenant

pytestmark = pytest.mark.django_db


def status(*args: str) -> str:
    out = StringIO()
    call_command("sync_status", *args, stdout=out)
    return out.getvalue()


def test_it_tells_how_every_account_is_doing(in_tenant: Tenant, stranger: Tenant) -> None:
    now = timezone.now()
    ConnectedAccount.objects.create(
        kind="imap", label="Mail", host="imap.example.org", username="ada", stored_count=7,
        last_fetched_at=now - timedelta(minutes=5), next_fetch_at=now + timedelta(minutes=10),
        last_error="The server did not answer.",
    )  # fmt: skip
    said = status()
    assert "Home · Mail (IMAP mailbox): Active," in said
    assert "0 found, 0 fetched (0 quarantined), 0 about money, 0 booked, 0 in review" in said
    assert "read 5 minutes ago, next in 9 minutes" in said
    assert "The server did not answer." in said
    assert status("--tenant", stranger.name) == ""
    with pytest.raises(CommandError):
        status("--tenant", "Nobody")
