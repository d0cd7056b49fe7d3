"""The operators' home: what waits, what is dead, how mailboxes and models do, for super admins."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from extraction.models import LLMTransaction
from jobs.models import Job, JobState
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.make import make_user


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(make_user("operator@example.org", is_staff=True, is_superuser=True))
    return client


def home(operator: Client) -> str:
    answer = operator.get("/admin/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def figure(html: str, label: str) -> tuple[str, str]:
    """What stands under a label, and where it leads."""
    found = re.search(rf'{label}</dt>\s*<dd[^>]*>\s*<a href="([^"]*)"[^>]*>([^<]*)</a>', html)
    assert found, label
    return found[2], found[1].replace("&amp;", "&")


def fill(tenant: Tenant, other: Tenant) -> None:
    def job(state: str, **fields: Any) -> Job:
        return Job(kind="test.kind", subject=str(uuid.uuid4()), state=state, **fields)

    with all_tenants("a test"):
        Job.objects.bulk_create(
            [
                job(JobState.DEAD, tenant=tenant),
                job(JobState.DEAD, tenant=other),
                job(JobState.READY, tenant=other),
                job(JobState.SUCCEEDED, tenant=other),
            ]
        )
        for label, state in (("Well", AccountState.ACTIVE), ("Ill", AccountState.RECONNECT)):
            ConnectedAccount.objects.create(
                tenant=other, kind=AccountKind.IMAP, label=label, state=state,
                host="imap.example", port=993, username=f"{label}{Job.objects.count()}",
                last_error="The password is refused." if label == "Ill" else "",
            )  # fmt: skip
        for outcome in ("ok", "ok", "timeout"):
            LLMTransaction.objects.create(
                tenant=tenant, purpose="extract", backend="b", requested_model="small",
                outcome=outcome, cost_micros=1500, currency="EUR",
            )  # fmt: skip


def test_every_figure_leads_to_the_rows_behind_it(
    operator: Client, tenant: Tenant, stranger: Tenant
) -> None:
    fill(tenant, stranger)
    html = home(operator)
    dead, href = figure(html, "Dead")
    assert dead == "2"
    assert operator.get(href).content.count(b"test.kind</a>") == 2
    assert figure(html, "Waiting")[0] == "1"
    assert figure(html, "Needs to be connected again")[0] == "1"
    assert "The password is refused." in html and "Next door" in html
    assert figure(html, "Calls")[0] == "3" and figure(html, "Without an answer")[0] == "1"
    assert figure(html, "Spent")[0] == "0.0045 EUR"
    # A queue that nobody works on is told in words.
    assert "No worker has been heard of" in html


def test_more_rows_take_no_more_queries(
    operator: Client, tenant: Tenant, stranger: Tenant, django_assert_max_num_queries: Any
) -> None:
    home(operator)
    for _ in range(3):
        fill(tenant, stranger)
    with django_assert_max_num_queries(18):
        home(operator)


def test_nobody_else_sees_it(client: Client, tenant: Tenant) -> None:
    client.force_login(make_user("staff@example.org", is_staff=True))
    assert "Language models this month" not in client.get("/admin/", follow=True).content.decode()


def test_it_speaks_german(operator: Client, tenant: Tenant, stranger: Tenant) -> None:
    fill(tenant, stranger)
    User.objects.update(language="de")
    page = home(operator)
    assert figure(page, "Endgültig gescheitert")[0] == "2"
    for words in (
        "Inledger-Betreiber", "Arbeit im Hintergrund", "Postfächer", "Was nicht stimmt",
        "Sprachmodelle in diesem Monat", "Neu in 30 Tagen", "Alle Tabellen", "Seit einer halben",
    ):  # fmt: skip
        assert words in page
    for words in ("Longest wait", "Need attention", "What is wrong", "Without an answer"):
        assert words not in page
