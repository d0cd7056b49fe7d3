"""/api/v1/connected-accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from jobs.models import Job
from mail_ingest.imports import start_import
from mail_ingest.models import AccountState, ConnectedAccount, Email, MailImport, RawMessage
from mail_ingest.secrets import read_secret
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.fakes.dovecot import PASSWORD, USER, Dovecot
from tests.mail_ingest.make import make_mbox, make_messages
from tests.make import make_member
from tests.running import run_due_jobs

URL = "/api/v1/connected-accounts"
BODY: dict[str, Any] = {
    "host": "imap.harbour.example", "username": USER, "password": PASSWORD, "label": "Ada's mail",
}  # fmt: skip


def saved(tenant: Tenant) -> ConnectedAccount:
    with tenant_scope(tenant.id):
        account: ConnectedAccount = ConnectedAccount.objects.get()
        return account


def test_a_mailbox_is_connected_and_its_password_is_never_shown(
    api: APIClient, tenant: Tenant
) -> None:
    answer = api.post(URL, BODY | {"is_own": True})
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert (made["kind"], made["port"], made["folders"]) == ("imap", 993, [])
    assert made["is_own"] and made["declared_own_at"]
    texts = [answer.content, api.get(URL).content, api.get(f"{URL}/{made['id']}").content]
    account = saved(tenant)
    assert all(PASSWORD.encode() not in text and b"secret" not in text for text in texts)
    assert PASSWORD not in account.secret
    with tenant_scope(tenant.id):
        assert read_secret(account) == PASSWORD
    assert account.declared_own_by is not None


def test_known_hosts_come_with_their_servers_name(api: APIClient, tenant: Tenant) -> None:
    api.post(URL, BODY | {"host": "IMAP.gmail.com"})
    assert saved(tenant).authserv_id == "mx.google.com"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a missing password": ({"password": None}, "password"),
    "a port": ({"port": 0}, "port"),
    "a url for a host": ({"host": "https://imap.example"}, "host"),
    "a folder without a name": ({"folders": [""]}, "folders"),
    "a command in a name": ({"username": "ada\r\na1 LOGOUT"}, "username"),
    "a command in a folder": ({"folders": ["INBOX\r\na1 LOGOUT"]}, "folders"),
    "a certificate": ({"ca_certificate": "-----BEGIN"}, "ca_certificate"),
    "a limit below one": ({"poll_minutes": -5}, "poll_minutes"),
    "an unknown field": ({"pasword": "x"}, "pasword"),
    "a read-only field": ({"stored_count": 5}, "stored_count"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_named_and_nothing_is_kept(
    name: str, api: APIClient, tenant: Tenant
) -> None:
    fields, field = WRONG[name]
    answer = api.post(URL, BODY | fields)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].split(".")[0] == field
    with tenant_scope(tenant.id):
        assert not ConnectedAccount.objects.exists()


def test_a_mailbox_is_connected_once(api: APIClient) -> None:
    api.post(URL, BODY)
    again = api.post(URL, BODY | {"label": "Again"})
    assert (again.status_code, again.json()["code"]) == (409, "already_connected")


@pytest.mark.dovecot
def test_a_mailbox_is_tried_before_it_is_saved(
    api: APIClient, server: Dovecot, tenant: Tenant
) -> None:
    server.deliver(make_messages(3))
    body = BODY | {
        "host": "localhost", "port": server.port, "ca_certificate": server.certificate,
    }  # fmt: skip
    assert api.post(f"{URL}/check", body).json()["folders"] == {"INBOX": 3}
    wrong = api.post(f"{URL}/check", body | {"password": "guess"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "mailbox_unreachable")
    assert "refused the user name or the password" in wrong.json()["detail"]
    assert b"guess" not in wrong.content
    with tenant_scope(tenant.id):
        assert not ConnectedAccount.objects.exists()
    made = api.post(URL, body).json()
    assert api.post(f"{URL}/{made['id']}/check").json()["folders"] == {"INBOX": 3}
    accepted = api.post(f"{URL}/{made['id']}/fetch")
    assert accepted.status_code == 202
    assert api.post(f"{URL}/{made['id']}/fetch").json() == accepted.json()
    run_due_jobs()
    assert api.get(f"{URL}/{made['id']}").json()["stored_count"] == 3


def test_a_private_address_is_not_tried(api: APIClient) -> None:
    answer = api.post(f"{URL}/check", BODY | {"host": "169.254.169.254"})
    assert answer.status_code == 400
    assert "not a public address" in answer.json()["detail"]


def test_changes_keep_what_they_do_not_name(api: APIClient, tenant: Tenant) -> None:
    pk = api.post(URL, BODY).json()["id"]
    with tenant_scope(tenant.id):
        ConnectedAccount.objects.update(
            cursor={"INBOX": {}}, state=AccountState.NEEDS_ATTENTION, next_fetch_at=None
        )
    answer = api.patch(f"{URL}/{pk}", {"label": "Mail", "password": "other"})
    assert (answer.json()["label"], answer.json()["state"]) == ("Mail", "active")
    account = saved(tenant)
    with tenant_scope(tenant.id):
        assert read_secret(account) == "other"
    assert account.cursor == {"INBOX": {}} and account.next_fetch_at is not None
    api.patch(f"{URL}/{pk}", {"folders": ["Bank"], "is_own": True})
    account = saved(tenant)
    assert account.cursor == {"INBOX": {}} and account.is_own
    assert api.patch(f"{URL}/{pk}", {"kind": "upload"}).status_code == 400
    assert api.put(f"{URL}/{pk}", BODY).status_code == 405


def test_pausing_and_resuming(api: APIClient) -> None:
    pk = api.post(URL, BODY).json()["id"]
    assert api.post(f"{URL}/{pk}/pause").json()["state"] == "paused"
    refused = api.post(f"{URL}/{pk}/fetch")
    assert (refused.status_code, refused.json()["code"]) == (409, "account_not_active")
    assert api.post(f"{URL}/{pk}/resume").json()["state"] == "active"


def test_a_backfill_wants_days_in_order(api: APIClient, tenant: Tenant) -> None:
    pk = api.post(URL, BODY).json()["id"]
    wrong = api.post(f"{URL}/{pk}/backfill", {"since": "2026-03-02", "until": "2026-03-01"})
    assert wrong.status_code == 400
    assert api.post(f"{URL}/{pk}/backfill", {"since": "2026-03-01"}).status_code == 202
    with tenant_scope(tenant.id):
        assert Job.objects.get().payload == {"since": "2026-03-01", "until": None}


def test_deleting_wants_the_label_and_removes_messages_and_bytes(
    api: APIClient, tenant: Tenant, tmp_path: Any
) -> None:
    with tenant_scope(tenant.id):
        start_import(make_mbox(tmp_path / "a", make_messages(30)), is_own=False)
        start_import(make_mbox(tmp_path / "b", make_messages(31)), is_own=True)
        run_due_jobs()
        mine = ConnectedAccount.objects.get(is_own=True)
        assert RawMessage.objects.count() == 31
    refused = api.delete(f"{URL}/{mine.id}")
    assert (refused.status_code, refused.json()["code"]) == (400, "confirmation_required")
    accepted = api.delete(f"{URL}/{mine.id}?confirm=My archive")
    assert accepted.status_code == 202
    run_due_jobs()
    with tenant_scope(tenant.id):
        assert Job.objects.get(pk=accepted.json()["job_id"]).result == {"deleted": 31}
        assert [a.label for a in ConnectedAccount.objects.all()] == ["Imported files"]
        assert Email.objects.count() == RawMessage.objects.count() == 30
        assert MailImport.objects.count() == 1


def test_another_tenants_account_is_not_there(api: APIClient, stranger: Tenant) -> None:
    pk = api.post(URL, BODY).json()["id"]
    other = APIClient(raise_request_exception=False)
    other.force_login(make_member(stranger, email="eve@example.org"))
    for method, path in (
        ("get", ""), ("patch", ""), ("delete", "?confirm=Ada's mail"), ("post", "/check"),
        ("get", "/folders"), ("post", "/fetch"), ("post", "/pause"), ("post", "/resume"),
        ("post", "/backfill"),
    ):  # fmt: skip
        answer = getattr(other, method)(f"{URL}/{pk}{path}", {})
        assert answer.status_code == 404, (method, path)
    assert other.get(URL).json()["data"] == []


def test_who_may_not_write_mail_may_not(tenant: Tenant, api: APIClient) -> None:
    assert APIClient().get(URL).status_code == 401
    assert api.get(URL, {"colour": "red"}).json()["errors"][0]["code"] == "unknown_parameter"


def test_a_list_takes_the_same_queries_however_long(api: APIClient) -> None:
    counts = []
    for number in range(3):
        api.post(URL, BODY | {"username": f"u{number}"})
        with CaptureQueriesContext(connection) as queries:
            assert len(api.get(URL).json()["data"]) == number + 1
        counts.append(len(queries))
    assert counts[0] == counts[-1], json.dumps(counts)


def test_a_fetch_can_be_triggered_as_a_job(api: APIClient) -> None:
    pk = api.post(URL, BODY).json()["id"]
    trigger = "/api/v1/jobs/trigger/mail_ingest.fetch_account"
    for name in (pk, "Ada's mail"):
        answer = api.post(trigger, {"account": name})
        assert (answer.status_code, answer.json()["subject"]) == (202, pk), answer.json()
    for body in ({}, {"account": 5}, {"account": pk, "more": 1}, {"account": "nobody's"}):
        assert api.post(trigger, body).status_code == 400


def test_a_stored_password_is_sent_to_no_other_server(api: APIClient, tenant: Tenant) -> None:
    pk = api.post(URL, BODY).json()["id"]
    for change in ({"host": "imap.mallory.example"}, {"port": 9993}):
        answer = api.patch(f"{URL}/{pk}", change)
        assert (answer.status_code, answer.json()["code"]) == (400, "password_required")
    assert (saved(tenant).host, saved(tenant).port) == (BODY["host"], 993)
    assert api.patch(f"{URL}/{pk}", {"host": BODY["host"].upper(), "port": 993}).status_code == 200
    moved = api.patch(f"{URL}/{pk}", {"host": "imap.port.example", "password": "again"})
    assert moved.json()["host"] == "imap.port.example"


def test_a_certificate_of_other_letters_is_refused(api: APIClient) -> None:
    answer = api.post(URL, BODY | {"ca_certificate": "Zertifikat für mich"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "ca_certificate"
