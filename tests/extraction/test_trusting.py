"""Trusting a sender from its first question: by page and API, undone, never on a mere claim."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.tokens import start_session
from extraction.models import TrustedSender
from finance import ledger
from finance.models import ReviewItem, ReviewState, Transaction, TransactionState
from mail_ingest.models import Email
from mail_ingest.trust import Trust
from tenancy.models import Tenant
from tests.extraction.test_pipeline import receive
from tests.finance.make import make_account
from tests.make import make_member
from tests.pages import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
SALARY, RENT = "de-demo-0601-salary.eml", "de-demo-0603-rent.eml"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return signed_in(make_member(in_tenant, email="alice@example.org"))


@pytest.fixture(autouse=True)
def giro(in_tenant: Tenant) -> None:
    make_account("Giro", institution="Nordbank", number="4417")


def booked() -> int:
    return Transaction.objects.filter(state=TransactionState.POSTED).count()


def waiting() -> list[ReviewItem]:
    return list(ReviewItem.objects.filter(state=ReviewState.OPEN).order_by("id"))


def test_what_waits_for_nothing_else_is_booked_and_the_next_books_itself(browser: Client) -> None:
    receive(SALARY, Trust.VERIFIED)
    (item,) = waiting()
    assert item.reasons == ["new_sender"]
    page = browser.get(f"/review/{item.pk}/").content.decode()
    assert "Always trust this sender" in page
    answer = browser.post(f"/review/{item.pk}/trust/", headers=HTMX)
    html = answer.content.decode()
    assert "is trusted; 1 booked" in html
    assert booked() == 1
    # What is trusted is the sender, whether or not something of it is booked.
    ledger.void(Transaction.objects.get().pk, "A test.")
    receive(RENT, Trust.VERIFIED)
    assert booked() == 1


def test_it_is_taken_back_with_what_it_booked(browser: Client) -> None:
    receive(SALARY, Trust.VERIFIED)
    (item,) = waiting()
    browser.post(f"/review/{item.pk}/trust/", headers=HTMX)
    sender = TrustedSender.objects.get()
    browser.post(f"/review/untrust/{sender.pk}/", {"ids": [item.pk]}, headers=HTMX)
    assert booked() == 0
    assert [other.pk for other in waiting()] == [item.pk]
    assert not TrustedSender.objects.exists()


@pytest.mark.parametrize("trust", [Trust.UNVERIFIED, Trust.FAILING])
def test_who_is_not_verified_cannot_be_trusted(browser: Client, trust: Trust) -> None:
    receive(SALARY, trust)
    (item,) = waiting()
    assert "Always trust" not in browser.get(f"/review/{item.pk}/").content.decode()
    html = browser.post(f"/review/{item.pk}/trust/", headers=HTMX).content.decode()
    assert "anybody can write in its name" in html
    assert booked() == 0
    assert not TrustedSender.objects.exists()


def test_who_imitates_a_bank_cannot_be_trusted(browser: Client) -> None:
    receive(SALARY, Trust.VERIFIED)
    Email.objects.update(from_address="alerts@n0rdbank.example")
    (item,) = waiting()
    html = browser.post(f"/review/{item.pk}/trust/", headers=HTMX).content.decode()
    assert "looks like Nordbank and is not it" in html, html[:800]
    assert not TrustedSender.objects.exists()


def test_trust_of_one_sender_vouches_for_no_other_doubt(browser: Client) -> None:
    receive(SALARY, Trust.VERIFIED)
    (item,) = waiting()
    item.reasons = ["new_sender", "low_confidence"]
    item.save(update_fields=["reasons"])
    browser.post(f"/review/{item.pk}/trust/", headers=HTMX)
    assert TrustedSender.objects.count() == 1
    assert booked() == 0
    assert "You trust this sender" in browser.get(f"/review/{item.pk}/").content.decode()


def test_the_api_trusts_and_forgets_and_the_page_lists(browser: Client, in_tenant: Tenant) -> None:
    bob = make_member(in_tenant, email="bob@example.org")
    api = APIClient(headers={"Authorization": f"Bearer {start_session(bob).access}"})
    receive(SALARY, Trust.VERIFIED)
    address = Email.objects.get().from_address
    refused = api.post("/api/v1/trusted-senders", {"address": "nobody@bank.example"})
    assert (refused.status_code, refused.json()["code"]) == (400, "sender_not_proven")
    made = api.post("/api/v1/trusted-senders", {"address": address.upper()})
    assert made.status_code == 201
    assert made.json()["address"] == address
    assert api.post("/api/v1/trusted-senders", {"address": address}).json() == made.json()
    assert address in browser.get("/reading/").content.decode()
    sender = uuid.UUID(made.json()["id"])
    assert browser.post(f"/reading/trusted/{sender}/forget/").status_code == 302
    assert not TrustedSender.objects.exists()
