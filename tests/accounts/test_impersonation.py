"""An operator looks at a ledger as one of its people: with a reason, on record, for a while."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts import impersonation
from accounts.models import AuditEntry, Membership, User
from finance.models import FinancialAccount
from jobs.clock import database_now
from notifications.models import Notification
from notifications.watching import tell_looked_at
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.finance.make import make_account
from tests.make import make_member, make_user
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
WHY = "Ticket 4711: the balance of her card looks wrong."


@pytest.fixture
def alice(tenant: Tenant) -> User:
    with tenant_scope(tenant.pk):
        make_account("Holiday fund")
    return make_member(tenant, "admin", email="alice@example.org")


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(make_user("operator@example.org", is_staff=True, is_superuser=True))


def address(person: User) -> str:
    return reverse("admin:accounts_user_impersonate", args=[person.pk])


def begin(operator: Client, person: User, reason: str = WHY) -> Any:
    with all_tenants("a test"):
        home = Membership.objects.get(user=person)
    return operator.post(address(person), {"membership": str(home.pk), "reason": reason})


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def entries(action: str) -> list[AuditEntry]:
    with all_tenants("a test"):
        return list(AuditEntry.objects.filter(action=action))


def test_the_ledger_is_shown_with_a_banner_until_it_is_ended(
    operator: Client, alice: User, tenant: Tenant
) -> None:
    form = text(operator.get(address(alice)))
    assert "Nothing can be changed." in form and tenant.name in form
    assert begin(operator, alice)["Location"] == "/"
    page = text(operator.get("/accounts/"))
    assert "Holiday fund" in page
    assert "You see what alice@example.org sees, until" in page and WHY in page
    ended = operator.post("/impersonation/end/")
    assert ended["Location"] == reverse("admin:accounts_user_change", args=[alice.pk])
    assert "You see what" not in text(operator.get("/ledgers/"))
    assert operator.get("/accounts/").status_code == 302, "the operator has no ledger"


def test_no_reason_no_look(operator: Client, alice: User) -> None:
    for reason in ("", "   "):
        refused = begin(operator, alice, reason)
        assert refused.status_code == 422 and "This field is required." in text(refused)
    assert operator.get("/accounts/").status_code == 302
    assert entries(impersonation.BEGUN) == []


def test_it_is_on_record_and_the_person_reads_why(
    operator: Client, alice: User, tenant: Tenant
) -> None:
    begin(operator, alice)
    operator.post("/impersonation/end/")
    begun, ended = entries(impersonation.BEGUN)[0], entries(impersonation.ENDED)[0]
    assert (begun.actor_label, begun.target) == ("operator@example.org", "alice@example.org")
    assert (begun.tenant_id, begun.detail["reason"]) == (tenant.pk, WHY)
    assert ended.detail["why"] == "the operator ended it"
    page = text(signed_in(alice).get("/settings/password/"))
    assert "operator@example.org" in page and WHY in page
    bob = make_member(tenant, "admin", email="bob@example.org")
    assert WHY not in text(signed_in(bob).get("/settings/password/"))
    with translation.override("de"):
        User.objects.filter(pk=alice.pk).update(language="de")
        german = text(signed_in(alice).get("/settings/password/"))
    assert "Betreiber, die Ihre Haushaltsbücher angesehen haben" in german


@pytest.mark.parametrize(
    "page",
    ["/settings/", "/settings/password/", "/settings/tokens/", "/settings/calendars/",
     "/settings/webhooks/",
     "/settings/notifications/", "/notifications/", "/ledgers/", "/api/v1/tokens"],
)  # fmt: skip
def test_secrets_are_not_shown(operator: Client, alice: User, page: str) -> None:
    assert signed_in(alice).get(page).status_code == 200
    begin(operator, alice)
    assert operator.get(page).status_code == 403


def test_nothing_is_changed_unless_the_installation_says_so(
    operator: Client, alice: User, settings: Any
) -> None:
    account = {"name": "Mine", "kind": "checking", "currency": "EUR", "opening": "0"}
    begin(operator, alice)
    assert operator.post("/accounts/new/", account).status_code == 403
    assert operator.post("/api/v1/accounts", account, "application/json").status_code == 403
    assert "Add account" not in text(operator.get("/accounts/"))
    settings.IMPERSONATION = "write"
    assert operator.post("/accounts/new/", account).status_code == 302
    with all_tenants("a test"):
        assert FinancialAccount.objects.filter(name="Mine").exists()
    for own in ("/settings/password/", "/settings/tokens/", "/settings/"):
        assert operator.post(own, {"name": "Mallory"}).status_code == 403
    assert operator.post("/settings/members/", {"email": "x@example.org"}).status_code == 403
    alice.refresh_from_db()
    assert alice.name != "Mallory"


def test_it_ends_by_itself(operator: Client, alice: User) -> None:
    begin(operator, alice)
    session = operator.session
    kept = session[impersonation.SESSION]
    kept["until"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    session[impersonation.SESSION] = kept
    session.save()
    assert operator.get("/accounts/").status_code == 302
    assert impersonation.SESSION not in operator.session
    assert entries(impersonation.ENDED)[0].detail["why"] == "its time was over"


def test_it_ends_with_the_right_to_it(operator: Client, alice: User, settings: Any) -> None:
    begin(operator, alice)
    User.objects.filter(email="operator@example.org").update(is_superuser=False)
    assert operator.get("/accounts/").status_code == 302
    User.objects.filter(email="operator@example.org").update(is_superuser=True)
    begin(operator, alice)
    with all_tenants("a test"):
        Membership.objects.filter(user=alice).delete()
    assert operator.get("/accounts/").status_code == 302
    assert {entry.detail["why"] for entry in entries(impersonation.ENDED)} >= {
        "it is allowed no more"
    }
    settings.IMPERSONATION = "off"
    assert "cannot be impersonated" in text(operator.get(address(alice)))


def test_signing_out_ends_it(operator: Client, alice: User) -> None:
    begin(operator, alice)
    operator.post("/sign-out/")
    assert entries(impersonation.ENDED)[0].detail["why"] == "the operator signed out"


def test_operators_are_not_impersonated_and_others_impersonate_nobody(
    operator: Client, alice: User, tenant: Tenant
) -> None:
    root = make_member(tenant, "admin", email="root@example.org")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    assert "cannot be impersonated" in text(operator.get(address(root)))
    assert begin(operator, root).status_code == 422
    for other in (alice, make_user("clerk@example.org", is_staff=True)):
        begin(signed_in(other), alice)
    assert entries(impersonation.BEGUN) == []


def test_the_person_is_told(operator: Client, alice: User, tenant: Tenant) -> None:
    make_member(tenant, "admin", email="bob@example.org")
    begin(operator, alice)
    assert (tell_looked_at(database_now()), tell_looked_at(database_now())) == (1, 0)
    with all_tenants("a test"):
        notice = Notification.objects.get(kind="looked_at")
    assert (notice.user_id, notice.facts["reason"]) == (alice.pk, WHY)
    assert "operator@example.org looked at your ledger" in text(
        signed_in(alice).get("/notifications/")
    )


def test_another_tenant_cannot_be_asked_for(
    operator: Client, alice: User, stranger: Tenant
) -> None:
    begin(operator, alice)
    answer = operator.get("/api/v1/accounts", headers={"X-Tenant-ID": str(stranger.pk)})
    assert [row["name"] for row in answer.json()["data"]] == ["Holiday fund"]


def test_the_way_there_is_on_the_persons_page_in_the_admin(operator: Client, alice: User) -> None:
    page = text(operator.get(reverse("admin:accounts_user_change", args=[alice.pk])))
    assert re.search(rf'href="{address(alice)}"', page)
