"""Webhooks from the ledger's verbs to a receiver over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from finance.categories import seed_default_categories
from finance.ledger import edit, void
from finance.models import FinancialAccount
from finance.review import dismiss, reopen
from jobs.clock import database_now
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from notifications.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from notifications.notify import notify
from notifications.planning import plan
from notifications.webhooks import managing
from notifications.webhooks.delivering import PAUSES_SECONDS
from notifications.webhooks.managing import WebhookError, add_webhook, secret_of
from notifications.webhooks.outbox import EVENTS, enqueue_deliveries
from notifications.webhooks.signing import SIGNATURE, is_signed, new_secret, signature
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.fakes.receiver import Receiver, receiver
from tests.finance.make import make_account, make_posted, make_proposed
from tests.make import make_member
from tests.pages import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def hooked(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with receiver() as found:
        yield found


@pytest.fixture
def account(in_tenant: Tenant) -> FinancialAccount:
    seed_default_categories()
    return make_account()


def deliver() -> Job:
    """One round of the dispatcher and the worker."""
    enqueue_deliveries()
    Job.objects.filter(state=JobState.READY).update(run_after=timezone.now() - timedelta(1))
    job: Job = Job.objects.filter(kind="notifications.deliver_webhooks").latest("created_at")
    JobRunner.run(job.pk)
    job.refresh_from_db()
    return job


def events(found: Receiver) -> list[str]:
    return [json.loads(body)["event"] for _, body in found.received]


# --- Signing --------------------------------------------------------------------------------------


def test_a_signature_holds_for_its_body_its_secret_and_some_minutes() -> None:
    secret, body, now = new_secret(), b'{"a": 1}', int(time.time())
    header = signature(secret, body, now)
    assert is_signed(secret, body, header, now + 299)
    assert not is_signed(secret, body + b" ", header, now)
    assert not is_signed(new_secret(), body, header, now)
    assert not is_signed(secret, body, header, now + 301)
    assert not is_signed(secret, body, header.replace(f"t={now}", f"t={now + 1}"), now)
    for broken in ("", "t=1", "v1=ab", "t=x,v1=y", "t=-1,v1="):
        assert not is_signed(secret, body, broken, now)


# --- From a verb to the receiver ------------------------------------------------------------------


def test_what_verbs_do_is_told_in_order_and_signed(
    account: FinancialAccount, hooked: Receiver
) -> None:
    row, secret = add_webhook("Home", hooked.url, EVENTS)
    posted = make_posted(account, "-10")
    edit(posted.pk, {"merchant": "Elsewhere"})
    void(posted.pk, "mistake")
    proposed = make_proposed(account, "-5")
    item = proposed.review_items.get()
    dismiss(item.pk)
    reopen(item.pk)
    assert deliver().state == JobState.SUCCEEDED
    assert events(hooked)[:5] == [
        "transaction.created", "transaction.changed", "transaction.voided",
        "transaction.created", "review_item.opened",
    ]  # fmt: skip
    assert "review_item.opened" in events(hooked)[5:]
    headers, body = hooked.received[1]
    sent = json.loads(body)
    assert sent["data"]["transaction"] == str(posted.pk)
    assert "merchant" in sent["data"]["fields"]
    assert sent["tenant"] == str(row.tenant_id)
    assert "Elsewhere" not in body.decode()
    assert is_signed(secret, body, headers[SIGNATURE], int(time.time()))
    assert secret_of(row) == secret and secret not in row.secret
    assert not WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists()


def test_nothing_is_told_of_what_was_rolled_back(
    account: FinancialAccount, hooked: Receiver
) -> None:
    add_webhook("Home", hooked.url, EVENTS)
    with pytest.raises(RuntimeError), transaction.atomic():
        make_posted(account, "-10")
        raise RuntimeError
    assert not WebhookDelivery.objects.exists()


def test_only_wanted_events_of_ones_own_ledger(
    account: FinancialAccount, hooked: Receiver, stranger: Tenant
) -> None:
    add_webhook("Voids", hooked.url, ["transaction.voided"])
    posted = make_posted(account, "-10")
    with tenant_scope(stranger.id):
        void(make_posted(make_account("Theirs"), "-1").pk, "mistake")
    void(posted.pk, "mistake")
    deliver()
    assert [json.loads(b)["data"]["transaction"] for _, b in hooked.received] == [str(posted.pk)]


def test_without_webhooks_a_verb_pays_one_query(account: FinancialAccount) -> None:
    with CaptureQueriesContext(connection) as queries:
        make_posted(account, "-10")
    assert sum("notifications_webhook" in q["sql"] for q in queries) == 1


# --- When the receiver does not take it -----------------------------------------------------------


@pytest.mark.parametrize("status", [500, 404, 302, 301])
def test_a_refusal_is_tried_again_and_keeps_the_order(
    account: FinancialAccount, hooked: Receiver, status: int
) -> None:
    add_webhook("Home", hooked.url, EVENTS)
    make_posted(account, "-10")
    make_posted(account, "-20")
    hooked.answers = [status]
    job = deliver()
    assert (job.state, len(hooked.received)) == (JobState.READY, 1)
    first = WebhookDelivery.objects.earliest("id")
    assert first.attempts[0]["status"] == status
    assert str(status) in Webhook.objects.get().problem
    assert deliver().state == JobState.SUCCEEDED
    ids = [json.loads(body)["id"] for _, body in hooked.received]
    assert len(ids) == 3 and ids[0] == ids[1] != ids[2]


def test_after_the_last_attempt_it_is_failing_and_collects_no_more(
    account: FinancialAccount, hooked: Receiver
) -> None:
    row, _ = add_webhook("Home", hooked.url, EVENTS)
    make_posted(account, "-10")
    hooked.answers = [500] * (len(PAUSES_SECONDS) + 1)
    for _ in range(len(PAUSES_SECONDS)):
        assert deliver().state == JobState.READY
    assert deliver().state == JobState.DEAD
    row.refresh_from_db()
    assert row.state == WebhookState.FAILING
    make_posted(account, "-20")
    assert WebhookDelivery.objects.count() == 1
    with pytest.raises(WebhookError):
        managing.send_ping(row.pk)
    managing.change_webhook(row.pk, {"state": "active"})
    assert deliver().state == JobState.SUCCEEDED
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED


def test_gone_means_gone(account: FinancialAccount, hooked: Receiver) -> None:
    add_webhook("Home", hooked.url, EVENTS)
    make_posted(account, "-10")
    hooked.answers = [410]
    assert deliver().state == JobState.FAILED
    assert Webhook.objects.get().state == WebhookState.FAILING


def test_a_receiver_that_is_not_there_is_tried_again(
    account: FinancialAccount, settings: Any
) -> None:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    add_webhook("Home", "http://127.0.0.1:9/", EVENTS)
    make_posted(account, "-10")
    assert deliver().state == JobState.READY
    assert "No answer" in Webhook.objects.get().problem


def test_resending_sends_the_same_event_once_more(
    account: FinancialAccount, hooked: Receiver
) -> None:
    add_webhook("Home", hooked.url, EVENTS)
    make_posted(account, "-10")
    deliver()
    managing.resend(WebhookDelivery.objects.get().pk)
    deliver()
    assert len({json.loads(body)["id"] for _, body in hooked.received}) == 1
    assert len(hooked.received) == 2


# --- Addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "https://[::1]/",
        "https://169.254.169.254/latest", "https://2130706433/", "https://127.1/", "ftp://8.8.8.8/",
        "http://8.8.8.8/", "https://a:b@8.8.8.8/", "https://8.8.8.8:x/", "8.8.8.8", "https://",
        "https://[64:ff9b::7f00:1]/", "https://8.8.8.8/#part",
    ],
)  # fmt: skip
def test_no_webhook_leads_into_the_servers_own_network(in_tenant: Tenant, url: str) -> None:
    with pytest.raises(WebhookError) as refused:
        add_webhook("Inside", url, EVENTS)
    assert refused.value.field == "url"


def test_an_address_is_checked_again_when_it_is_used(
    account: FinancialAccount, hooked: Receiver, settings: Any
) -> None:
    """The name may lead elsewhere by then."""
    add_webhook("Home", hooked.url, EVENTS)
    make_posted(account, "-10")
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = []
    assert deliver().state == JobState.FAILED
    assert hooked.received == []
    assert "not a public address" in Webhook.objects.get().problem


# --- Doors ----------------------------------------------------------------------------------------


def test_over_rest_the_secret_is_told_once(in_tenant: Tenant, hooked: Receiver) -> None:
    api = APIClient()
    api.force_login(make_member(in_tenant))
    body = {"name": "Home", "url": hooked.url, "events": ["transaction.created"]}
    made = api.post("/api/v1/webhooks", body, format="json")
    assert made.status_code == 201, made.content
    address, secret = f"/api/v1/webhooks/{made.json()['id']}", made.json()["secret"]
    assert secret.startswith("whsec_")
    for answer in (api.get(address), api.get("/api/v1/webhooks")):
        assert secret not in answer.content.decode()
    renewed = api.post(f"{address}/renew-secret").json()["secret"]
    assert renewed != secret and secret_of(Webhook.objects.get()) == renewed
    assert api.post(f"{address}/ping").status_code == 202
    deliver()
    [sent] = api.get("/api/v1/webhook-deliveries", {"event": "ping"}).json()["data"]
    assert (sent["state"], sent["attempts"][0]["status"]) == ("delivered", 204)
    assert api.post(f"/api/v1/webhook-deliveries/{sent['id']}/resend").status_code == 202
    assert api.patch(address, {"state": "paused"}, format="json").json()["state"] == "paused"
    assert api.post(f"{address}/ping").status_code == 400
    for wrong in ({"events": ["moon"]}, {"events": []}, {"url": "https://10.0.0.1/"}, {"x": 1}):
        assert api.post("/api/v1/webhooks", body | wrong, format="json").status_code == 400
    assert api.delete(address).status_code == 204
    assert not WebhookDelivery.objects.exists()


def test_a_plain_member_looks_and_changes_nothing(in_tenant: Tenant, hooked: Receiver) -> None:
    api = APIClient()
    api.force_login(make_member(in_tenant, "user"))
    body = {"name": "Home", "url": hooked.url, "events": ["transaction.created"]}
    assert api.post("/api/v1/webhooks", body, format="json").status_code == 403
    assert api.get("/api/v1/webhooks").status_code == 200


def test_the_settings_pages(in_tenant: Tenant, hooked: Receiver) -> None:
    browser: Client = member(in_tenant)
    page = "/settings/webhooks/"
    form = {"name": "Home", "url": hooked.url, "events": ["transaction.created"]}
    html = browser.post(page, form).content.decode()
    row = Webhook.objects.get()
    assert secret_of(row) in html and "Copy the secret now" in html
    assert secret_of(row) not in browser.get(page).content.decode()
    assert browser.post(page, form | {"url": "https://10.0.0.1/"}).status_code == 422
    mine = f"{page}{row.pk}/"
    browser.post(f"{mine}ping/")
    deliver()
    assert "ping" in browser.get(mine).content.decode()
    browser.post(f"/settings/webhook-deliveries/{WebhookDelivery.objects.get().pk}/resend/")
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING
    old = secret_of(row)
    assert old not in browser.post(f"{mine}renew/").content.decode()
    for verb, state in (("pause", "paused"), ("resume", "active")):
        browser.post(f"{mine}{verb}/")
        row.refresh_from_db()
        assert row.state == state
    assert browser.post(mine, form | {"name": "Other"}).status_code == 302
    browser.post(f"{mine}remove/")
    assert not Webhook.objects.exists()


def test_what_members_are_told_is_an_event_once_and_what_is_personal_is_not(
    in_tenant: Tenant, hooked: Receiver
) -> None:
    people = [make_member(in_tenant, email=f"{name}@example.org") for name in ("ann", "bob")]
    add_webhook("Hall display", hooked.url, ["notification.told"])
    notify("bill_due", key="bill 1", facts={"name": "Power"})
    notify("reminder", key="private", users=[people[0].id])
    plan(database_now())
    assert deliver().state == JobState.SUCCEEDED
    (body,) = [json.loads(body) for _, body in hooked.received]
    assert (body["event"], body["data"]) == (
        "notification.told", {"kind": "bill_due", "key": "bill 1"},
    )  # fmt: skip
    plan(database_now())
    assert WebhookDelivery.objects.count() == 1
