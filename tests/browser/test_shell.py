"""What holds on every page: keys, the palette, and that nothing is lost or doubled."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PASSWORD, PHONE, Installation, register

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_keys_are_listed_and_the_palette_goes_anywhere(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    register(page, installation, "shell@example.org", "Ada Brandt")
    page.goto("/transactions/")
    page.keyboard.press("?")
    modal = page.get_by_role("dialog", name="Keys of this page")
    expect(modal.get_by_text("Search")).to_be_visible()
    expect(modal.get_by_text("Ctrl+K")).to_be_visible()
    page.keyboard.press("Escape")
    expect(modal).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search or go to")
    expect(field).to_be_focused()
    field.fill("memb")
    expect(page.locator(".palette [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/members/")
    # What is open keeps the focus inside.
    page.keyboard.press("Control+k")
    expect(page.locator(".palette").get_by_text("Transactions").first).to_be_visible()
    for _ in range(4):
        page.keyboard.press("Tab")
        # A full round passes the browser's own bar, where the page has no focus.
        inside = (
            "document.activeElement === document.body || !!document.activeElement.closest('#modal')"
        )
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    assert complaints == []


def test_the_rest_of_the_navigation_is_a_sheet_on_the_phone(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    register(page, installation, "sheet@example.org", "Ada Brandt")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/")
    more = page.get_by_role("button", name="More")
    jobs = page.get_by_role("navigation", name="Main").get_by_role("link", name="Jobs")
    expect(jobs).to_be_hidden()
    more.click()
    expect(more).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(jobs).to_be_hidden()
    expect(more).to_be_focused()
    more.click()
    jobs.click()
    page.wait_for_url("**/jobs/")
    assert complaints == []


def test_amounts_are_hidden_before_the_first_paint(page: Page, installation: Installation) -> None:
    register(page, installation, "privacy@example.org", "Ada Brandt")
    page.get_by_role("button", name="Hide amounts").click()
    page.add_init_script(
        "new PerformanceObserver(() => { window.painted ??="
        " document.documentElement.classList.contains('private'); }).observe({type: 'paint'})"
    )
    page.goto("/accounts/")
    was_hidden = page.evaluate(
        "new Promise((done) => { const look = () => window.painted === undefined"
        " ? requestAnimationFrame(look) : done(window.painted); look(); })"
    )
    assert was_hidden is True


def test_what_was_typed_survives_an_expired_session(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    register(page, installation, "expired@example.org", "Ada Brandt")
    page.goto("/settings/members/")
    page.get_by_label("E-mail address").fill("partner@example.org")
    page.get_by_label("Role", exact=True).last.select_option(label="User")
    page.context.clear_cookies()
    page.get_by_role("button", name="Send the invitation").click()
    if "/login/" not in page.url:  # the form's proof went with the session
        page.goto("/settings/members/")
    page.get_by_label("E-mail address").fill("expired@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/settings/members/|/login/code/"))
    if "code" in page.url:
        page.get_by_label("Code").fill(installation.latest_code_for("expired@example.org"))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/settings/members/")
    expect(page.get_by_text("What you had typed")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value("partner@example.org")
    assert complaints == []


def add_account(page: Page, name: str) -> None:
    page.goto("/accounts/")
    page.get_by_role("link", name="Add account").first.click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)


def test_a_lost_connection_is_told_and_the_form_sent_again_makes_one_account(
    page: Page, installation: Installation
) -> None:
    register(page, installation, "offline@example.org", "Ada Brandt")
    add_account(page, "Holiday fund")
    page.context.set_offline(True)
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    told = page.get_by_text("The server cannot be reached.")
    expect(told).to_be_visible()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value("Holiday fund")
    page.context.set_offline(False)
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("row", name="Holiday fund")).to_have_count(1)


def test_an_answer_that_is_lost_makes_one_account_as_well(
    page: Page, installation: Installation
) -> None:
    """The server has done it, and the person cannot know."""
    register(page, installation, "lost@example.org", "Ada Brandt")
    add_account(page, "Holiday fund")
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/accounts/new/", lose)
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    assert lost == [200]
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value("Holiday fund")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("row", name="Holiday fund")).to_have_count(1)


def test_two_tabs_that_change_the_same_are_told(page: Page, installation: Installation) -> None:
    register(page, installation, "tabs@example.org", "Ada Brandt")
    add_account(page, "Giro")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("row", name="Giro")).to_have_count(1)
    page.goto("/transactions/")
    page.get_by_role("link", name="Add transaction").click()
    page.get_by_role("dialog").get_by_label("Merchant").fill("Kiosk")
    page.get_by_role("dialog").get_by_label("Amount").fill("4.50")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Kiosk").click()
    page.wait_for_url(re.compile("/transactions/[0-9a-f-]{36}/"))
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Merchant").fill("Kiosk am Platz")
    other.get_by_label("Merchant").press("Tab")
    expect(other.get_by_text("Saved.")).to_be_visible()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Category").select_option(label="Leisure")
    expect(drawer.get_by_text("Somebody has changed this transaction meanwhile")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Merchant")).to_have_value("Kiosk am Platz")
    expect(page.get_by_label("Category")).to_have_value("")


def test_a_double_click_sends_once(page: Page, installation: Installation) -> None:
    register(page, installation, "double@example.org", "Ada Brandt")
    add_account(page, "Holiday fund")
    sent: list[str] = []

    def slowly(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
        route.continue_()

    page.route("**/accounts/new/", slowly)
    page.get_by_role("dialog").get_by_role("button", name="Add").dblclick()
    expect(page.get_by_role("row", name="Holiday fund")).to_have_count(1)
    assert len(sent) == 1


def test_a_row_that_is_gone_and_a_stale_form_are_told(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    register(page, installation, "gone@example.org", "Ada Brandt")
    add_account(page, "Holiday fund")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("row", name="Holiday fund")).to_have_count(1)
    failing: dict[int, str] = {404: "This is no longer there", 403: "You may not do that"}
    for status, text in failing.items():
        page.goto("/accounts/")
        page.route("**/accounts/new/", answering(status))
        page.get_by_role("link", name="Add account").first.click()
        expect(page.get_by_text(text)).to_be_visible()
        expect(page.get_by_role("button", name="Reload the page")).to_be_visible()
        page.unroute("**/accounts/new/")


def answering(status: int) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body="")


@pytest.mark.parametrize("context", ["allow"], indirect=True)
def test_without_a_network_a_page_of_ours_says_so(page: Page, installation: Installation) -> None:
    register(page, installation, "no-network@example.org", "Ada Brandt")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.goto("/accounts/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    card = page.locator(".door-card")
    assert card.evaluate("e => getComputedStyle(e).borderRadius") != "0px", "no stylesheet"
    page.context.set_offline(False)
    page.goto("/accounts/")
    expect(page.get_by_role("heading", name="Accounts", exact=True)).to_be_visible()
