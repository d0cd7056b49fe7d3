"""Merging, parting and linking on a transaction's page, in review and over REST."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Role
from finance.categories import seed_default_categories
from finance.matching.finding import find_matches
from finance.models import FinancialAccount, Match, ReviewItem, Transaction, Transfer
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted, make_proposed
from tests.finance.matching.make import make_match, make_transfer, match_of
from tests.make import make_member
from tests.pages import member, part

HTMX = {"HX-Request": "true"}
MATCHES, TRANSFERS = "/api/v1/matches", "/api/v1/transfers"


@pytest.fixture
def account(in_tenant: Tenant) -> FinancialAccount:
    seed_default_categories()
    return make_account()


@pytest.fixture
def browser(tenant: Tenant) -> Client:
    return member(tenant)


@pytest.fixture
def api(tenant: Tenant) -> APIClient:
    client = APIClient()
    client.force_login(make_member(tenant, "admin", email="api@example.org"))
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_possible_duplicate_is_shown_first_with_why_and_merged(
    browser: Client, account: FinancialAccount
) -> None:
    match = make_match()
    address = f"/transactions/{match.first_id}/"
    html = text(part(browser, address))
    assert html.index("Possible duplicate") < html.index('class="facts"')
    assert "Same amount, same day" in html and f"/transactions/{match.second_id}/" in html
    answer = browser.post(f"{address}matches/{match.pk}/accept/", headers=HTMX)
    assert answer.headers["HX-Trigger"] == "list-changed"
    done = text(answer)
    assert "Possible duplicate" not in done and "Also told by:" in done
    assert Transaction.objects.get(pk=match.second_id).state == "void"
    gone = text(browser.get(f"/transactions/{match.second_id}/"))
    assert "See the one that stayed" in gone
    browser.post(f"/transactions/{match.second_id}/part/")
    assert Transaction.objects.get(pk=match.second_id).state == "posted"
    match.refresh_from_db()
    assert match.state == "rejected"


def test_keep_both_keeps_both(browser: Client, account: FinancialAccount) -> None:
    match = make_match()
    address = f"/transactions/{match.first_id}/"
    browser.post(f"{address}matches/{match.pk}/reject/")
    assert "Possible duplicate" not in text(browser.get(address))
    assert browser.post(f"{address}matches/{match.pk}/forget/").status_code == 404
    assert browser.post(f"{address}matches/{uuid.uuid4()}/accept/").status_code == 404


def test_a_transfer_is_parted_on_its_page(browser: Client, account: FinancialAccount) -> None:
    link = make_transfer()
    html = text(browser.get(f"/transactions/{link.outflow_id}/"))
    assert "The other side" in html
    browser.post(f"/transactions/{link.outflow_id}/part/")
    assert not Transfer.objects.exists()
    problem = browser.post(f"/transactions/{link.outflow_id}/part/")
    assert problem.status_code == 422 and "not merged" in text(problem)


def test_review_merges_into_what_is_known_and_undoes_it(
    browser: Client, account: FinancialAccount
) -> None:
    known = make_posted(account)
    asked = make_proposed(account, merchant="Corner")
    match = match_of(known.pk, asked.pk)
    item = ReviewItem.objects.get(transaction=asked)
    html = text(part(browser, f"/review/{item.pk}/"))
    assert "Perhaps the same as" in html and 'data-key="m"' in html
    done = browser.post(f"/review/{item.pk}/merge/{match.pk}/", headers=HTMX)
    assert "Merged." in text(done) and f"undo-match/{match.pk}" in text(done)
    item.refresh_from_db()
    assert item.state == "dismissed"
    again = browser.post(f"/review/{item.pk}/undo-match/{match.pk}/", headers=HTMX)
    assert "Perhaps the same as" in text(again)
    kept = browser.post(f"/review/{item.pk}/keep-both/{match.pk}/", headers=HTMX)
    assert "Perhaps the same as" not in text(kept) and "Corner" in text(kept)
    item.refresh_from_db()
    assert item.state == "open"


def test_the_key_is_the_first_ones_and_what_is_decided_is_not_asked_again(
    browser: Client, account: FinancialAccount
) -> None:
    first, second = make_posted(account), make_posted(account)
    asked = make_proposed(account)
    match_of(first.pk, asked.pk)
    match_of(second.pk, asked.pk)
    item = ReviewItem.objects.get(transaction=asked)
    html = text(part(browser, f"/review/{item.pk}/"))
    assert html.count("Perhaps the same as") == 2 and html.count('data-key="m"') == 1
    browser.post(f"/review/{item.pk}/dismiss/")
    assert "Possible duplicate" not in text(browser.get(f"/transactions/{first.pk}/"))


def test_who_may_only_read_decides_nothing(tenant: Tenant, account: FinancialAccount) -> None:
    match = make_match()
    Role.objects.create(key="reader", name="Reader", permissions=["transactions:read"])
    reader = member(tenant, "reader", email="reader@example.org")
    address = f"/transactions/{match.first_id}/"
    assert "Keep both" not in text(reader.get(address))
    assert reader.post(f"{address}matches/{match.pk}/accept/").status_code == 403
    assert reader.post(f"{MATCHES}/{match.pk}/accept").status_code == 403
    assert Match.objects.get().state == "open"


def test_matches_over_rest(api: APIClient, account: FinancialAccount) -> None:
    match = make_match()
    listed = api.get(MATCHES, {"state": "open", "transaction": str(match.second_id)}).json()
    shown = listed["data"][0]
    assert shown["explanation"] == "Same amount, same day" and shown["score"] == 60
    for verb, state in (
        ("accept", "accepted"), ("reject", "rejected"), ("reopen", "open"), ("accept", "accepted"),
    ):  # fmt: skip
        answer = api.post(f"{MATCHES}/{match.pk}/{verb}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    parted = api.delete(f"/api/v1/transactions/{match.second_id}/merge")
    assert parted.json()["state"] == "posted"
    assert api.delete(f"/api/v1/transactions/{match.second_id}/merge").status_code == 409
    assert api.get(f"{MATCHES}/{match.pk}").json()["state"] == "rejected"
    assert api.get(MATCHES, {"colour": "red"}).status_code == 400
    assert api.post(f"{MATCHES}/{uuid.uuid4()}/accept").status_code == 404


def test_transfers_over_rest(api: APIClient, account: FinancialAccount) -> None:
    savings = make_account("Savings")
    out = make_posted(account, "-10", merchant="")
    into = make_posted(savings, "10", merchant="")
    body = {"outflow": str(out.pk), "inflow": str(into.pk)}
    made = api.post(TRANSFERS, body)
    assert made.status_code == 201 and made.json()["inflow"]["amount"] == "10.00"
    assert api.get(TRANSFERS, {"account": str(savings.pk)}).json()["data"] == [made.json()]
    assert api.get(f"{TRANSFERS}/{made.json()['id']}").json() == made.json()
    assert api.delete(f"{TRANSFERS}/{made.json()['id']}").status_code == 204
    assert find_matches([out.pk, into.pk]).pairs == 0, "what was parted is remembered"
    wrong = api.post(TRANSFERS, body | {"inflow": str(uuid.uuid4())})
    assert wrong.status_code == 400 and wrong.json()["errors"][0]["field"] == "inflow"
    same = api.post(TRANSFERS, {"outflow": str(out.pk), "inflow": str(out.pk)})
    assert same.status_code == 400


def test_a_refund_is_shown_on_both(browser: Client, account: FinancialAccount) -> None:
    bought = make_posted(account, "-30")
    day = bought.booked_on + timedelta(days=3)
    back = make_posted(account, "30", event="refund", booked_on=day)
    assert find_matches([back.pk]).carried_out == 1
    assert "Refunded:" in text(browser.get(f"/transactions/{bought.pk}/"))
    assert "Refund of:" in text(browser.get(f"/transactions/{back.pk}/"))
