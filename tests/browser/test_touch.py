"""What a finger does on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import PHONE, Installation, register

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

READ_MS = 90_000


def swipe(touch: CDPSession, *, across: int, down: int = 0) -> None:
    """From the middle of the screen, in steps, as fingers move."""
    x, y = 180, 260
    place = [{"x": x, "y": y}]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": place})
    for step in range(1, 9):
        place = [{"x": x + across * step / 8, "y": y + down * step / 8}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": place})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_questions_are_decided_by_swiping(browser: Browser, installation: Installation) -> None:
    context = browser.new_context(
        base_url=installation.url, viewport=PHONE, has_touch=True, is_mobile=True,
        locale="en-GB", reduced_motion="reduce",
    )  # fmt: skip
    page: Page = context.new_page()
    register(page, installation, "swipe@example.org", "Ana Brandt")
    page.get_by_role("button", name="Import the sample").click()
    expect(page.get_by_role("heading", name="Balances")).to_be_visible(timeout=READ_MS)
    expect(page.get_by_role("heading", name="Reading your mail")).to_be_hidden(timeout=READ_MS)
    page.goto("/review/")
    waiting = int(page.locator("#review-count > span").first.inner_text())
    page.locator(".row.question a").first.click()
    expect(page.locator("#question-title")).to_be_visible()
    touch = context.new_cdp_session(page)
    count = page.locator("#review-count > span").first

    # Neither scrolling nor a small move decides.
    swipe(touch, across=20, down=-120)
    swipe(touch, across=60)
    expect(count).to_have_text(str(waiting))

    title = page.locator("#question-title").inner_text()
    page.evaluate("window.scrollTo(0, 0)")
    swipe(touch, across=-160)
    expect(page.get_by_text("Noted: not a transaction.")).to_be_visible()
    expect(count).to_have_text(str(waiting - 1))
    page.get_by_role("button", name="Undo").click()
    expect(count).to_have_text(str(waiting))
    expect(page.locator("#question-title")).to_have_text(re.compile(re.escape(title)))
    context.close()
