"""The review queue in parts: narrowed, decided at once, put off, each taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from extraction.views.review_narrowing import Narrowing, queue_parts
from finance import review
from finance.ledger import Source
from finance.models import FinancialAccount, ReviewItem, ReviewState, Transaction
from finance.querysets import open_review_items, today
from tenancy.models import Tenant
from tests.finance.make import make_account
from tests.pages import member

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


@pytest.fixture
def giro(in_tenant: Tenant) -> FinancialAccount:
    return make_account()


def question(n: int, giro: FinancialAccount | None, merchant: str, *reasons: str) -> ReviewItem:
    """A draft; without an account it cannot be booked as it is."""
    draft = {"merchant": merchant, "amount": f"-{n}.00", "currency": "EUR",
             "booked_on": today().isoformat()}  # fmt: skip
    if giro is not None:
        draft["account_id"] = str(giro.pk)
    item = review.ask(Source("api", f"row-{n}"), draft, reasons or ("low_confidence",))
    assert item is not None
    return item


def titles(html: str) -> list[str]:
    return [name.strip() for name in re.findall(r"data-item=\"open\"[^>]*>([^<]*)</a>", html)]


def test_the_queue_tells_its_size_age_and_parts(browser: Client, giro: FinancialAccount) -> None:
    for n, merchant in enumerate(("Café", "Café", "Kiosk"), start=1):
        question(n, giro, merchant)
    question(4, giro, "Kiosk", "new_sender", "low_confidence")
    html = browser.get("/review/").content.decode()
    assert "4 wait, the oldest since" in html
    parts = queue_parts(Narrowing(merchant="Café"))
    assert [(p.label, p.count) for p in parts.reasons][1:] == [("First from this sender", 1)]
    assert {(p.label, p.count, p.is_current) for p in parts.merchants} == {
        ("Café", 2, True),
        ("Kiosk", 2, False),
    }
    assert titles(browser.get("/review/?merchant=Kiosk").content.decode()) == ["Kiosk", "Kiosk"]
    assert titles(browser.get("/review/?reason=new_sender").content.decode()) == ["Kiosk"]
    # A part of a reason's name is no reason.
    html = browser.get("/review/?reason=sender").content.decode()
    assert titles(html) == []
    assert "Nothing of this kind waits" in html
    assert "All done" not in html


def test_a_shown_group_is_accepted_at_once_and_taken_back(
    browser: Client, giro: FinancialAccount
) -> None:
    shown = [question(n, giro, "Café") for n in (1, 2)] + [question(3, None, "Café")]
    other = question(4, giro, "Kiosk")
    html = browser.get("/review/?merchant=Café").content.decode()
    assert "Accept all 3 shown" in html
    data = {"ids": [str(item.pk) for item in shown]}
    answer = browser.post("/review/accept-shown/?merchant=Café", data, headers=HTMX)
    html = answer.content.decode()
    assert "2 booked. 1 needs an answer of its own." in html
    assert titles(html) == ["Café"]
    assert answer["HX-Replace-Url"] == f"/review/{shown[2].pk}/?merchant=Caf%C3%A9"
    assert Transaction.objects.filter(state="posted").count() == 2
    assert ReviewItem.objects.get(pk=other.pk).state == ReviewState.OPEN

    undo = {"ids": re.findall(r'name="ids"\s+value="([^"]+)"', html[html.index("reopen-these") :])}
    assert set(undo["ids"]) == {str(item.pk) for item in shown[:2]}
    browser.post("/review/reopen-these/?merchant=Café", undo, headers=HTMX)
    assert open_review_items().count() == 4
    assert not Transaction.objects.filter(state="posted").exists()


def test_the_last_of_a_part_leads_on_to_the_rest(browser: Client, giro: FinancialAccount) -> None:
    one, other = question(1, giro, "Café"), question(2, giro, "Kiosk")
    answer = browser.post(f"/review/{one.pk}/dismiss/?merchant=Café", headers=HTMX)
    assert titles(answer.content.decode()) == ["Kiosk"]
    assert answer["HX-Replace-Url"] == f"/review/{other.pk}/"


def test_a_question_is_put_off_and_comes_back(browser: Client, giro: FinancialAccount) -> None:
    item = question(1, giro, "Café")
    answer = browser.post(f"/review/{item.pk}/snooze/", {"for": "week"}, headers=HTMX)
    html = answer.content.decode()
    assert "Asked again later." in html
    assert "All done" in html
    assert open_review_items().count() == 0
    browser.post(f"/review/{item.pk}/reopen/", headers=HTMX)
    assert open_review_items().count() == 1

    browser.post(f"/review/{item.pk}/snooze/", {"for": "week"}, headers=HTMX)
    for days, waiting in ((6, 0), (8, 1)):
        with time_machine.travel(timezone.now() + timedelta(days)):
            assert open_review_items().count() == waiting
    assert browser.post(f"/review/{item.pk}/snooze/", {"for": "ever"}).status_code == 400


def test_a_decided_question_is_not_put_off(browser: Client, giro: FinancialAccount) -> None:
    item = question(1, giro, "Café")
    review.dismiss(item.pk)
    answer = browser.post(f"/review/{item.pk}/snooze/", headers=HTMX)
    assert "This was decided already." in answer.content.decode()


def test_one_who_only_reads_decides_about_nothing(in_tenant: Tenant) -> None:
    item = question(1, make_account(), "Café")
    Role.objects.create(key="reader", name="Reader", permissions=["transactions:read"])
    reader = member(in_tenant, "reader")
    data = {"ids": [str(item.pk)]}
    for address in ("accept-shown", "reopen-these", f"{item.pk}/snooze"):
        assert reader.post(f"/review/{address}/", data).status_code == 403
    assert open_review_items().count() == 1


def test_a_neighbours_question_is_out_of_reach(
    browser: Client, giro: FinancialAccount, stranger: Tenant
) -> None:
    item = question(1, giro, "Café")
    other = member(stranger, email="eve@example.org")
    other.post("/review/accept-shown/", {"ids": [str(item.pk)]}, headers=HTMX)
    assert other.post(f"/review/{item.pk}/snooze/").status_code == 404
    assert open_review_items().count() == 1
