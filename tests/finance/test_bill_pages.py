"""The page of bills."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finance.bills.entering import enter_many
from finance.bills.managing import dismiss, pay
from finance.models import Bill, FinancialAccount
from finance.querysets import today
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.finance.test_bills import notice
from tests.pages import member, part

PAGE = "/recurring/bills/"


@pytest.fixture
def account(in_tenant: Tenant) -> FinancialAccount:
    return make_account()


@pytest.fixture
def browser(tenant: Tenant) -> Client:
    return member(tenant)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def form(**fields: Any) -> dict[str, Any]:
    due = str(today() + timedelta(5))
    return {"payee": "Dentist", "amount": "126.80", "currency": "EUR", "due_on": due} | fields


def test_a_bill_is_added_changed_and_paid(browser: Client, account: FinancialAccount) -> None:
    assert "Nothing is to be paid" in text(browser.get(PAGE))
    added = browser.post(f"{PAGE}new/", form())
    assert added.status_code == 302, text(added)
    bill = Bill.objects.get()
    shown = text(browser.get(PAGE))
    assert "€126.80" in shown and "in 5 days" in shown
    assert "Dentist" in text(browser.get("/recurring/", {"month": f"{bill.due_on:%Y-%m}"}))
    browser.post(f"{PAGE}{bill.pk}/", form(due_on=str(today() - timedelta(1))))
    assert ">Overdue<" in text(browser.get(PAGE))
    payment = make_posted(account, "-126.80", merchant="Praxis", booked_on=today())
    assert f'value="{payment.pk}"' in text(part(browser, f"{PAGE}{bill.pk}/"))
    browser.post(f"{PAGE}{bill.pk}/pay/", {"transaction": str(payment.pk)})
    assert ">Paid<" in text(browser.get(PAGE))
    assert "Paid on" in text(browser.get(f"{PAGE}{bill.pk}/"))


def test_a_doubtful_one_is_confirmed_or_dismissed(browser: Client, in_tenant: Tenant) -> None:
    (bill,) = enter_many([notice(doubts=("new_sender",))])
    shown = text(browser.get(PAGE))
    assert "To be confirmed" in shown and "First from this sender" in shown
    browser.post(f"{PAGE}{bill.pk}/confirm/")
    assert "To be confirmed" not in text(browser.get(PAGE))
    browser.post(f"{PAGE}{bill.pk}/dismiss/")
    told = browser.post(f"{PAGE}{bill.pk}/confirm/", follow=True)
    assert "This was dismissed" in text(told)
    browser.post(f"{PAGE}{bill.pk}/reopen/")
    bill.refresh_from_db()
    assert bill.state == "open"
    assert browser.post(f"{PAGE}{bill.pk}/burn/").status_code == 404


def test_what_is_wrong_is_said(browser: Client, account: FinancialAccount) -> None:
    refused = browser.post(f"{PAGE}new/", form(amount="1.001"))
    assert (refused.status_code, "EUR has 2 decimals" in text(refused)) == (422, True)
    browser.post(f"{PAGE}new/", form())
    bill = Bill.objects.get()
    told = browser.post(f"{PAGE}{bill.pk}/pay/", {"transaction": "x"}, follow=True)
    assert "Choose the payment" in text(told)


def test_what_is_done_comes_in_pages(browser: Client, account: FinancialAccount) -> None:
    bills = enter_many([notice(payee=f"Payee{n}") for n in range(60)])
    for bill in bills[:55]:
        dismiss(bill.pk)
    pay(bills[55].pk, make_posted(account).pk)
    with CaptureQueriesContext(connection) as seen:
        first = text(browser.get(PAGE))
    assert first.count("<tr>") - 2 == 4 + 50 + 1
    assert len(seen) < 15
    following = first.split('hx-get="')[-1].split('"')[0].replace("&amp;", "&")
    assert text(part(browser, following)).count("<tr>") == 6
