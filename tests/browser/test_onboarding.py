"""First start to first booked transaction, by the five steps of setting up: on a desk and on a
phone, light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Installation, sample_archive, sign_up
from tests.browser.walking import faults_of_axe, faults_of_html, what_sticks_out

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

READ_MS = 90_000
SIZES = {"desk": DESKTOP, "phone": PHONE}


def assert_well(page: Page) -> None:
    """What a checker, in both themes, a strict parser and a narrow screen would complain about."""
    page.wait_for_load_state("networkidle")
    html = page.context.request.get(page.url).text()
    faults = [*faults_of_html(html), *what_sticks_out(page)]
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        faults += faults_of_axe(page)
    assert faults == []


@pytest.mark.parametrize("size", SIZES)
def test_from_the_first_start_to_the_first_booked_transaction(
    page: Page, installation: Installation, complaints: list[str], size: str
) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    sign_up(page, installation, f"{size}@example.org", "Lena Brandt")

    # 1: how money looks is seen before it is chosen.
    example = page.locator(".example")
    expect(example).to_contain_text("€1,234.56")
    page.get_by_label("Language").select_option("de")
    expect(example).to_contain_text("1.234,56")
    page.get_by_label("Language").select_option("en")
    page.get_by_label("Currency").select_option("CHF")
    expect(example).to_contain_text("CHF")
    page.get_by_label("Currency").select_option("EUR")
    expect(example).to_contain_text("€1,234.56")
    assert_well(page)
    page.get_by_label("Name of your ledger").fill("Brandt household")
    page.get_by_role("button", name="Save and go on").click()

    # 2: mail.
    page.wait_for_url("**/start/mail/")
    assert_well(page)
    page.get_by_role("button", name="Import the sample").click()

    # 3: what was recognised, and nothing of it is booked.
    page.wait_for_url("**/start/preview/")
    expect(page.locator(".row.recognised")).to_have_count(20, timeout=READ_MS)
    expect(page.get_by_text("Your mail is being read")).to_be_hidden(timeout=READ_MS)
    assert_well(page)
    page.get_by_role("link", name="Frischmarkt Eppendorf").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator("mark.amount").first).to_contain_text("54,12")
    page.keyboard.press("Escape")
    page.goto("/transactions/")
    expect(page.locator(".row.entry")).to_have_count(0)
    page.goto("/")
    page.get_by_role("link", name="Go on setting up").click()
    page.wait_for_url("**/start/preview/")
    page.get_by_role("button", name="Yes, begin to book").click()

    # 4: the accounts that messages named.
    page.wait_for_url("**/start/accounts/")
    expect(page.locator(".found")).not_to_have_count(0, timeout=READ_MS)
    giro = page.locator(".found", has_text="4417")
    giro.get_by_label("Name").fill("Household account")
    giro.get_by_label("Opening balance").fill("1.234")
    page.get_by_role("button", name="These are right").click()
    expect(giro.get_by_text("EUR has 2 decimals.")).to_be_visible()
    expect(giro.get_by_label("Name")).to_have_value("Household account")
    assert_well(page)
    giro.get_by_label("Opening balance").fill("1000")
    page.get_by_role("button", name="These are right").click()

    # 5: ready.
    page.wait_for_url("**/start/progress/")
    expect(page.get_by_role("heading", name="All of it is read")).to_be_visible(timeout=READ_MS)
    assert_well(page)
    page.go_back()
    page.wait_for_url("**/start/accounts/")
    page.go_forward()
    page.get_by_role("button", name=re.compile(r"Finish, and review \d+ items")).click()
    page.wait_for_url("**/review/**")
    page.goto("/transactions/?search=Frischmarkt")
    expect(page.locator(".row.entry").first).to_contain_text("Household account")
    page.goto("/")
    expect(page.get_by_role("heading", name="Balances")).to_be_visible()
    expect(page.get_by_text("Go on setting up")).to_be_hidden()
    assert complaints == []


def test_a_file_of_ones_own_is_seen_before_it_is_booked_and_setting_up_can_wait(
    page: Page, installation: Installation, complaints: list[str], tmp_path: Path
) -> None:
    sign_up(page, installation, "own-file@example.org", "Tom Brandt")
    page.get_by_role("button", name="Skip this step").click()
    page.get_by_label("File", exact=True).set_input_files(sample_archive(tmp_path / "Mailbox.zip"))
    page.get_by_label("This archive is mine, and complete").check()
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/start/preview/")
    expect(page.locator(".row.recognised")).to_have_count(20, timeout=READ_MS)
    page.get_by_role("link", name="Set up later").click()
    expect(page.get_by_role("heading", name="Nothing is booked before")).to_be_visible()
    page.goto("/start/")
    page.wait_for_url("**/start/preview/")
    for address in ("accounts", "progress"):
        page.get_by_role("button", name="Skip this step").click()
        page.wait_for_url(f"**/start/{address}/")
    expect(page.get_by_text("Nothing is booked before you say so.")).to_be_visible()
    page.get_by_role("link", name="See what was recognised").click()
    page.get_by_role("button", name="Yes, begin to book").click()
    page.wait_for_url("**/start/accounts/")
    expect(page.locator(".found")).not_to_have_count(0, timeout=READ_MS)
    assert complaints == []
