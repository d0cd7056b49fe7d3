"""What people come to do, from the first click to what they see of it: on a desk and on a phone,
light and dark.

Each is made on both sizes, every step of it looked at in both themes; GALLERY=folder keeps the
pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PASSWORD, Installation, register
from tests.browser.homes import READ_MS, SIZES, Home, look, opened, send
from tests.browser.walking import View
from tests.fakes.dovecot import PASSWORD as APP_PASSWORD
from tests.fakes.dovecot import USER, Dovecot
from tests.mail_ingest.make import make_messages

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# What the ledger looks for after something was booked starts within a minute.
LOOKED_MS: Final = 120_000


@pytest.fixture(scope="module", params=SIZES, ids=[name for name, _, _ in SIZES])
def home(request: pytest.FixtureRequest, browser: Browser, installation: Installation) -> Home:
    view: View = request.param
    name, size, scheme = view
    context = opened(browser, installation, size, scheme)
    page = context.new_page()
    email = f"journeys-{name}@example.org"
    register(page, installation, email, "Lena Brandt")
    home = Home(name, size, scheme, context.storage_state(), email)
    send(page, "accounts", {"name": "Giro", "currency": "EUR", "opening_balance": "1000.00"})
    context.close()
    return home


@pytest.fixture
def page(
    home: Home,
    browser: Browser,
    installation: Installation,
    complaints: list[str],
) -> Iterator[Page]:
    context = opened(browser, installation, home.size, home.scheme, home.state)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/accounts/")
    yield page
    assert complaints == []
    context.close()


def add_transaction(page: Page, merchant: str, amount: str, day: str = "") -> None:
    """Of today, or of that day; the page shows the list then."""
    accounts = send(page, "accounts")["data"]
    giro = next(account["id"] for account in accounts if account["name"] == "Giro")
    day = day or timezone.localdate().isoformat()
    entry = {"account": giro, "amount": f"-{amount}", "booked_on": day, "merchant": merchant}
    send(page, "transactions", entry)
    page.goto("/transactions/")


def entry(page: Page, title: str) -> Locator:
    return page.locator(".row.entry", has_text=title)


def import_statement(page: Page, name: str, text: str) -> None:
    page.goto("/statements/")
    file: Any = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.locator("form[enctype]").get_by_label("Account").select_option(label="Giro")
    page.get_by_role("button", name="Show what is in it").click()


def balance(page: Page) -> float:
    page.goto("/accounts/")
    text = page.get_by_role("row", name="Giro").locator(".money").first.inner_text()
    return float(re.sub(r"[^\d.\-]", "", text.replace("\N{MINUS SIGN}", "-")))


def months_ago(number: int, day: int) -> date:
    today = timezone.localdate()
    month = today.year * 12 + today.month - 1 - number
    return date(month // 12, month % 12 + 1, day)


@pytest.mark.dovecot
def test_a_mailbox_with_a_wrong_and_then_the_right_password(home: Home, page: Page) -> None:
    with Dovecot() as server:
        server.deliver(make_messages(3))
        page.goto("/connected-accounts/")
        page.get_by_role("link", name=re.compile("Connect a mailbox|IMAP")).first.click()
        page.get_by_role("textbox", name=re.compile("^Name")).fill("Private mail")
        page.get_by_label("IMAP server").fill("localhost")
        page.get_by_label("Port").fill(str(server.port))
        page.get_by_label("E-mail address or user name").fill(USER)
        page.get_by_label("Certificate authority").fill(server.certificate)
        password = page.get_by_label("Password", exact=True)
        password.fill("not this one")
        page.get_by_role("button", name="Test").click()
        expect(page.locator("#tried")).to_contain_text("password", ignore_case=True)
        page.get_by_role("button", name="Connect", exact=True).click()
        told = page.locator(".note.bad, .errors").first
        expect(told).to_be_visible()
        look(home, page, "mailbox-wrong-password")
        # What was typed is still there, but for the secret.
        expect(page.get_by_label("IMAP server")).to_have_value("localhost")
        expect(page.get_by_label("E-mail address or user name")).to_have_value(USER)
        password.fill(APP_PASSWORD)
        page.get_by_role("button", name="Test").click()
        expect(page.locator("#tried")).to_contain_text("It works.")
        page.get_by_role("button", name="Connect", exact=True).click()
        expect(page.get_by_text("Private mail").first).to_be_visible()
        look(home, page, "mailbox-connected")
        page.goto("/emails/")
        newest = page.get_by_role("link", name="Card purchase 3")
        for _ in range(READ_MS // 1_000):
            if newest.count():
                break
            page.wait_for_timeout(1_000)
            page.reload()
        expect(newest).to_be_visible()
        look(home, page, "mailbox-messages")


def test_a_purchase_is_found_and_split(home: Home, page: Page) -> None:
    page.goto("/transactions/")
    page.get_by_role("link", name="Add transaction").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Merchant").fill("Warenhaus Mitte")
    drawer.get_by_label("Amount").fill("84.30")
    drawer.get_by_role("button", name="Add").click()
    expect(entry(page, "Warenhaus Mitte")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("warenhaus amount:84.30")
    expect(page.locator(".row.entry")).to_have_count(1)
    entry(page, "Warenhaus Mitte").get_by_role("link").click()
    drawer.get_by_role("link", name="Split into parts").click()
    expect(drawer.get_by_role("heading", name="Split into parts")).to_be_visible()
    first, second = (drawer.get_by_role("group", name=f"Part {n}") for n in (1, 2))
    expect(first.get_by_label("Amount")).to_have_value("84.30")
    first.get_by_label("Amount").fill("60")
    first.get_by_label("Category").select_option(label="\N{EM SPACE}Groceries")
    expect(drawer.get_by_text("Left to share: €24.30")).to_be_visible()
    second.get_by_label("Amount").fill("20")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_role("alert")).to_contain_text("€4.30 are left")
    look(home, page, "split-does-not-add-up")
    drawer.get_by_role("button", name="One more part").click()
    third = drawer.get_by_role("group", name="Part 3")
    third.get_by_label("Note").fill("a candle")
    expect(second.get_by_label("Amount")).to_have_value("20")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_text("€4.30 · No category")).to_be_visible()
    look(home, page, "split-done")
    page.wait_for_url(re.compile(r"/transactions/[0-9a-f-]{36}/$"))
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/transactions/(\?.*)?$"))
    page.goto("/transactions/?search=is:split")
    expect(entry(page, "Warenhaus Mitte")).to_have_count(1)


def test_a_duplicate_is_merged_and_parted_again(home: Home, page: Page) -> None:
    day = months_ago(1, 12).isoformat()
    add_transaction(page, "Coffee machine", "249.00", day)
    import_statement(page, "duplicate.csv", f"Date,Payee,Amount\n{day},ELEKTRO 4411,-249.00\n")
    page.get_by_role("button", name="Book 1 line").click()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible(timeout=READ_MS)
    doubled = balance(page)
    drawer = page.get_by_role("dialog")
    for _ in range(LOOKED_MS // 2_000):
        page.goto("/transactions/?search=amount:249")
        entry(page, "Coffee machine").get_by_role("link").click()
        expect(drawer.get_by_role("heading", name="Coffee machine")).to_be_visible()
        if drawer.get_by_text("Possible duplicate").count():
            break
        page.wait_for_timeout(2_000)
    expect(drawer.get_by_text("Possible duplicate")).to_be_visible()
    look(home, page, "duplicate-asked")
    drawer.get_by_role("link", name="ELEKTRO 4411").click()
    expect(drawer.get_by_role("heading", name="ELEKTRO 4411")).to_be_visible()
    # From the page of one, the other one's page opens: no drawer over what is much the same.
    page.reload()
    page.get_by_role("link", name="Coffee machine").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Coffee machine")
    expect(drawer).to_have_count(0)
    page.goto("/transactions/?search=amount:249")
    entry(page, "ELEKTRO 4411").get_by_role("link").click()
    drawer.get_by_role("button", name="Merge").click()
    expect(drawer.get_by_text("Also told by:")).to_be_visible()
    look(home, page, "duplicate-merged")
    page.keyboard.press("Escape")
    expect(page.locator(".row.entry:not(.void)")).to_have_count(1)
    assert balance(page) == pytest.approx(doubled + 249)
    page.goto("/transactions/?search=amount:249")
    expect(page.locator(".row.entry:not(.void)")).to_have_count(1)
    page.locator(".row.entry:not(.void)").get_by_role("link").click()
    page.get_by_role("dialog").get_by_role("button", name="Part them").click()
    expect(page.get_by_role("dialog").get_by_text("Also told by:")).to_have_count(0)
    page.goto("/transactions/?search=amount:249")
    expect(page.locator(".row.entry:not(.void)")).to_have_count(2)


def sort_in(page: Page, merchant: str) -> None:
    """Give it a category."""
    entry(page, merchant).get_by_role("link").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_label("Category")).to_be_visible()
    drawer.get_by_label("Category").select_option(label="\N{EM SPACE}Restaurants and cafés")
    expect(drawer.get_by_text("Saved.")).to_be_visible()


def test_a_month_with_a_budget(home: Home, page: Page) -> None:
    page.goto("/budgets/")
    page.get_by_role("link", name="Add budget").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").fill("Eating out")
    drawer.get_by_label("Amount for each period").fill("100")
    drawer.get_by_label("Categories").select_option(label="\N{EM SPACE}Restaurants and cafés")
    drawer.get_by_role("button", name=re.compile("Add|Save")).click()
    budget = page.locator(".budget", has_text="Eating out")
    expect(budget).to_contain_text("€100.00 left")
    for merchant, amount in (("Trattoria", "55"), ("Sushi bar", "30")):
        add_transaction(page, merchant, amount)
        sort_in(page, merchant)
    page.goto("/budgets/")
    expect(budget).to_contain_text("€85.00 of €100.00 spent")
    expect(budget).to_contain_text("85 % spent")
    expect(budget).to_contain_text("€15.00 left")
    look(home, page, "budget-nearly-spent")
    budget.get_by_role("link", name=re.compile("spent")).click()
    expect(entry(page, "Trattoria")).to_have_count(1)
    expect(entry(page, "Sushi bar")).to_have_count(1)
    add_transaction(page, "Bistro", "20")
    sort_in(page, "Bistro")
    page.goto("/budgets/?show=over")
    expect(budget).to_contain_text(re.compile(r"\s€5.00 over"))
    look(home, page, "budget-over")


def test_a_subscription_is_found_and_cancelled(home: Home, page: Page) -> None:
    lines = "".join(f"{months_ago(n, 1)},Streamly,-9.99\n" for n in range(4))
    import_statement(page, "streamly.csv", f"Date,Payee,Amount\n{lines}")
    page.get_by_role("button", name="Book 4 lines").click()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible(timeout=READ_MS)
    page.goto("/recurring/subscriptions/")
    page.get_by_role("button", name="Look through my history").click()
    # The calendar's week names it too.
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Streamly"))
    expect(row).to_be_visible()
    look(home, page, "subscription-suggested")
    row.get_by_role("button", name="Streamly is a subscription").click()
    expect(row).to_contain_text("€119.88")
    row.get_by_role("link", name="Streamly").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(4)
    look(home, page, "subscription-open")
    page.keyboard.press("Escape")
    row.get_by_role("button", name="I have cancelled Streamly").click()
    page.locator("summary", has_text="Cancelled, or none").click()
    expect(row).to_contain_text("Cancelled")
    look(home, page, "subscription-cancelled")


def test_a_bank_csv_with_errors(home: Home, page: Page) -> None:
    text = (
        "Buchungstag;Empfänger;Betrag;Währung\n"
        "03.06.2026;Bäckerei Kern;-4,80;EUR\n"
        "31.06.2026;Gibt es nicht;-1,00;EUR\n"
        "05.06.2026;Fährmann;viel;EUR\n"
        "07.06.2026;Zoo;-12,00;EUR\n"
    )
    import_statement(page, "juni.csv", text)
    expect(page.get_by_role("button", name="Book 2 lines")).to_be_visible(timeout=READ_MS)
    refused = page.locator("section", has=page.get_by_role("heading", name="Rows that cannot"))
    expect(refused).to_contain_text("Gibt es nicht")
    expect(refused).to_contain_text("Fährmann")
    look(home, page, "csv-with-errors")
    page.get_by_role("button", name="Book 2 lines").click()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible(timeout=READ_MS)
    page.goto("/transactions/?search=Bäckerei")
    expect(entry(page, "Bäckerei Kern")).to_contain_text("4.80")
    # The same file again adds nothing.
    import_statement(page, "juni.csv", text)
    expect(page.get_by_text("Imported before: 2")).to_be_visible(timeout=READ_MS)
    look(home, page, "csv-again")


def test_a_partner_who_may_only_read(
    home: Home, page: Page, browser: Browser, installation: Installation
) -> None:
    add_transaction(page, "Shared dinner", "61.00")
    page.goto("/settings/roles/")
    page.get_by_label("Name").fill("Reader")
    for box in page.get_by_role("checkbox", name=re.compile("^See")).all():
        box.check()
    page.get_by_role("button", name="Add the role").click()
    expect(page.get_by_role("heading", name="Reader", exact=True)).to_be_visible()
    page.goto("/settings/members/")
    email = f"partner-{home.view}@example.org"
    page.get_by_label("E-mail address").fill(email)
    page.locator("section", has_text="Invite somebody").get_by_label("Role").select_option(
        label="Reader"
    )
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("row", name=re.compile(re.escape(email)))).to_contain_text("Reader")
    look(home, page, "partner-invited")

    theirs = opened(browser, installation, home.size, home.scheme).new_page()
    theirs.goto(installation.latest_link_for(email))
    look(home, theirs, "partner-invitation")
    theirs.get_by_label("Your name").fill("Jon Brandt")
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.get_by_role("button", name="Make an account and join").click()
    theirs.get_by_label("Code").fill(installation.latest_code_for(email))
    theirs.get_by_role("button", name="Sign in").click()
    expect(theirs.get_by_role("heading", name="Overview")).to_be_visible()
    theirs.goto("/transactions/")
    expect(entry(theirs, "Shared dinner")).to_have_count(1)
    expect(theirs.get_by_role("link", name="Add transaction")).to_have_count(0)
    expect(theirs.get_by_label(re.compile("^Choose "))).to_have_count(0)
    entry(theirs, "Shared dinner").get_by_role("link").click()
    drawer = theirs.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name="Shared dinner")).to_be_visible()
    expect(drawer.get_by_label("Category")).to_have_count(0)
    expect(drawer.get_by_text("Void this transaction")).to_have_count(0)
    look(home, theirs, "partner-reads")
    # Who goes by the address all the same is refused by the server, in words.
    answer = theirs.goto("/transactions/new/")
    assert answer is not None and answer.status == 403
    look(home, theirs, "partner-refused")
    theirs.context.close()
