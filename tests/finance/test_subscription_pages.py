"""The page of subscriptions."""

from __future__ import annotations

import pytest
from django.test import Client

from finance.models import FinancialAccount, Subscription
from tenancy.models import Tenant
from tests.finance.make import make_account
from tests.finance.test_recurring_pages import text
from tests.finance.test_subscriptions import charge, last_months
from tests.pages import member, part

PAGE = "/recurring/subscriptions/"


@pytest.fixture
def account(in_tenant: Tenant) -> FinancialAccount:
    return make_account()


@pytest.fixture
def browser(tenant: Tenant) -> Client:
    return member(tenant)


def test_found_explained_accepted_and_cancelled(browser: Client, account: FinancialAccount) -> None:
    assert "No subscriptions yet" in text(browser.get(PAGE))
    charge(account, last_months()[:3], "-8.99")
    charge(account, last_months()[3:], "-9.99")
    charge(account, last_months(), "-4.00", merchant="Newspaper")
    assert "2 new suggestions." in text(browser.post(f"{PAGE}find/", follow=True))
    shown = text(browser.get(PAGE))
    assert "Is it a subscription?" in shown
    assert "5 charges of the same amount, each on its date" in shown
    row = Subscription.objects.get(name="Filmbox")
    browser.post(f"{PAGE}{row.pk}/accept/")
    browser.post(f"{PAGE}{Subscription.objects.get(name='Newspaper').pk}/reject/")
    shown = text(browser.get(PAGE))
    assert "Is it a subscription?" not in shown
    assert "€119.88" in shown
    assert "+11 % since" in shown
    drawer = text(part(browser, f"{PAGE}{row.pk}/"))
    assert drawer.count("/transactions/") == 5
    assert "€8.99" in drawer
    browser.post(f"{PAGE}{row.pk}/cancel/")
    assert "Cancelled, or none" in text(browser.get(PAGE))


def test_a_month_shows_what_came_and_what_comes(browser: Client, account: FinancialAccount) -> None:
    charge(account, last_months())
    browser.post(f"{PAGE}find/")
    row = Subscription.objects.get()
    browser.post(f"{PAGE}{row.pk}/accept/")
    past = text(browser.get(PAGE, {"month": f"{last_months()[0]:%Y-%m}"}))
    assert "Charged" in past
    later = text(browser.get(PAGE, {"month": f"{row.next_on:%Y-%m}"}))
    assert "to-come" in later


def test_refusals_are_said(browser: Client, account: FinancialAccount) -> None:
    charge(account, last_months())
    browser.post(f"{PAGE}find/")
    row = Subscription.objects.get()
    told = browser.post(f"{PAGE}{row.pk}/cancel/", follow=True)
    assert "Only what has been accepted is cancelled." in text(told)
    assert browser.post(f"{PAGE}{row.pk}/forget/").status_code == 404
