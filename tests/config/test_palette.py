"""Ctrl+K goes to pages, accounts and transactions, and to nothing that one may not see."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.pages import member, part


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def found(browser: Client, query: str) -> str:
    return str(part(browser, "/palette/", q=query).content.decode())


def test_it_begins_with_pages_accounts_and_where_one_was(browser: Client) -> None:
    make_account("Holiday fund")
    answer = part(
        browser, "/palette/", recent=["/jobs/?show=done\nJobs of today", "//evil.example\nNo"]
    )
    html = answer.content.decode()
    assert 'href="/jobs/?show=done"' in html
    assert "evil.example" not in html
    assert (
        html.index("Jobs of today")
        < html.index('href="/transactions/"')
        < html.index("Holiday fund")
    )


def test_it_finds_by_words(browser: Client) -> None:
    row = make_posted(make_account("Holiday fund"), "-12.00", merchant="Café Zürich")
    assert f'href="/transactions/{row.pk}/"' in found(browser, "zürich")
    assert 'href="/settings/members/"' in found(browser, "memb")
    assert "Holiday fund" in found(browser, "holi")
    assert "Nothing is called “qqq”" in found(browser, "qqq")
    assert found(browser, "\0")


def test_it_says_where_the_rest_is(browser: Client) -> None:
    account = make_account()
    for _ in range(9):
        make_posted(account, "-1.00", merchant="Bakery")
    html = found(browser, "bakery")
    assert html.count("Bakery") == 8
    assert 'href="/transactions/?search=bakery"' in html


def test_it_shows_nothing_that_one_may_not_see(in_tenant: Tenant) -> None:
    account = make_account("Holiday fund")
    make_posted(account, "-1.00", merchant="Bakery")
    Role.objects.create(key="mail", name="Mail", permissions=["mail:read"])
    browser = member(in_tenant, "mail")
    assert "Holiday fund" not in found(browser, "holiday")
    assert "/transactions/" not in found(browser, "bakery")
    assert 'href="/emails/"' in found(browser, "mail")
