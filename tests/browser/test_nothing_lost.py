"""Two tabs, double clicks, a lost connection, an expired session, a row that is gone, a form that
is too old: nothing is lost or doubled, and the person is told. The database says what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.conftest import DESKTOP, PASSWORD, Installation, register
from tests.browser.homes import await_service_worker, opened, send

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

EMAIL: Final = "nothing-lost@example.org"
OFFLINE: Final = "The server cannot be reached."
GONE: Final = "This is no longer there"


@pytest.fixture(scope="module")
def state(browser: Browser, installation: Installation) -> Any:
    """Of somebody who is signed in, with an account."""
    context = opened(browser, installation, DESKTOP, "light")
    page = context.new_page()
    register(page, installation, EMAIL, "Ada Brandt")
    send(page, "accounts", {"name": "Giro", "currency": "EUR"})
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(browser: Browser, installation: Installation, state: Any) -> Iterator[Page]:
    context = opened(browser, installation, DESKTOP, "light", state)
    yield context.new_page()
    context.close()


def other_tab(page: Page) -> Page:
    tab = page.context.new_page()
    tab.on("dialog", lambda asked: asked.accept())
    tab.goto(page.url)
    return tab


def drawer_of(page: Page) -> Locator:
    return page.get_by_role("dialog")


def toast(page: Page, text: str) -> Locator:
    return page.locator("#toasts").get_by_text(text)


def add_account(page: Page, name: str) -> Locator:
    """The form of a new account, filled in; its button."""
    page.goto("/accounts/")
    page.get_by_role("link", name="Add account").first.click()
    drawer_of(page).get_by_label("Name").fill(name)
    return drawer_of(page).get_by_role("button", name="Add")


def fill_invitation(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Role", exact=True).last.select_option(label="User")


def accounts_called(installation: Installation, name: str) -> int:
    query = "SELECT count(*) FROM finance_financialaccount WHERE name = ?"
    return int(installation.rows(query, name)[0][0])


def purchase(page: Page, merchant: str) -> str:
    """A transaction of today; its address."""
    page.goto("/accounts/")
    found = send(page, "accounts")["data"]
    account = next(row["id"] for row in found if row["name"] == "Giro")
    entry = {"account": account, "amount": "-4.50", "booked_on": "2026-05-20", "merchant": merchant}
    return f"/transactions/{send(page, 'transactions', entry)['id']}/"


def merchants(installation: Installation, like: str) -> list[tuple[str, str]]:
    query = "SELECT merchant, notes FROM finance_transaction WHERE merchant LIKE ?"
    return installation.rows(query, like)


def opened_task(page: Page, title: str) -> Locator:
    """A new task in the drawer over the list."""
    page.goto("/tasks/")
    send(page, "tasks", {"title": title})
    page.reload()
    page.get_by_role("link", name=title).click()
    expect(drawer_of(page).get_by_label("Title")).to_have_value(title)
    return drawer_of(page)


# --- Double clicks --------------------------------------------------------------------------------


def test_a_double_click_makes_one(page: Page, installation: Installation) -> None:
    add_account(page, "Clicked twice").dblclick()
    expect(page.get_by_role("row", name="Clicked twice")).to_have_count(1)
    assert accounts_called(installation, "Clicked twice") == 1


def test_enter_held_down_makes_one(page: Page, installation: Installation) -> None:
    add_account(page, "Entered")
    drawer_of(page).get_by_label("Name").focus()
    for _ in range(4):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(page.get_by_role("row", name="Entered")).to_have_count(1)
    assert accounts_called(installation, "Entered") == 1


def test_a_double_click_on_a_form_of_its_own_page_sends_one_invitation(
    page: Page, installation: Installation
) -> None:
    page.goto("/settings/members/")
    fill_invitation(page, "twice@example.org")
    page.get_by_role("button", name="Send the invitation").dblclick()
    expect(page.get_by_role("row", name=re.compile("twice@example.org"))).to_have_count(1)
    query = "SELECT count(*) FROM accounts_invitation WHERE email = ?"
    assert installation.rows(query, "twice@example.org") == [(1,)]
    assert page.get_by_role("alert").count() == 0


# --- A lost connection ----------------------------------------------------------------------------


def test_without_a_connection_what_was_typed_stays_and_is_sent_again(
    page: Page, installation: Installation
) -> None:
    add = add_account(page, "Holiday fund")
    page.context.set_offline(True)
    add.click()
    expect(toast(page, OFFLINE)).to_be_visible()
    expect(drawer_of(page).get_by_label("Name")).to_have_value("Holiday fund")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("row", name="Holiday fund")).to_have_count(1)
    assert accounts_called(installation, "Holiday fund") == 1


def test_a_field_that_saves_itself_is_saved_once_there_is_a_connection(
    page: Page, installation: Installation
) -> None:
    page.goto(purchase(page, "Lost kiosk"))
    page.context.set_offline(True)
    page.get_by_label("Notes").fill("two coffees")
    page.get_by_label("Notes").blur()
    expect(toast(page, OFFLINE)).to_be_visible()
    expect(page.get_by_label("Notes")).to_have_value("two coffees")
    assert merchants(installation, "Lost kiosk") == [("Lost kiosk", "")]
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(toast(page, OFFLINE)).to_have_count(0)
    assert merchants(installation, "Lost kiosk") == [("Lost kiosk", "two coffees")]


def test_an_answer_that_is_lost_makes_one_account_as_well(
    page: Page, installation: Installation
) -> None:
    """The server has done it, and the person cannot know."""
    add = add_account(page, "Answered")
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/accounts/new/", lose)
    add.click()
    expect(toast(page, OFFLINE)).to_be_visible()
    assert lost == [200]
    expect(drawer_of(page).get_by_label("Name")).to_have_value("Answered")
    page.get_by_role("button", name="Try again").click()
    expect(drawer_of(page)).to_be_hidden()
    expect(page.get_by_role("row", name="Answered")).to_have_count(1)
    assert accounts_called(installation, "Answered") == 1


def test_a_page_sent_without_a_connection_says_so_and_is_filled_in_when_one_goes_back(
    browser: Browser, installation: Installation, state: Any
) -> None:
    context = opened(browser, installation, DESKTOP, "light", state, service_workers="allow")
    page = context.new_page()
    page.goto("/settings/members/")
    await_service_worker(page)
    fill_invitation(page, "offline@example.org")
    context.set_offline(True)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    context.set_offline(False)
    page.go_back()
    expect(page.get_by_label("E-mail address")).to_have_value("offline@example.org")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("row", name=re.compile("offline@example.org"))).to_have_count(1)
    context.close()


# --- A row that is gone ---------------------------------------------------------------------------


def test_what_was_removed_in_another_tab_is_told_and_what_was_typed_can_be_read(
    page: Page, installation: Installation
) -> None:
    drawer = opened_task(page, "Call the landlord")
    tab = other_tab(page)
    tab.get_by_role("button", name="Remove").click()
    tab.wait_for_url("**/tasks/")
    expect(tab.get_by_text("Removed: Call the landlord")).to_be_visible()
    drawer.get_by_label("Notes").fill("about the heating")
    drawer.get_by_role("button", name="Save").click()
    expect(toast(page, GONE)).to_be_visible()
    expect(drawer.get_by_label("Notes")).to_have_value("about the heating")
    page.get_by_role("button", name="Reload the page").click()
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_a_row_of_a_list_that_is_gone_is_told_and_the_list_comes_back_without_it(
    page: Page, installation: Installation
) -> None:
    drawer = opened_task(page, "Water the plants")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    tab = other_tab(page)
    tab.get_by_role("link", name="Water the plants").click()
    drawer_of(tab).get_by_role("button", name="Remove").click()
    expect(tab.get_by_role("link", name="Water the plants")).to_have_count(0)
    page.locator(".row.task", has_text="Water the plants").get_by_role("button").click()
    expect(toast(page, GONE)).to_be_visible()
    page.get_by_role("button", name="Reload the page").click()
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    expect(page.get_by_text("Water the plants")).to_have_count(0)
    assert installation.rows("SELECT 1 FROM organizer_task WHERE title = 'Water the plants'") == []


# --- A form that is too old -----------------------------------------------------------------------


def test_two_tabs_that_change_different_fields_lose_nothing(
    page: Page, installation: Installation
) -> None:
    page.goto(purchase(page, "Kiosk"))
    tab = other_tab(page)
    tab.get_by_label("Merchant").fill("Kiosk am Platz")
    tab.get_by_label("Merchant").press("Tab")
    expect(tab.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Notes").fill("for the train")
    page.get_by_label("Notes").blur()
    expect(page.get_by_text("Somebody has changed this meanwhile: Merchant.")).to_be_visible()
    expect(page.get_by_label("Merchant")).to_have_value("Kiosk am Platz")
    assert merchants(installation, "Kiosk%") == [("Kiosk am Platz", "for the train")]


def test_two_tabs_that_change_the_same_field_are_told_and_the_person_decides(
    page: Page, installation: Installation
) -> None:
    drawer = opened_task(page, "Buy stamps")
    tab = other_tab(page)
    tab.get_by_label("Title").fill("Buy twenty stamps")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Saved.")).to_be_visible()
    drawer.get_by_label("Title").fill("Buy envelopes")
    drawer.get_by_label("Notes").fill("white ones")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_text("changed this to “Buy twenty stamps” meanwhile")).to_be_visible()
    expect(drawer.get_by_label("Title")).to_have_value("Buy envelopes")
    titles = "SELECT title, notes FROM organizer_task WHERE title LIKE 'Buy%'"
    assert installation.rows(titles) == [("Buy twenty stamps", "")]
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert installation.rows(titles) == [("Buy envelopes", "white ones")]


def test_a_form_in_the_drawer_that_is_too_old_overwrites_nothing_unseen(
    page: Page, installation: Installation
) -> None:
    page.goto("/accounts/")
    account = send(page, "accounts", {"name": "Purse", "currency": "EUR"})["id"]
    page.goto("/accounts/")
    page.goto(f"/accounts/{account}/change/")
    tab = other_tab(page)
    tab.get_by_label("Name").fill("Wallet")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("row", name="Wallet")).to_have_count(1)
    page.get_by_label("Bank or issuer").fill("Nobody")
    page.get_by_role("button", name="Save").click()
    expect(toast(page, "Somebody has changed this meanwhile: Name.")).to_be_visible()
    query = "SELECT name, institution FROM finance_financialaccount WHERE name IN (?, ?)"
    assert installation.rows(query, "Purse", "Wallet") == [("Wallet", "Nobody")]


def test_who_has_signed_in_again_elsewhere_gets_their_form_back(
    page: Page, installation: Installation
) -> None:
    """The form's proof (CSRF) is another since; what was typed is not lost with it."""
    sign_in(page)
    add = add_account(page, "Proven")
    tab = page.context.new_page()
    tab.goto("/accounts/")
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url("**/login/**")
    sign_in(tab)
    add.click()
    expect(toast(page, "this page is too old")).to_be_visible()
    page.get_by_role("button", name="Reload the page").click()
    expect(toast(page, "What you had typed")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Proven")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("row", name="Proven")).to_have_count(1)
    assert accounts_called(installation, "Proven") == 1


# --- An expired session ---------------------------------------------------------------------------


def sign_in(page: Page) -> None:
    """With a session of its own, which others do not lose with it."""
    if "/login/" not in page.url:
        page.context.clear_cookies()
        page.goto("/login/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: "/login/" not in address)


def expire(page: Page, installation: Installation) -> None:
    """On the server; the browser keeps its cookie and knows nothing."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    query = "DELETE FROM django_session WHERE session_key = ?"
    assert installation.execute(query, cookies["sessionid"]) == 1


def test_a_form_of_its_own_page_outlives_the_session(
    page: Page, installation: Installation
) -> None:
    sign_in(page)
    page.goto("/settings/members/")
    fill_invitation(page, "partner@example.org")
    expire(page, installation)
    page.get_by_role("button", name="Send the invitation").click()
    page.wait_for_url("**/login/?next=/settings/members/")
    sign_in(page)
    page.wait_for_url("**/settings/members/")
    expect(toast(page, "What you had typed")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value("partner@example.org")
    chosen = page.get_by_label("Role", exact=True).last.locator("option:checked")
    expect(chosen).to_have_text("User")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("row", name=re.compile("partner@example.org"))).to_have_count(1)


def test_a_form_in_the_drawer_outlives_the_session(page: Page, installation: Installation) -> None:
    sign_in(page)
    add = add_account(page, "Patience")
    expire(page, installation)
    add.click()
    page.wait_for_url("**/login/?next=/accounts/new/")
    sign_in(page)
    page.wait_for_url("**/accounts/new/")
    expect(page.get_by_label("Name")).to_have_value("Patience")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("row", name="Patience")).to_have_count(1)
    assert accounts_called(installation, "Patience") == 1


def test_a_field_that_saves_itself_outlives_the_session(
    page: Page, installation: Installation
) -> None:
    sign_in(page)
    address = purchase(page, "Late kiosk")
    page.goto(address)
    expire(page, installation)
    page.get_by_label("Notes").fill("a thought")
    page.get_by_label("Notes").blur()
    page.wait_for_url(f"**/login/?next={address}")
    sign_in(page)
    page.wait_for_url(f"**{address}")
    expect(page.get_by_label("Notes")).to_have_value("a thought")
    # What is back is saved as if it had been typed just now.
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert merchants(installation, "Late kiosk") == [("Late kiosk", "a thought")]
