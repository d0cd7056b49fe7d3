"""What holds on every page: keys, the palette, hidden amounts, a page without a network."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Installation, register
from tests.browser.homes import await_service_worker

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


def test_where_one_is_shows_on_a_phone_and_in_the_systems_high_contrast(
    page: Page, installation: Installation
) -> None:
    register(page, installation, "current@example.org", "Ada Brandt")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for address, name in (("/recurring/bills/", "Bills"), ("/settings/webhooks/", "Webhooks")):
        page.goto(address)
        expect(page.locator(".main").get_by_role("link", name=name, exact=True)).to_be_in_viewport(
            ratio=0.9
        )
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(forced_colors="active")
    page.goto("/recurring/bills/")
    for links, edge in ((".nav a", "backgroundColor"), (".tabs a", "borderBottomColor")):
        current, others = page.evaluate(
            """([links, edge]) => {
                const colours = (which) => [...document.querySelectorAll(which)]
                    .map((link) => getComputedStyle(link)[edge]);
                return [colours(`${links}[aria-current]`), colours(`${links}:not([aria-current])`)];
            }""",
            [links, edge],
        )
        assert current and not set(current) & set(others), links


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


@pytest.mark.parametrize("context", ["allow"], indirect=True)
def test_without_a_network_a_page_of_ours_says_so(page: Page, installation: Installation) -> None:
    register(page, installation, "no-network@example.org", "Ada Brandt")
    await_service_worker(page)
    page.context.set_offline(True)
    page.goto("/accounts/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    card = page.locator(".door-card")
    assert card.evaluate("e => getComputedStyle(e).borderRadius") != "0px", "no stylesheet"
    page.context.set_offline(False)
    page.goto("/accounts/")
    expect(page.get_by_role("heading", name="Accounts", exact=True)).to_be_visible()
