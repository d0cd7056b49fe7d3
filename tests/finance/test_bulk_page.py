"""Ticking transactions on the page, changing them, and undoing it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.roles import create_role
from finance.models import EditBatch, FinancialAccount, Transaction
from finance.tags import add_tag, tags_named
from tenancy.models import Tenant
from tenancy.scope import Actor, tenant_scope
from tests.finance.make import category, make_posted
from tests.pages import member, part

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(giro: FinancialAccount) -> Client:
    for n, name in enumerate(("Cafe Lumo", "Cafe Nord", "Baker")):
        make_posted(giro, f"-{n + 1}.00", merchant=name)
    return member(Tenant.objects.get(pk=giro.tenant_id))


def post(browser: Client, query: str = "", **data: Any) -> Any:
    return browser.post(f"/transactions/edit/{query}", data, headers={"HX-Request": "true"})


def merchants() -> list[str]:
    return sorted(Transaction.objects.values_list("merchant", flat=True))


def test_ticked_ones_are_changed_and_brought_back(browser: Client) -> None:
    ids = list(Transaction.objects.filter(merchant__startswith="Cafe").values_list("pk", flat=True))
    food = category("groceries")
    answer = post(browser, ids=ids, category=food.pk, add_tags="trip, fun", is_one_time="yes")
    html = answer.content.decode()
    assert (answer.status_code, "2 transactions changed." in html) == (200, True)
    assert answer["HX-Trigger-After-Settle"] == "ledger-changed"
    rows = Transaction.objects.filter(is_one_time=True, splits__category=food)
    assert rows.filter(taggings__tag__name="fun").count() == 2
    batch = EditBatch.objects.get()
    undone = browser.post(f"/rules/undo/{batch.pk}/", headers={"HX-Request": "true"})
    assert "2 came back." in undone.content.decode()
    assert not rows.exists()


def test_all_that_the_filter_finds_are_changed_whatever_is_ticked(browser: Client) -> None:
    baker = Transaction.objects.get(merchant="Baker")
    post(browser, "?search=cafe", ids=[baker.pk], everything="on", merchant="Café")
    assert merchants() == ["Baker", "Café", "Café"]


@pytest.mark.parametrize(
    ("query", "data", "told"),
    [
        ("", {"merchant": "x"}, "Choose transactions"),
        ("", {"merchant": "x", "ids": ["nonsense"]}, "Choose transactions"),
        ("", {"everything": "on"}, "Say what they get"),
        ("", {"everything": "on", "remove_tags": "nowhere"}, "There is no tag"),
        ("?search=(", {"everything": "on", "merchant": "x"}, "Correct the filter"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    browser: Client, query: str, data: dict[str, Any], told: str
) -> None:
    answer = post(browser, query, **data)
    assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert not EditBatch.objects.exists()


def test_a_tag_is_taken_off(browser: Client) -> None:
    add_tag("trip")
    assert tags_named(["trip"])
    post(browser, everything="on", add_tags="trip")
    post(browser, "?search=cafe", everything="on", remove_tags="TRIP")
    tagged = Transaction.objects.filter(taggings__isnull=False)
    assert [row.merchant for row in tagged] == ["Baker"]


def test_without_scripts_it_works_as_well(browser: Client) -> None:
    data = {"everything": "on", "merchant": "Same"}
    assert browser.post("/transactions/edit/?search=cafe", data)["Location"] == "/rules/"
    assert merchants() == ["Baker", "Same", "Same"]
    wrong = browser.post("/transactions/edit/", {"everything": "on"})
    assert (wrong.status_code, "<h1>" in wrong.content.decode()) == (422, True)


def test_filters_are_badges_that_can_be_taken_off(browser: Client, giro: FinancialAccount) -> None:
    html = part(browser, "/transactions/", search="cafe", account=giro.pk).content.decode()
    assert 'href="/transactions/?account=' in html
    assert 'href="/transactions/?search=cafe"' in html
    assert f"Account: {giro}" in html


def test_who_may_only_read_changes_nothing(giro: FinancialAccount) -> None:
    make_posted(giro, "-1.00", merchant="Baker")
    with tenant_scope(giro.tenant_id, actor=Actor("system")):
        create_role("Reader", ["transactions:read", "accounts:read"])
    reader = member(Tenant.objects.get(pk=giro.tenant_id), "reader", "bob@example.org")
    assert 'class="pick"' not in reader.get("/transactions/").content.decode()
    assert post(reader, everything="on", merchant="x").status_code == 403
    assert merchants() == ["Baker"]
