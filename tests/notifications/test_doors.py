"""The notification centre, preferences and the way out of e-mails: pages and API."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import start_session
from notifications.kinds import KINDS
from notifications.models import DeliverySettings, Frequency, Notification, Preference
from notifications.notify import notify
from notifications.unsubscribing import path_for
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.make import make_member
from tests.pages import form_values, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(tenant: Tenant) -> User:
    return make_member(tenant, email="alice@example.org")


@pytest.fixture
def api(alice: User) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {start_session(alice).access}"})


@pytest.fixture
def notice(alice: User, tenant: Tenant) -> Notification:
    with tenant_scope(tenant.id):
        notify("recurring_due", key="1", facts={"name": "Rent <b>"}, link="/transactions/")
        row: Notification = Notification.objects.get()
    return row


def test_the_centre_shows_reads_and_snoozes(alice: User, notice: Notification) -> None:
    browser = signed_in(alice)
    page = browser.get("/notifications/").content.decode()
    assert "Rent &lt;b&gt; is due on" in page
    answer = browser.post(f"/notifications/{notice.id}/snooze/", {"hours": "24"})
    assert answer.status_code == 302
    assert "Rent" not in browser.get("/notifications/").content.decode()


def test_opening_reads_and_goes_where_it_points(
    alice: User, tenant: Tenant, notice: Notification
) -> None:
    answer = signed_in(alice).post(f"/notifications/{notice.id}/")
    assert answer.headers["Location"] == "/transactions/"
    with tenant_scope(tenant.id):
        notice.refresh_from_db()
    assert notice.read_at is not None


def test_preferences_are_kept_by_the_page(alice: User, tenant: Tenant) -> None:
    browser = signed_in(alice)
    page = browser.get("/settings/notifications/").content.decode()
    values = form_values(page) | {
        f"email_{kind}": str(about.email) for kind, about in KINDS.items()
    }
    values |= {f"in_app_{kind}": "on" for kind in KINDS}
    values |= {"email_bill_due": "weekly", "digest_weekday": "4", "quiet_from": "22:00"}
    refused = browser.post("/settings/notifications/", values)
    assert refused.status_code == 422
    assert "both ends" in refused.content.decode()
    values["quiet_until"] = "07:00"
    assert browser.post("/settings/notifications/", values).status_code == 302
    with tenant_scope(tenant.id):
        assert Preference.objects.get().email == Frequency.WEEKLY
        assert DeliverySettings.objects.get().digest_weekday == 4


def test_e_mails_are_muted_for_a_while_and_an_address_is_tried_again(
    alice: User, tenant: Tenant
) -> None:
    browser = signed_in(alice)
    assert browser.post("/settings/notifications/mute/", {"days": "7"}).status_code == 302
    with tenant_scope(tenant.id):
        row = DeliverySettings.objects.get()
        assert row.muted_until is not None
        assert timedelta(days=6) < row.muted_until - timezone.now() < timedelta(days=8)
        DeliverySettings.objects.update(bounced_at=timezone.now(), bounce="550 No such mailbox")
    page = browser.get("/settings/notifications/").content.decode()
    assert "Muted until" in page
    assert "550 No such mailbox" in page
    browser.post("/settings/notifications/mute/", {"days": "0"})
    browser.post("/settings/notifications/try-again/")
    with tenant_scope(tenant.id):
        row.refresh_from_db()
    assert (row.muted_until, row.bounced_at, row.bounce) == (None, None, "")


def test_the_api_lists_reads_and_tells_what_will_come(
    api: APIClient, alice: User, tenant: Tenant, notice: Notification
) -> None:
    with tenant_scope(tenant.id):
        notify("reminder", key="2", facts={"title": "Call"}, users=[alice.id],
               at=timezone.now() + timedelta(days=2))  # fmt: skip
    (row,) = api.get("/api/v1/notifications?is_read=false").json()["data"]
    assert (row["title"][:4], row["is_read"]) == ("Rent", False)
    coming = api.get("/api/v1/notifications/upcoming").json()["notices"]
    assert [row["notice"]["title"] for row in coming] == ["Rent <b> is due on –", "Call"]
    assert api.post("/api/v1/notifications/read-all").json() == {"count": 1}
    assert api.get("/api/v1/notifications?is_read=false").json()["data"] == []
    past = {"until": "2020-01-01T00:00:00Z"}
    refused = api.post(f"/api/v1/notifications/{row['id']}/snooze", past)
    assert (refused.status_code, refused.json()["code"]) == (400, "notice_refused")


def test_the_api_keeps_choices_and_refuses_to_silence_the_urgent(api: APIClient) -> None:
    kinds = {row["kind"]: row for row in api.get("/api/v1/notification-preferences").json()["data"]}
    assert set(kinds) == set(KINDS)
    changed = api.patch("/api/v1/notification-preferences/bill_due", {"email": "off"})
    assert (changed.json()["email"], changed.json()["is_default"]) == ("off", False)
    urgent = api.patch("/api/v1/notification-preferences/new_device", {"email": "off"})
    assert (urgent.status_code, urgent.json()["code"]) == (400, "urgent_kind")
    assert api.patch("/api/v1/notification-preferences/none", {}).status_code == 404
    hours = {"quiet_from": "22:00", "quiet_until": "07:00"}
    assert api.patch("/api/v1/notification-preferences/delivery", hours).status_code == 200


@pytest.mark.parametrize("topic", ["bill_due", "frequency:daily"])
def test_a_mail_s_link_stops_it_without_signing_in(
    alice: User, tenant: Tenant, client: Client, topic: str
) -> None:
    path = path_for(tenant.id, alice.id, topic)
    assert client.get(path).status_code == 200
    with tenant_scope(tenant.id):
        assert not Preference.objects.exists(), "a link checker's visit stops nothing"
    one_click: Any = {"List-Unsubscribe": "One-Click"}
    assert client.post(path, one_click).status_code == 200
    with tenant_scope(tenant.id):
        assert Preference.objects.get(kind="bill_due").email == Frequency.OFF
        assert not Preference.objects.filter(kind="new_device").exists()


def test_a_link_that_we_did_not_sign_does_nothing(client: Client) -> None:
    assert client.post("/unsubscribe/forged/").status_code == 404


def test_every_kind_has_words_for_its_facts() -> None:
    for kind in KINDS.values():
        names = re.findall(r"%\((\w+)\)s", f"{kind.title}{kind.text}")
        assert (str(kind.title) + str(kind.text)) % dict.fromkeys(names, "x")
