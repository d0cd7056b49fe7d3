"""The operators' admin of mailboxes and messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from jobs.models import Job
from mail_ingest.connecting import connect_account
from mail_ingest.imports import start_import
from mail_ingest.models import ConnectedAccount, Email, MailImport, RawMessage
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.mail_ingest.make import make_mbox, make_messages
from tests.make import make_user
from tests.running import run_due_jobs

SECRET = "app-password-1"


@pytest.fixture
def operator(tenant: Tenant, tmp_path: Path) -> Client:
    with tenant_scope(tenant.id):
        connect_account(host="imap.example", username="ada", password=SECRET, label="Ada's mail")
        start_import(make_mbox(tmp_path / "inbox", make_messages(2)), is_own=False)
        run_due_jobs()
    client = Client()
    client.force_login(make_user("root@example.org", is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("model", [ConnectedAccount, Email, MailImport, RawMessage])
def test_rows_are_shown_read_only_and_without_secrets(model: type, operator: Client) -> None:
    name = model.__name__.lower()
    with all_tenants("a test"):
        row = model.objects.order_by("id").first()  # type: ignore[attr-defined]
        sealed = ConnectedAccount.objects.get(kind="imap").secret
    for path in ("", "?q=a", f"{row.pk}/change/"):
        answer = operator.get(f"/admin/mail_ingest/{name}/{path}")
        assert answer.status_code == 200
        assert sealed not in answer.content.decode() and SECRET not in answer.content.decode()
    assert b'name="_save"' not in answer.content
    assert operator.get(f"/admin/mail_ingest/{name}/add/").status_code == 403
    assert operator.get(f"/admin/mail_ingest/{name}/{row.pk}/delete/").status_code == 403


def test_actions_run_the_verbs(operator: Client, tenant: Tenant) -> None:
    with tenant_scope(tenant.id):
        ids = [str(pk) for pk in ConnectedAccount.objects.values_list("id", flat=True)]
    url = "/admin/mail_ingest/connectedaccount/"
    answer = operator.post(url, {"action": "fetch_selected", "_selected_action": ids}, follow=True)
    assert "1 enqueued." in answer.content.decode()
    assert "imported or forwarded mail: there is no mailbox" in answer.content.decode()
    with tenant_scope(tenant.id):
        assert Job.objects.filter(kind="mail_ingest.fetch_account").count() == 1
    operator.post(url, {"action": "pause_selected", "_selected_action": ids})
    with tenant_scope(tenant.id):
        assert ConnectedAccount.objects.get(kind="imap").state == "paused"
