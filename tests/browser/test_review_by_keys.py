"""The queue of questions, answered without a mouse."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Installation, register
from tests.browser.homes import READ_MS, Home, look, opened
from tests.browser.walking import VIEWS, View

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# On a phone the list comes first, and questions are swiped: see test_touch.py.
DESKS: Final = [view for view in VIEWS if view[0].startswith("desktop")]
# So many questions are answered.
REVIEWED: Final = 25


@pytest.mark.parametrize("view", DESKS, ids=[name for name, _, _ in DESKS])
def test_the_review_is_worked_through_by_keyboard_alone(
    view: View, browser: Browser, installation: Installation
) -> None:
    name, size, scheme = view
    home = Home(name, size, scheme, None, f"review-{name}@example.org")
    page = opened(browser, installation, size, scheme).new_page()
    register(page, installation, home.email, "Tom Brandt")
    page.get_by_role("button", name="Import the sample").click()
    expect(page.get_by_role("heading", name="Balances")).to_be_visible(timeout=READ_MS)
    expect(page.get_by_role("heading", name="Reading your mail")).to_be_hidden(timeout=READ_MS)
    page.goto("/review/")
    page.evaluate("addEventListener('pointerdown', () => { window.pointed = true; }, true)")
    look(home, page, "review-begun")
    waiting = first = count_of_review(page)
    while waiting and first - waiting < REVIEWED:
        number = first - waiting
        title = page.locator("#question-title").inner_text()
        decide_by_keys(page, "xsaaa"[number % 5], waiting)
        waiting -= 1
        expect(page.locator(".toast")).to_have_count(min(number + 1, 3))
        if number % 8 == 3:
            page.keyboard.press("u")
            expect_review_count(page, waiting + 1)
            expect(page.locator("#question-title")).to_have_text(title)
            decide_by_keys(page, "x", waiting + 1)
    look(home, page, "review-worked-through")
    if waiting > 1:
        title = page.locator("#question-title").inner_text()
        page.keyboard.press("j")
        expect(page.locator("#question-title")).not_to_have_text(title)
        page.keyboard.press("k")
        expect(page.locator("#question-title")).to_have_text(title)
    assert first >= 10
    assert page.evaluate("window.pointed") is None
    page.context.close()


def count_of_review(page: Page) -> int:
    text = page.locator(".queue > p").inner_text()
    return int(text.split(" wait")[0])


def expect_review_count(page: Page, number: int) -> None:
    if number:
        expect(page.locator(".queue > p")).to_have_text(re.compile(rf"^\s*{number} waits?,"))
        expect(page.locator("#review-count > span").first).to_have_text(str(number))
    else:
        expect(page.get_by_role("heading", name="All done")).to_be_visible()


def decide_by_keys(page: Page, key: str, waiting: int) -> None:
    """What cannot be booked as it stands says so, and is given an account first."""
    page.keyboard.press(key)
    refused = page.locator("#decision [aria-invalid=true], #review .note.bad")
    fewer = page.get_by_text(re.compile(rf"^\s*{waiting - 1} waits?,"))
    expect(
        refused.or_(fewer).or_(page.get_by_role("heading", name="All done")).first
    ).to_be_visible()
    if refused.count():
        choose_an_account_by_keys(page)
    expect_review_count(page, waiting - 1)


def choose_an_account_by_keys(page: Page) -> None:
    page.keyboard.press("e")
    focused = "document.activeElement.name"
    steps = 0
    while page.evaluate(focused) != "account":
        page.keyboard.press("Tab")
        steps += 1
        assert steps < 12, "The account cannot be reached by Tab."
    page.keyboard.press("ArrowDown")
    for _ in range(steps):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
