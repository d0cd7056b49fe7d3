"""Web push from a fact to a push service over HTTP, and the doors to one's devices."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Membership, User
from accounts.tokens import start_session
from jobs.clock import database_now
from jobs.models import Job, JobState
from notifications.facts import money
from notifications.kinds import KINDS
from notifications.models import Frequency, Mailing, Notification, Push, PushDevice, PushState
from notifications.notify import cancel, notify
from notifications.planning import enqueue_due, plan
from notifications.preferences import change_delivery, set_preference
from notifications.previewing import preview
from notifications.push import keys
from notifications.push.devices import (
    DeviceRefused,
    Subscription,
    add_device,
    device_name,
    subscription_of,
)
from notifications.push.planning import MOST_IN_A_STORM
from notifications.push.sending import PAUSES_SECONDS
from notifications.reading import mark_read
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.fakes.push_service import Browser, PushService, push_service
from tests.make import make_member
from tests.pages import signed_in
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    settings.WEB_PUSH = True
    settings.WEB_PUSH_KEY = base64.b64encode(os.urandom(32)).decode()
    settings.PUSH_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with push_service() as found:
        yield found


@pytest.fixture
def alice(in_tenant: Tenant) -> User:
    return make_member(
        in_tenant, email="alice@example.org", language="de", time_zone="Europe/Berlin"
    )


def join(user: User, browser: Browser, agent: str = FIREFOX) -> PushDevice:
    given = browser.as_json()
    return add_device(user.id, Subscription(given["endpoint"], **given["keys"]), agent)


def tell_bill(key: str = "bill 1") -> None:
    facts = {"name": "Stadtwerke", "amount": money(Decimal("84.50"), "EUR"),
             "date": date(2026, 11, 30)}  # fmt: skip
    notify("bill_due", key=key, facts=facts, link="/bills/")


def send_all() -> None:
    with all_tenants("a test"):
        for _ in range(3):
            enqueue_due()
            run_due_jobs()


def due_again() -> None:
    """As if the pauses were over."""
    with all_tenants("a test"):
        Job.objects.filter(state=JobState.READY).update(run_after=database_now())
        Push.objects.update(retry_at=database_now())


# --- What devices are told ------------------------------------------------------------------------


def test_every_device_is_told_kind_and_title_once_without_the_amount(
    alice: User, service: PushService
) -> None:
    phone, desk = service.browser("phone"), service.browser("desk")
    join(alice, phone)
    device = join(alice, desk)
    tell_bill()
    send_all()
    send_all()
    assert [path for path, _, _ in service.requests] == ["/push/phone", "/push/desk"]
    said = service.said()
    assert said[0] == said[1]
    assert said[0] == {
        "title": "Rechnung fällig", "body": "Stadtwerke: ••• fällig am 30.11.2026",
        "url": "/bills/", "tag": str(Push.objects.get().id),
    }  # fmt: skip
    device.refresh_from_db()
    assert device.last_success_at is not None
    assert Push.objects.get().state == PushState.SENT
    assert device.endpoint and desk.endpoint not in device.endpoint
    assert subscription_of(device).endpoint == desk.endpoint


def test_the_request_says_who_sends_and_what_a_push_service_must_know(
    alice: User, service: PushService, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://ledger.example.org"
    join(alice, service.browser("phone"))
    tell_bill()
    send_all()
    ((_, headers, body),) = service.requests
    key, claims = service.sender_of(headers)
    assert key == keys.public_key()
    assert claims["sub"] == "https://ledger.example.org"
    assert 0 < claims["exp"] - database_now().timestamp() <= 24 * 3600
    assert headers["Content-Encoding"] == "aes128gcm"
    assert (headers["TTL"], headers["Urgency"]) == ("86400", "normal")
    assert len(headers["Topic"]) <= 32
    assert b"Stadtwerke" not in body


def test_who_wants_amounts_is_told_them(alice: User, service: PushService) -> None:
    join(alice, service.browser("phone"))
    change_delivery(alice.id, push_amounts=True)
    tell_bill()
    send_all()
    assert service.said()[0]["body"] == "Stadtwerke: 84,50 € fällig am 30.11.2026"


def test_what_is_due_together_is_one_push_that_names_the_kinds(
    alice: User, service: PushService
) -> None:
    join(alice, service.browser("phone"))
    tell_bill("1")
    tell_bill("2")
    notify("reminder", key="r", facts={"title": "Anrufen"}, users=[alice.id])
    send_all()
    (said,) = service.said()
    assert (said["title"], said["url"]) == ("3 Benachrichtigungen", "/notifications/")
    assert said["body"].split(", ") == ["Rechnung fällig", "Erinnerungen"]


def test_read_or_taken_back_or_no_longer_theirs_is_not_pushed(
    alice: User, service: PushService
) -> None:
    join(alice, service.browser("phone"))
    for undo in (
        lambda: mark_read(Notification.objects.latest("id")),
        lambda: cancel("bill_due", key="bill*"),
        lambda: Membership.objects.filter(user=alice).delete(),
    ):
        tell_bill(f"bill {undo}")
        plan(database_now())
        undo()
        send_all()
    assert service.requests == []
    assert set(Push.objects.values_list("state", flat=True)) == {PushState.EMPTY}


def test_choices_mute_and_quiet_hours_hold_for_devices_too(
    alice: User, service: PushService
) -> None:
    join(alice, service.browser("phone"))
    notify("recurring_due", key="1", facts={"name": "Miete"})
    set_preference(alice.id, "bill_due", push=False)
    tell_bill()
    plan(database_now())
    assert not Push.objects.exists(), "a digest's kind, and one that was switched off"
    set_preference(alice.id, "recurring_due", push=True)
    change_delivery(alice.id, muted_until=database_now() + timedelta(days=1))
    notify("recurring_due", key="2", facts={"name": "Miete"})
    plan(database_now())
    assert not Push.objects.exists()
    notify("new_device", key="3", facts={"address": "192.0.2.1"}, users=[alice.id])
    plan(database_now())
    urgent = Push.objects.get()
    now = database_now()
    change_delivery(alice.id, muted_until=None, quiet_from=time(0), quiet_until=time(23, 59, 59))
    notify("recurring_due", key="4", facts={"name": "Miete"})
    plan(database_now())
    later = Push.objects.exclude(id=urgent.id).get()
    assert later.send_at > now
    send_all()
    assert [row["title"] for row in service.said()] == ["Anmeldung von einem neuen Gerät"]
    assert service.requests[0][1]["Urgency"] == "high"


def test_a_storm_comes_as_one(alice: User, service: PushService) -> None:
    join(alice, service.browser("phone"))
    for number in range(MOST_IN_A_STORM + 5):
        tell_bill(str(number))
        send_all()
    assert len(service.requests) == MOST_IN_A_STORM
    assert Push.objects.get(state=PushState.WAITING).notifications.count() == 5


def test_the_mail_comes_whether_or_not_there_is_a_device(alice: User, service: PushService) -> None:
    join(alice, service.browser("phone"))
    tell_bill()
    plan(database_now())
    assert Mailing.objects.get().frequency == Frequency.NOW
    notice = Notification.objects.get()
    assert notice.push is not None and notice.mailing is not None


def test_the_preview_tells_when_devices_are_told(alice: User, service: PushService) -> None:
    tell_bill()
    (coming,) = preview(database_now(), user_id=alice.id).notices
    assert coming.push_at is None
    join(alice, service.browser("phone"))
    (coming,) = preview(database_now(), user_id=alice.id).notices
    assert coming.push_at is not None
    assert not Push.objects.exists()


def test_the_page_of_what_comes_tells_what_waits_for_the_end_of_quiet_hours(
    alice: User, service: PushService
) -> None:
    join(alice, service.browser("phone"))
    change_delivery(alice.id, quiet_from=time(0), quiet_until=time(23, 59, 59))
    set_preference(alice.id, "bill_due", email=Frequency.OFF)
    tell_bill("planned")
    plan(database_now())
    (coming,) = preview(database_now(), user_id=alice.id).notices
    assert coming.push_at == coming.tell_at == Push.objects.get().send_at
    html = signed_in(alice).get("/notifications/coming/").content.decode()
    assert html.count("Stadtwerke: 84,50") == 1
    assert "Auf Geräten" in html


def test_nothing_is_asked_or_made_while_the_operator_has_it_off(
    alice: User, service: PushService, settings: Any
) -> None:
    join(alice, service.browser("phone"))
    settings.WEB_PUSH = False
    tell_bill()
    with CaptureQueriesContext(connection) as queries:
        send_all()
    assert service.requests == [] and not Push.objects.exists()
    assert not [q for q in queries if 'FROM "notifications_push' in q["sql"]]


# --- When a push service does not take it ---------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_removed(alice: User, service: PushService, status: int) -> None:
    join(alice, service.browser("phone"))
    service.answers["/push/phone"] = [(status, {})]
    tell_bill()
    send_all()
    assert not PushDevice.objects.exists()
    assert Push.objects.get().state == PushState.FAILED


@pytest.mark.parametrize(("status", "pause"), [(429, 3_000), (503, PAUSES_SECONDS[0])])
def test_a_busy_service_is_tried_again_for_the_devices_that_lack_it(
    alice: User, service: PushService, status: int, pause: int
) -> None:
    join(alice, service.browser("phone"))
    desk = join(alice, service.browser("desk"))
    service.answers["/push/desk"] = [(status, {"Retry-After": "3000"} if status == 429 else {})]
    tell_bill()
    send_all()
    job = Job.objects.get(kind="notifications.push")
    assert job.state == JobState.READY
    wait = (job.run_after - database_now()).total_seconds()
    assert pause - 30 < wait <= pause
    desk.refresh_from_db()
    assert str(status) in desk.problem
    due_again()
    send_all()
    assert [path for path, _, _ in service.requests] == [
        "/push/phone", "/push/desk", "/push/desk",
    ]  # fmt: skip
    assert len({headers["Topic"] for _, headers, _ in service.requests}) == 1
    desk.refresh_from_db()
    assert desk.problem == "" and Push.objects.get().state == PushState.SENT


def test_it_is_given_up_after_the_last_pause_and_no_job_dies(
    alice: User, service: PushService
) -> None:
    join(alice, service.browser("phone"))
    service.answers["/push/phone"] = [(500, {})] * 20
    tell_bill()
    for _ in range(len(PAUSES_SECONDS) + 3):
        send_all()
        due_again()
    assert len(service.requests) == len(PAUSES_SECONDS) + 1
    assert Push.objects.get().state == PushState.FAILED
    assert Job.objects.get(kind="notifications.push").state == JobState.SUCCEEDED
    assert PushDevice.objects.get().problem


@pytest.mark.parametrize("status", [400, 401, 403, 413, 301])
def test_a_refusal_is_shown_and_not_repeated(
    alice: User, service: PushService, status: int
) -> None:
    join(alice, service.browser("phone"))
    service.answers["/push/phone"] = [(status, {"Location": f"{service.host}/elsewhere"})]
    tell_bill()
    send_all()
    due_again()
    send_all()
    assert len(service.requests) == 1
    assert str(status) in PushDevice.objects.get().problem


def test_an_address_is_checked_again_when_it_is_used(
    alice: User, service: PushService, settings: Any
) -> None:
    join(alice, service.browser("phone"))
    settings.PUSH_ALLOWED_PRIVATE_HOSTS = []
    tell_bill()
    send_all()
    assert service.requests == []
    assert "PUSH_ALLOWED_PRIVATE_HOSTS" in PushDevice.objects.get().problem


def test_what_is_a_day_old_is_not_told_any_more(alice: User, service: PushService) -> None:
    join(alice, service.browser("phone"))
    tell_bill()
    plan(database_now())
    Push.objects.update(send_at=database_now() - timedelta(hours=25))
    send_all()
    assert service.requests == []
    assert Push.objects.get().state == PushState.EMPTY


# --- Devices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint", ["https://127.0.0.1/", "https://10.0.0.1/", "http://8.8.8.8/", "file:///etc", ""]
)
def test_no_device_leads_into_the_server_s_own_network(
    alice: User, service: PushService, settings: Any, endpoint: str
) -> None:
    settings.PUSH_ALLOWED_PRIVATE_HOSTS = []
    given = service.browser("phone").as_json()["keys"]
    with pytest.raises(DeviceRefused) as refused:
        add_device(alice.id, Subscription(endpoint, **given), "")
    assert refused.value.field == "endpoint"


def test_a_browser_tells_the_one_who_uses_it_now(
    alice: User, in_tenant: Tenant, stranger: Tenant, service: PushService
) -> None:
    phone = service.browser("phone")
    join(alice, phone)
    assert join(alice, phone).pk == PushDevice.objects.get().pk, "known already"
    bob = make_member(in_tenant, email="bob@example.org")
    with tenant_scope(stranger.id):
        carol = make_member(stranger, email="carol@example.org")
        join(carol, phone)
    assert not PushDevice.objects.exists(), "nor in another ledger"
    join(bob, phone)
    with all_tenants("a test"):
        assert [row.user_id for row in PushDevice.objects.all()] == [bob.id]


def test_devices_have_names_people_know() -> None:
    assert device_name(FIREFOX) == "Firefox, Android"
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/130 Safari/537.36 Edg/13"
    assert device_name(edge) == "Edge, Windows"
    safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    assert device_name(safari) == "Safari, iPhone"
    assert device_name("curl/8") == "curl/8"


def test_a_key_that_is_none_is_refused_without_naming_it(settings: Any) -> None:
    for wrong in ("", "c2hvcnQ=", "not base64!", base64.b64encode(bytes(32)).decode()):
        settings.WEB_PUSH_KEY = wrong
        with pytest.raises(ImproperlyConfigured) as refused:
            keys.public_key()
        assert not wrong or wrong not in str(refused.value)


# --- Doors ----------------------------------------------------------------------------------------


def test_devices_over_rest(alice: User, service: PushService, stranger: Tenant) -> None:
    api = APIClient(headers={"Authorization": f"Bearer {start_session(alice).access}"})
    key = api.get("/api/v1/push-devices/key").json()
    assert key == {"is_on": True, "public_key": keys.public_key()}
    body = service.browser("phone").as_json()
    made = api.post("/api/v1/push-devices", body, format="json", headers={"User-Agent": FIREFOX})
    assert (made.status_code, made.json()["name"]) == (201, "Firefox, Android")
    address = f"/api/v1/push-devices/{made.json()['id']}"
    listed = api.get("/api/v1/push-devices").content.decode()
    assert body["endpoint"] not in listed and body["keys"]["auth"] not in listed
    assert api.post(f"{address}/try").status_code == 202
    send_all()
    assert service.said()[0]["body"] == "Benachrichtigungen erreichen dieses Gerät."
    assert api.get(address).json()["last_success_at"] is not None
    for wrong in ({"keys": {"p256dh": "AA", "auth": "AA"}}, {"endpoint": "https://10.0.0.1/"}):
        assert api.post("/api/v1/push-devices", body | wrong, format="json").status_code == 400
    assert api.delete(address).status_code == 204
    assert not PushDevice.objects.exists()


def test_over_rest_it_says_when_it_is_off(alice: User, settings: Any) -> None:
    settings.WEB_PUSH = False
    api = APIClient(headers={"Authorization": f"Bearer {start_session(alice).access}"})
    assert api.get("/api/v1/push-devices/key").json() == {"is_on": False, "public_key": ""}
    body = Browser("https://8.8.8.8", "x").as_json()
    refused = api.post("/api/v1/push-devices", body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "push_off")


def test_the_page_of_preferences_adds_tries_and_removes(
    alice: User, service: PushService, in_tenant: Tenant
) -> None:
    browser, page = signed_in(alice), "/settings/notifications/"
    before = browser.get(page).content.decode()
    assert keys.public_key() in before and "push_bill_due" not in before
    given = service.browser("phone").as_json()
    form = {"endpoint": given["endpoint"], **given["keys"]}
    refused = browser.post(f"{page}devices/", form | {"auth": "AA"})
    assert (refused.status_code, "Schlüssel" in refused.json()["detail"]) == (400, True)
    added = browser.post(f"{page}devices/", form, headers={"User-Agent": FIREFOX})
    assert added.status_code == 204
    html = browser.get(page).content.decode()
    assert "Firefox, Android" in html
    device = PushDevice.objects.get()
    values = {"digest_at": "08:00", "digest_weekday": "0", "push_amounts": "on"}
    values |= {f"email_{kind}": str(about.email) for kind, about in KINDS.items()}
    values |= {f"in_app_{kind}": "on" for kind in KINDS} | {"push_recurring_due": "on"}
    assert f'name="push_{next(iter(KINDS))}"' in html
    assert browser.post(page, values).status_code == 302
    plan(database_now())
    notify("recurring_due", key="1", facts={"name": "Miete"})
    tell_bill()
    send_all()
    assert [row["title"] for row in service.said()] == ["Wiederkehrende Buchung bald fällig"]
    assert browser.post(f"{page}devices/{device.pk}/try/").status_code == 302
    bob = signed_in(make_member(in_tenant, email="bob@example.org"))
    assert bob.post(f"{page}devices/{device.pk}/remove/").status_code == 404
    assert browser.post(f"{page}devices/{device.pk}/remove/").status_code == 302
    assert not PushDevice.objects.exists()


def test_without_the_operator_the_page_says_nothing_of_devices(alice: User, settings: Any) -> None:
    settings.WEB_PUSH = False
    assert "push.js" not in signed_in(alice).get("/settings/notifications/").content.decode()
