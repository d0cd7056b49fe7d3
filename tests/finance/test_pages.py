"""Pages of transactions and accounts."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.roles import create_role
from finance.categories import seed_default_categories
from finance.models import FinancialAccount, Transaction, TransactionState
from finance.money import Money
from finance.templatetags.money import plain_money
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.finance.make import category, make_account, make_posted, make_proposed
from tests.pages import form_values, member, part


@pytest.fixture
def account(in_tenant: Tenant) -> FinancialAccount:
    seed_default_categories()
    return make_account()


@pytest.fixture
def browser(tenant: Tenant) -> Client:
    return member(tenant)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_list_groups_by_day_and_sums_what_is_posted(
    browser: Client, account: FinancialAccount
) -> None:
    make_posted(account, "-10.00", merchant="Bakery")
    make_posted(account, "-2.50", merchant="Kiosk")
    make_posted(account, "100.00", merchant="Employer", booked_on=date(2026, 5, 1))
    make_proposed(account, "-7.00", merchant="Unsure")
    html = text(browser.get("/transactions/"))
    assert html.count('<h2 class="day">') == 2
    assert "−€12.50" in html
    assert "+€87.50" in html
    assert "In review" in html


def test_filters_are_mirrored_in_the_form_and_narrow_list_and_sums(
    browser: Client, account: FinancialAccount
) -> None:
    make_posted(account, "-10.00", merchant="Bakery")
    make_posted(account, "-2.50", merchant="Kiosk")
    html = text(browser.get("/transactions/", {"search": "bak", "account": str(account.id)}))
    assert form_values(html)["search"] == "bak"
    assert "Bakery" in html
    assert "Kiosk" not in html
    assert "Nothing matches" in text(browser.get("/transactions/", {"search": "nowhere"}))


def test_a_category_finds_what_lies_below_it(browser: Client, account: FinancialAccount) -> None:
    child = category("groceries")
    make_posted(account, merchant="Market", category_id=child.pk)
    make_posted(account, merchant="Elsewhere")
    html = text(browser.get("/transactions/", {"category": str(child.parent_id or child.pk)}))
    assert "Market" in html
    assert "Elsewhere" not in html


def test_dates_the_wrong_way_round_are_told_in_place(
    browser: Client, account: FinancialAccount
) -> None:
    answer = browser.get("/transactions/", {"since": "2026-05-02", "until": "2026-05-01"})
    assert answer.status_code == 422
    assert "before the first day" in text(answer)
    assert form_values(text(answer))["since"] == "2026-05-02"


def test_more_pages_go_on_where_the_last_one_ended(
    browser: Client, account: FinancialAccount
) -> None:
    for n in range(60):
        make_posted(account, merchant=f"Shop {n:02}", booked_on=date(2026, 1, 1) + timedelta(n))
    first = browser.get("/transactions/")
    assert "Shop 10" in text(first)
    assert "Shop 09" not in text(first)
    rest = text(part(browser, first.context["next_page"]))
    assert rest.count('class="row entry posted"') == 10
    assert "Load more" not in rest
    assert browser.get("/transactions/", {"after": "nonsense"}).status_code == 400


def test_a_detail_is_a_page_of_its_own_and_a_part_for_the_drawer(
    browser: Client, account: FinancialAccount
) -> None:
    row = make_posted(account, merchant="Bakery")
    address = f"/transactions/{row.pk}/"
    assert "<html" in text(browser.get(address))
    assert "<html" not in text(part(browser, address))


def test_what_is_changed_in_place_is_saved_and_belongs_to_the_person(
    browser: Client, account: FinancialAccount
) -> None:
    row = make_posted(account, merchant="Bakery")
    groceries = category("groceries")
    changes = {"merchant": "Bäckerei", "category": str(groceries.pk), "notes": ""}
    answer = browser.post(f"/transactions/{row.pk}/", changes)
    assert answer.status_code == 200
    row.refresh_from_db()
    assert row.merchant == "Bäckerei"
    assert row.splits.get().category == groceries
    assert set(row.locked) == {"merchant", "category_id"}


def test_a_stale_form_overwrites_nothing_unseen_and_keeps_what_was_typed(
    browser: Client, account: FinancialAccount
) -> None:
    row = make_posted(account, merchant="Bakery")
    address = f"/transactions/{row.pk}/"
    shown = form_values(text(browser.get(address)))
    browser.post(address, shown | {"merchant": "First", "tags": "shared"})
    answer = browser.post(address, shown | {"merchant": "Second", "notes": "mine"})
    assert answer.status_code == 422
    assert "changed this to “First” meanwhile" in text(answer)
    again = form_values(text(answer))
    assert (again["merchant"], again["tags"]) == ("Second", "shared")
    assert re.search(r"<textarea[^>]*>\s*mine</textarea>", text(answer))
    row.refresh_from_db()
    assert (row.merchant, row.notes) == ("First", "")
    # Who has seen both decides.
    assert browser.post(address, again | {"notes": "mine"}).status_code == 200
    row.refresh_from_db()
    assert (row.merchant, row.notes) == ("Second", "mine")
    assert list(row.taggings.values_list("tag__name", flat=True)) == ["shared"]


def test_without_an_account_one_is_led_to_adding_it(in_tenant: Tenant) -> None:
    browser = member(in_tenant)
    for address in ("/transactions/new/", "/recurring/new/"):
        page = text(browser.get(address))
        assert "There is no account yet" in page and 'href="/accounts/new/"' in page
    make_account()
    assert "There is no account yet" not in text(browser.get("/transactions/new/"))


def test_two_who_change_different_fields_lose_nothing(
    browser: Client, account: FinancialAccount
) -> None:
    row = make_posted(account, merchant="Bakery")
    address = f"/transactions/{row.pk}/"
    shown = form_values(text(browser.get(address)))
    groceries = category("groceries")
    browser.post(address, shown | {"merchant": "First"})
    answer = browser.post(address, shown | {"category": str(groceries.pk)})
    assert answer.status_code == 200
    assert "Somebody has changed this meanwhile: Merchant. It is kept." in text(answer)
    row.refresh_from_db()
    assert (row.merchant, row.splits.get().category) == ("First", groceries)


def test_voiding_keeps_the_transaction_to_be_seen(
    browser: Client, account: FinancialAccount
) -> None:
    row = make_posted(account)
    assert browser.post(f"/transactions/{row.pk}/void/", {"reason": "twice"}).status_code == 200
    row.refresh_from_db()
    assert row.state == TransactionState.VOID
    assert "Corner shop" not in text(browser.get("/transactions/"))
    assert "Corner shop" in text(browser.get("/transactions/", {"state": "void"}))


def test_a_transaction_is_entered_by_hand(browser: Client, account: FinancialAccount) -> None:
    entered = {
        "account": str(account.pk),
        "direction": "out",
        "amount": "12.345",
        "booked_on": "2026-05-20",
        "merchant": "Market",
    }
    wrong = browser.post("/transactions/new/", entered)
    assert wrong.status_code == 422
    assert form_values(text(wrong))["amount"] == "12.345"
    assert not Transaction.objects.exists()
    assert browser.post("/transactions/new/", entered | {"amount": "12.34"}).status_code == 302
    assert Transaction.objects.get().amount == Money(-1234, "EUR")


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({"X-Drawer": "true"}, ("HX-Refresh", "true")),
        ({}, ("HX-Redirect", "/accounts/")),
    ],
)
def test_a_form_leads_back_to_the_list_behind_it(
    browser: Client, in_tenant: Tenant, headers: dict[str, str], answered: tuple[str, str]
) -> None:
    entered = {"name": "Giro", "kind": "checking", "currency": "EUR", "opening": "0"}
    answer = browser.post("/accounts/new/", entered, headers={"HX-Request": "true", **headers})
    name, value = answered
    assert answer[name] == value
    assert len({"HX-Refresh", "HX-Redirect"} & set(answer.headers)) == 1


def test_accounts_are_opened_changed_and_summed_by_currency(
    browser: Client, account: FinancialAccount
) -> None:
    opened = {"name": "Yen", "kind": "cash", "currency": "JPY", "opening": "1200"}
    assert browser.post("/accounts/new/", opened).status_code == 302
    assert "¥1,200" in text(browser.get("/accounts/"))
    assert browser.post("/accounts/new/", opened | {"opening": "0.5"}).status_code == 422
    changed = {"name": "Main", "kind": "checking", "currency": "EUR", "opening": "5"}
    assert browser.post(f"/accounts/{account.pk}/change/", changed).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.opening_minor) == ("Main", 500)


@pytest.mark.parametrize("address", ["/transactions/{}/", "/accounts/{}/"])
def test_what_is_not_there_is_not_found(browser: Client, in_tenant: Tenant, address: str) -> None:
    assert browser.get(address.format(uuid.uuid4())).status_code == 404


def test_a_neighbours_rows_are_not_found_and_not_changed(
    browser: Client, account: FinancialAccount, stranger: Tenant
) -> None:
    row = make_posted(account, merchant="Bakery")
    other = member(stranger, email="bob@example.org")
    assert other.get(f"/transactions/{row.pk}/").status_code == 404
    assert other.post(f"/transactions/{row.pk}/void/").status_code == 404
    assert other.get(f"/accounts/{account.pk}/change/").status_code == 404
    assert "Bakery" not in text(other.get("/transactions/"))
    row.refresh_from_db()
    assert row.state == TransactionState.POSTED


def test_reading_alone_does_not_allow_writing(tenant: Tenant, account: FinancialAccount) -> None:
    row = make_posted(account)
    create_role("Reader", ["transactions:read", "accounts:read"])
    reader = member(tenant, "reader", email="reader@example.org")
    assert reader.get(f"/transactions/{row.pk}/").status_code == 200
    assert reader.post(f"/transactions/{row.pk}/void/").status_code == 403
    assert reader.get("/transactions/new/").status_code == 403
    row.refresh_from_db()
    assert row.state == TransactionState.POSTED


def test_a_longer_list_takes_no_more_queries(
    browser: Client, account: FinancialAccount, django_assert_max_num_queries: Any
) -> None:
    for n in range(40):
        make_posted(account, merchant=f"Shop {n}")
    with django_assert_max_num_queries(16):
        browser.get("/transactions/")


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (-123456, "EUR", "−€1,234.56"),
        (1200, "JPY", "¥1,200"),
        (1250, "KWD", "KWD\N{NO-BREAK SPACE}1.250"),
        (0, "CHF", "CHF\N{NO-BREAK SPACE}0.00"),
    ],
)
def test_money_is_written_in_its_currencys_own_scale(minor: int, currency: str, shown: str) -> None:
    assert plain_money(Money(minor, currency)) == shown


def test_no_scope_of_a_test_leaks_into_the_pages(browser: Client, stranger: Tenant) -> None:
    with tenant_scope(stranger.id):
        assert "Home" in text(browser.get("/"))
