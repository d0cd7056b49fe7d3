"""The pages of analytics, and their charts."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.test import Client

from finance.categories import seed_default_categories
from finance.charts import Slice, line_chart
from finance.models import Category, FinancialAccount
from finance.money import Money
from finance.querysets import today
from finance.sankey import HEIGHT, MOST_NODES, sankey
from tenancy.models import Tenant
from tests.finance.make import category, make_account, make_posted
from tests.pages import member

PAGES = ("/analytics/", "/analytics/income/", "/analytics/worth/", "/analytics/coverage/")


@pytest.fixture
def account(in_tenant: Tenant) -> FinancialAccount:
    seed_default_categories()
    return make_account(opening=Money(50_000, "EUR"))


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def text(browser: Client, address: str, **query: str) -> str:
    answer = browser.get(address, query)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_an_empty_ledger_has_pages_too(browser: Client, address: str) -> None:
    assert "Analytics" in text(browser, address)


def test_spending_with_its_chart_and_links(browser: Client, account: FinancialAccount) -> None:
    groceries = category("groceries")
    make_posted(account, "-30", booked_on=today(), category_id=groceries.pk, merchant="Rewe")
    html = text(browser, "/analytics/")
    assert "€30.00" in html and "Groceries" in html
    assert re.search(rf'href="/transactions/\?since=[^"]*category={groceries.pk}', html)
    assert "Rewe" in text(browser, "/analytics/", by="merchant")
    assert "Giro" in text(browser, "/analytics/", by="account")
    [href] = re.findall(rf'<a href="(/transactions/[^"]*{groceries.pk})">', html)
    assert "Rewe" in text(browser, href.replace("&amp;", "&"))


def test_what_has_no_category_leads_to_what_has_none(
    browser: Client, account: FinancialAccount
) -> None:
    make_posted(account, "-30", booked_on=today(), merchant="Kiosk")
    make_posted(account, "-40", booked_on=today(), category_id=category("fuel").pk, merchant="Esso")
    [href] = re.findall(
        r'<a href="(/transactions/[^"]*category=none)">', text(browser, "/analytics/")
    )
    listed = text(browser, href.replace("&amp;", "&"))
    assert "Kiosk" in listed and "Esso" not in listed


def test_income_worth_and_coverage(browser: Client, account: FinancialAccount) -> None:
    make_posted(account, "1000", booked_on=today(), category_id=category("salary").pk)
    make_posted(account, "-250", booked_on=today(), category_id=category("rent").pk)
    html = text(browser, "/analytics/income/")
    assert "75.0 %" in html and 'class="ribbon in"' in html and "Saved" in html
    assert "€1,250.00" in text(browser, "/analytics/worth/")
    assert "2</a>" in text(browser, "/analytics/coverage/")


def test_what_was_saved_is_never_summed_up_as_the_rest(
    browser: Client, account: FinancialAccount
) -> None:
    make_posted(account, "1000", booked_on=today(), category_id=category("salary").pk)
    keys = Category.objects.filter(kind="expense", parent=None).values_list("key", flat=True)
    for key in keys[: MOST_NODES + 2]:
        make_posted(account, "-10", booked_on=today(), category_id=category(key).pk)
    html = text(browser, "/analytics/income/")
    assert "Saved" in html and "Everything else" in html
    [rest] = re.findall(r'<a href="([^"]*)"[^>]*>\s*Everything else', html)
    assert "category" not in rest


@pytest.mark.parametrize("address", PAGES)
def test_a_wrong_period_is_told_at_its_field(browser: Client, address: str) -> None:
    for until in ("2026-01-01", "2040-01-01", "2026-13-01"):
        answer = browser.get(address, {"since": "2026-05-01", "until": until})
        assert answer.status_code == 422
        assert "error" in answer.content.decode()


# --- Geometry -------------------------------------------------------------------------------------


def slices(*minors: int) -> list[Slice]:
    return [Slice(f"n{n}", Money(minor, "EUR"), "/") for n, minor in enumerate(minors)]


def test_both_sides_of_a_sankey_fill_the_stem() -> None:
    rest = Slice("Rest", Money(0, "EUR"), "/all")
    drawn = sankey(slices(7000, 3000), slices(*[800] * 12, 400), rest)
    assert drawn is not None
    assert [(node.label, node.href) for node in drawn.uses][-1] == ("Rest", "/all")
    assert len(drawn.uses) == MOST_NODES + 1
    assert sum(node.value.minor for node in drawn.uses) == 10_000
    for side in (drawn.sources, drawn.uses):
        bottom = float(re.findall(r"V([\d.]+)", side[-1].ribbon)[0])
        assert bottom == pytest.approx(float(drawn.stem_y) + HEIGHT, abs=0.2)
        tops = [float(node.y) for node in side]
        assert all(b - a >= 34 for a, b in pairwise(tops)), "texts overlap"
        assert tops[-1] + 34 <= drawn.height
    assert sankey([], [], rest) is None


def test_a_line_steps_within_its_drawing() -> None:
    first = date(2026, 1, 1)
    points = [(first + timedelta(n), Money(minor, "EUR")) for n, minor in enumerate((0, -500, 900))]
    drawn = line_chart(points, [(first, first + timedelta(2), "January", "/")])
    heights = [float(y) for y in re.findall(r"V([\d.]+)", drawn.path)]
    assert all(0 <= y <= drawn.height for y in heights)
    assert heights[0] > float(drawn.zero_y or 0) > heights[1]
    flat = line_chart([(first, Money(5, "EUR")), (first, Money(5, "EUR"))], [])
    assert flat.path == "M0.0 100.0H0.0V100.0"
