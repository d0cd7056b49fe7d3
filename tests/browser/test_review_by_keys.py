"""Thirty questions answered without a mouse: on a desk, and on a phone with a keyboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Installation, register
from tests.browser.homes import READ_MS, SIZES, Home, look, opened
from tests.browser.walking import View
from tests.mail_ingest.make import make_mbox, make_messages

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

REVIEWED: Final = 30
# Some stay, to walk among.
LEFT: Final = 3


@pytest.mark.parametrize("view", SIZES, ids=[name for name, _, _ in SIZES])
def test_the_review_is_worked_through_by_keyboard_alone(
    view: View, browser: Browser, installation: Installation, tmp_path: Path
) -> None:
    name, size, scheme = view
    home = Home(name, size, scheme, None, f"review-{name}@example.org")
    page = opened(browser, installation, size, scheme).new_page()
    register(page, installation, home.email, "Tom Brandt")
    import_questions(page, tmp_path)
    page.evaluate("addEventListener('pointerdown', () => { window.pointed = true; }, true)")
    look(home, page, "review-begun")
    first = waiting = int(page.locator("#review-count > span").first.inner_text())
    assert first == REVIEWED + LEFT
    if name == "phone":
        # The list stands alone: a first key opens what is on top.
        page.keyboard.press("j")
    expect(page.locator("#question-title")).to_be_visible()
    question = page.locator("#decision")
    while first - waiting < REVIEWED:
        number = first - waiting
        now = question.get_attribute("action") or ""
        decide_by_keys(page, "xsaaa"[number % 5], waiting)
        waiting -= 1
        expect(question).not_to_have_attribute("action", now)
        expect(page.locator(".toast")).to_have_count(min(number + 1, 3))
        if number % 8 == 3:
            page.keyboard.press("u")
            expect_review_count(page, waiting + 1)
            expect(question).to_have_attribute("action", now)
            decide_by_keys(page, "x", waiting + 1)
    look(home, page, "review-worked-through")
    now = question.get_attribute("action") or ""
    page.keyboard.press("j")
    expect(question).not_to_have_attribute("action", now)
    page.keyboard.press("k")
    expect(question).to_have_attribute("action", now)
    assert page.evaluate("window.pointed") is None
    page.context.close()


def import_questions(page: Page, folder: Path) -> None:
    """A mailbox whose every message asks something; the page of its questions."""
    mailbox = make_mbox(folder / "questions.mbox", make_messages(REVIEWED + LEFT))
    page.get_by_role("link", name="Choose a file").click()
    page.get_by_label("File").set_input_files(mailbox)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Reading your mail")).to_be_hidden(timeout=READ_MS)
    count = page.locator("#review-count > span").first
    expect(count).to_have_text(str(REVIEWED + LEFT), timeout=READ_MS)
    page.goto("/review/")


def expect_review_count(page: Page, number: int) -> None:
    expect(page.locator("#review-count > span").first).to_have_text(str(number))
    expect(page.locator(".queue > p")).to_have_text(re.compile(rf"^\s*{number} waits?,"))


def decide_by_keys(page: Page, key: str, waiting: int) -> None:
    """What cannot be booked as it stands says so, and is given an account first."""
    page.keyboard.press(key)
    refused = page.locator("#decision [aria-invalid=true], #review .note.bad")
    count = page.locator("#review-count > span").filter(has_text=re.compile(f"^{waiting - 1}$"))
    expect(refused.or_(count).first).to_be_visible()
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
