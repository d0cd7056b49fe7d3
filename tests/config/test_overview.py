"""The overview's sections: what they show, and that each stands where the person wants it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from config.overview.layout import Layout
from config.overview.sections import KEYS, SECTIONS
from finance.bills.managing import add_bill
from finance.categories import seed_default_categories
from finance.models import FinancialAccount
from finance.money import Money
from finance.months import first_of
from finance.querysets import today
from finance.subscriptions.finding import find_subscriptions
from tenancy.models import Tenant
from tests.finance.make import category, make_account, make_posted
from tests.make import make_member
from tests.pages import member, part, signed_in


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def section_order(html: str) -> list[str]:
    return re.findall(r'id="section-(\w+)"', html)


def post(browser: Client, address: str, **data: Any) -> str:
    answer = browser.post(f"/overview/{address}/", data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def section(browser: Client, key: str) -> str:
    return str(part(browser, f"/overview/{key}/").content.decode())


def test_sections_follow_the_page_in_the_order_they_are_declared(browser: Client) -> None:
    make_posted(make_account(), "-5.00", booked_on=today())
    html = browser.get("/").content.decode()
    assert section_order(html) == list(KEYS)
    for one in SECTIONS:
        assert (f'hx-get="/overview/{one.key}/"' in html) is not one.is_first
        assert section_order(section(browser, one.key)) == [one.key]
    assert browser.get("/overview/no-such/").status_code == 404


def test_an_unusual_purchase_is_told_until_it_is_noted(browser: Client) -> None:
    account = make_account()
    for n in range(8):
        day = today() - timedelta(days=40 + 7 * n)
        make_posted(account, "-10.00", booked_on=day, merchant="Corner shop")
    make_posted(account, "-900.00", booked_on=today(), merchant="Corner shop")
    html = section(browser, "insights")
    assert "Corner shop" in html
    mark = re.search(r'name="mark"\s+value="([^"]+)"', html)
    assert mark
    assert "Nothing out of the ordinary" in post(browser, "noted", mark=mark[1])
    assert "Nothing out of the ordinary" in section(browser, "insights")
    # Other figures are news.
    make_posted(account, "-950.00", booked_on=today(), merchant="Corner shop")
    assert "950.00" in section(browser, "insights")


def test_what_may_be_a_subscription_is_asked_until_it_is_noted(browser: Client) -> None:
    account = make_account()
    charge_monthly(account, "Filmhaus")
    assert find_subscriptions(today()) == 1
    html = section(browser, "insights")
    assert "Is it a subscription? Filmhaus" in html
    assert 'href="/recurring/subscriptions/"' in html
    mark = re.search(r'name="mark"\s+value="(suggested:[^"]+)"', html)
    assert mark
    assert "Filmhaus" not in post(browser, "noted", mark=mark[1])
    # Another one is news.
    charge_monthly(account, "Fitness")
    assert find_subscriptions(today()) == 1
    assert "Which are subscriptions? " in section(browser, "insights")


def charge_monthly(account: FinancialAccount, merchant: str) -> None:
    for n in range(4):
        make_posted(account, "-12.00", booked_on=today() - timedelta(30 * n), merchant=merchant)


def test_months_lead_to_what_they_are_made_of(browser: Client) -> None:
    seed_default_categories()
    account, first = make_account(), first_of(today())
    make_posted(account, "1000.00", booked_on=first, category_id=category("salary").pk)
    make_posted(account, "-400.00", booked_on=first, category_id=category("groceries").pk)
    html = section(browser, "months")
    assert f"since={first.isoformat()}" in html
    assert "In €1,000.00, Out €400.00" in html
    columns = [float(h) for h in re.findall(r'class="bar \w+"[^>]*\sheight="([\d.]+)"', html)]
    assert columns[-2:] == [160, 64]


def test_late_bills_and_those_of_the_next_days_are_coming_up(browser: Client) -> None:
    make_account()
    for name, days in (("Late", -3), ("Soon", 5), ("Far away", 40)):
        add_bill(name, Money(1000, "EUR"), today() + timedelta(days))
    html = section(browser, "upcoming")
    assert html.index("Late") < html.index("Soon")
    assert html.count("Overdue") == 1
    assert "Far away" not in html


def test_a_section_moves_folds_and_is_left_out_for_one_person_only(
    browser: Client, in_tenant: Tenant
) -> None:
    make_posted(make_account(), "-5.00", booked_on=today())
    html = post(browser, "balances/up")
    assert section_order(html)[:3] == ["insights", "balances", "spending"]
    html = post(browser, "months/hide")
    assert "months" not in section_order(html)
    assert "/overview/months/show/" in html
    # Past what is left out, to the next that is seen.
    html = post(browser, "worth/up")
    assert section_order(html)[:4] == ["insights", "balances", "worth", "spending"]
    assert 'aria-expanded="false"' in post(browser, "balances/fold")
    page = browser.get("/").content.decode()
    assert "/overview/balances/unfold/" in page
    assert section_order(page)[:4] == ["insights", "balances", "worth", "spending"]

    other = signed_in(make_member(in_tenant, "user", email="bob@example.org"))
    assert section_order(other.get("/").content.decode()) == list(KEYS)
    assert browser.post("/overview/balances/explode/").status_code == 404
    assert browser.get("/overview/balances/up/").status_code == 405


def test_what_was_stored_meets_sections_that_came_and_went() -> None:
    layout = Layout.of({"order": ["gone", "worth"], "folded": ["gone"]}, ["spending", "worth"])
    assert layout.order == ["worth", "spending"]
    layout.apply("worth", "up")
    assert layout.order == ["worth", "spending"]
    layout.apply("worth", "down")
    assert layout.order == ["spending", "worth"]
    for n in range(150):
        layout.note(str(n))
    assert len(layout.noted) == 100
    assert layout.noted[-1] == "149"


@pytest.mark.parametrize("key", KEYS)
def test_each_section_takes_the_same_queries_however_much_there_is(
    browser: Client, key: str, django_assert_max_num_queries: Any
) -> None:
    seed_default_categories()
    for n in range(8):
        account = make_account(f"Account {n}")
        make_posted(account, "-7.00", booked_on=today(), merchant=f"Shop {n}")
        add_bill(f"Bill {n}", Money(1000, "EUR"), today())
    with django_assert_max_num_queries(22):
        section(browser, key)
