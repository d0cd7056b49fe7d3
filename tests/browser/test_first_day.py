"""The first day: register, import a mailbox, see what came of it, decide, see the balance move.

UPDATE_IMAGES=1 keeps what the browser saw in docs/images.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    DESKTOP,
    IMAGES,
    PHONE,
    Installation,
    register,
    sample_archive,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

READ_MS = 90_000
GIRO = "4417"


def amount(text: str) -> float:
    return float(re.sub(r"[^\d.\-]", "", text.replace("\N{MINUS SIGN}", "-")))


def import_by_page(page: Page, archive: Path) -> None:
    page.get_by_role("link", name="Choose a file").click()
    page.get_by_label("File").set_input_files(archive)
    page.get_by_label("This archive is mine, and complete").check()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Balances")).to_be_visible(timeout=READ_MS)
    expect(page.get_by_role("heading", name="Reading your mail")).to_be_hidden(timeout=READ_MS)


def test_a_mailbox_becomes_a_ledger_that_a_person_decides_about(
    page: Page, installation: Installation, complaints: list[str], tmp_path: Path
) -> None:
    register(page, installation, "first-day@example.org", "Lena Brandt")
    expect(page.get_by_role("heading", name="Import a mailbox")).to_be_visible()
    import_by_page(page, sample_archive(tmp_path / "Mailbox 2026.zip"))

    # Every transaction shows the words that it was read from.
    page.get_by_role("link", name="Transactions", exact=True).click()
    page.get_by_role("link", name="Frischmarkt Eppendorf").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator("mark.amount").first).to_contain_text("54,12")
    expect(drawer.locator("mark.merchant").first).to_contain_text("Frischmarkt")
    expect(drawer.get_by_text("by rule").first).to_be_visible()
    page.wait_for_url(re.compile(r"/transactions/[0-9a-f-]{36}/$"))

    # What is changed in place is saved, and the row behind follows.
    drawer.get_by_label("Category").select_option(label="\N{EM SPACE}Restaurants and cafés")
    expect(drawer.get_by_text("Saved.")).to_be_visible()
    expect(drawer.get_by_text("by you")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/transactions/")
    row = page.locator(".row.entry", has_text="Frischmarkt Eppendorf").first
    expect(row.locator(".category")).to_contain_text("Restaurants")

    # A proposal counts only once it is accepted.
    page.goto("/review/")
    waiting = int(page.locator("#review-count > span").first.inner_text())
    before = balance_by_number(page, GIRO)
    page.goto("/review/")
    question = page.locator(".row.question").filter(has_text="\N{MINUS SIGN}€").last
    title = question.get_by_role("link").inner_text()
    question.get_by_role("link").click()
    expect(page.locator("#question-title")).to_have_text(title)
    asked = amount(page.locator(".question-pane > header .money").inner_text())
    choices = page.get_by_label("Account", exact=True)
    choices.select_option(choices.locator("option", has_text=GIRO).get_attribute("value"))
    choices.blur()
    page.keyboard.press("a")
    expect(page.get_by_text("Booked.")).to_be_visible()
    expect(page.locator("#review-count > span").first).to_have_text(str(waiting - 1))
    assert balance_by_number(page, GIRO) == pytest.approx(before + asked)
    assert complaints == []


def balance_by_number(page: Page, number: str) -> float:
    page.goto("/accounts/")
    row = page.locator("tbody tr", has_text=f"…{number}").first
    return amount(row.locator(".money").inner_text())


def test_the_pages_are_photographed_for_the_readme(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    register(page, installation, "pictures@example.org", "Lena Brandt")
    page.get_by_role("button", name="Import the sample").click()
    expect(page.get_by_role("heading", name="Balances")).to_be_visible(timeout=READ_MS)
    expect(page.get_by_role("heading", name="Reading your mail")).to_be_hidden(timeout=READ_MS)
    for size, suffix in ((DESKTOP, ""), (PHONE, "-phone")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for name in ("dashboard", "transactions", "review", "emails", "jobs", "settings"):
            page.goto("/" if name == "dashboard" else f"/{name}/")
            _photograph(page, f"{name}{suffix}")
        page.goto("/transactions/?search=Frischmarkt")
        page.get_by_role("link", name="Frischmarkt Eppendorf").first.click()
        mark = page.get_by_role("dialog").locator("mark.merchant").first
        mark.scroll_into_view_if_needed()
        _photograph(page, f"evidence{suffix}")
    assert complaints == []


def _photograph(page: Page, name: str) -> None:
    """Light and dark; of these, those that README and docs show are kept."""
    page.wait_for_load_state("networkidle")
    assert_nothing_sticks_out(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        picture, path = page.screenshot(), IMAGES / f"{name}-{scheme}.png"
        assert picture.startswith(b"\x89PNG")
        if os.environ.get("UPDATE_IMAGES") == "1" and path.exists():
            path.write_bytes(picture)


def assert_nothing_sticks_out(page: Page) -> None:
    wide = page.evaluate(
        "[...document.querySelectorAll('html, dialog[open]')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.tagName)"
    )
    assert wide == []
