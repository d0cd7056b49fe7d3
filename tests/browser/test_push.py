"""A device is added, tried and told, in a real browser. Its maker's push service, which cannot be
reached from here, is replaced by ours: the page's `subscribe` names that one, and what it opens is
handed to the browser's service worker by its debugging protocol."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation, register
from tests.fakes.push_service import PushService, push_service

SUBSCRIBED = """
(() => {
  const given = %s;
  const subscription = {
    endpoint: given.endpoint, toJSON: () => given, options: {}, unsubscribe: async () => true,
  };
  PushManager.prototype.getSubscription = async () => (
    localStorage.getItem("subscribed") ? subscription : null
  );
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly || applicationServerKey.length !== 65) throw new Error("no key");
    localStorage.setItem("subscribed", "yes");
    subscription.options.applicationServerKey = applicationServerKey.buffer;
    return subscription;
  };
})();
"""


# A notice says where to add the device again.
ENDED = """
navigator.serviceWorker.ready.then((worker) => worker.getNotifications({ tag: "ended" })).then(
  ([one]) => one?.title === "This device is not told any more"
    && one.data.url === "/settings/notifications/")
"""


@pytest.mark.parametrize("context", ["allow"], indirect=True)
def test_a_device_is_added_tried_and_told(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    with push_service() as service:
        page.context.grant_permissions(["notifications"], origin=installation.url)
        page.add_init_script(SUBSCRIBED % json.dumps(service.browser("desk").as_json()))
        register(page, installation, "push@example.org", "Ada Brandt")
        page.goto("/settings/notifications/")
        page.get_by_role("button", name="Add this device").click()
        expect(page.get_by_text("This device is told from now on.")).to_be_visible()
        expect(page.get_by_text("This device", exact=True)).to_be_visible()
        expect(page.get_by_role("columnheader", name="On devices")).to_be_visible()
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_text("On its way.")).to_be_visible()
        said = first_of(service)
    assert said["body"] == "Notices reach this device."
    told = hand_over(page, installation.url, json.dumps(said))
    assert told == [["Inledger", said["body"], said["tag"], "/settings/notifications/"]]
    told = hand_over(page, installation.url, json.dumps(said))
    assert len(told) == 1, "a repeat replaces the first"
    worker = page.context.service_workers[0]
    worker.evaluate("self.dispatchEvent(new ExtendableEvent('pushsubscriptionchange'))")
    page.wait_for_function(ENDED)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Try it")).to_have_count(0)
    assert complaints == []


def first_of(service: PushService) -> dict[str, str]:
    until = time.monotonic() + 60
    while not service.requests and time.monotonic() < until:
        time.sleep(0.2)
    return service.said()[0]


def hand_over(page: Page, origin: str, data: str) -> list[list[str]]:
    """What the browser shows once its service worker has got a push."""
    debugger, found = page.context.new_cdp_session(page), []
    debugger.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(event["registrations"]),
    )
    debugger.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(500)
    push = {"origin": origin, "registrationId": found[0]["registrationId"], "data": data}
    debugger.send("ServiceWorker.deliverPushMessage", push)
    page.wait_for_timeout(1_000)
    shown: list[list[str]] = page.evaluate(
        "navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then("
        "(all) => all.map((one) => [one.title, one.body, one.tag, one.data.url]))"
    )
    return shown
