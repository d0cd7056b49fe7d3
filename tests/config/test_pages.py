"""The overview, error pages, and what holds on every page."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from finance.categories import seed_default_categories
from finance.querysets import today
from tenancy.models import Tenant
from tests.finance.make import category, make_account, make_posted
from tests.pages import member, part

EVERY_PAGE = (
    "/",
    "/transactions/",
    "/transactions/new/",
    "/review/",
    "/accounts/",
    "/accounts/new/",
    "/exchange-rates/",
    "/emails/",
    "/connected-accounts/",
    "/connected-accounts/new/",
    "/connected-accounts/upload/",
    "/jobs/",
    "/settings/",
    "/ledgers/",
)


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def test_an_empty_ledger_starts_with_getting_mail_in(browser: Client) -> None:
    html = browser.get("/").content.decode()
    assert "Import a mailbox" in html
    assert "Try the sample" in html


def test_the_overview_shows_balances_the_month_and_where_it_went(browser: Client) -> None:
    seed_default_categories()
    account = make_account()
    make_posted(account, "1000.00", booked_on=today(), category_id=category("salary").pk)
    make_posted(account, "-30.00", booked_on=today(), category_id=category("groceries").pk)
    html = browser.get("/").content.decode()
    assert "€970.00" in html
    assert "+€1,000.00" in html
    assert re.search(r"<rect[^>]*class=\"bar\"", html)
    assert '<th scope="row">Groceries</th>' in html
    assert f"category={category('groceries').pk}" in html


def test_spending_of_an_earlier_month_is_shown_while_this_one_is_empty(browser: Client) -> None:
    seed_default_categories()
    last_month = date(today().year, today().month, 1).toordinal() - 1
    make_posted(make_account(), "-30.00", booked_on=date.fromordinal(last_month))
    html = browser.get("/").content.decode()
    assert "Nothing has been booked this month yet." in html
    assert 'class="bar"' in html


def test_the_overview_takes_the_same_queries_however_much_there_is(
    browser: Client, django_assert_max_num_queries: Any
) -> None:
    seed_default_categories()
    for n in range(12):
        make_posted(make_account(f"Account {n}"), booked_on=today())
    with django_assert_max_num_queries(19):
        browser.get("/")


def test_work_that_has_ended_reloads_the_page_around_it(browser: Client) -> None:
    assert "HX-Refresh" not in part(browser, "/work/")
    assert part(browser, "/work/", busy="1")["HX-Refresh"] == "true"


@pytest.mark.parametrize("address", EVERY_PAGE)
def test_every_page_keeps_to_its_policy_and_has_its_landmarks(
    browser: Client, address: str
) -> None:
    answer = browser.get(address)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert not re.search(r"<[^>]+\s(style|on\w+)=", html)
    assert not re.search(r"<script(?![^>]*src=)", html)
    assert html.count("<main") == html.count("<h1") == 1
    assert 'lang="en"' in html
    assert "HX-Request" in answer["Vary"]
    assert "private" in answer["Cache-Control"]
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("address", [a for a in EVERY_PAGE if a != "/ledgers/"])
def test_every_page_sends_a_stranger_to_sign_in(client: Client, db: None, address: str) -> None:
    assert client.get(address)["Location"].startswith("/login/")


def test_what_is_not_there_gets_a_page_in_style(browser: Client) -> None:
    answer = browser.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_form_from_elsewhere_is_refused_in_style(in_tenant: Tenant) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/login/", {"email": "a@example.org", "password": "x"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()
