"""Saved filters at their doors: the page, the API, the command."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance.errors import LedgerError
from finance.models import FinancialAccount, SavedFilter
from finance.saved_filters import keeping
from tenancy.models import Tenant
from tests.finance.make import make_posted
from tests.make import make_member
from tests.pages import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(giro: FinancialAccount) -> Tenant:
    make_posted(giro, "-4.00", merchant="Cafe Lumo")
    make_posted(giro, "-40.00", merchant="Baker")
    found: Tenant = Tenant.objects.get(pk=giro.tenant_id)
    return found


def api_of(home: Tenant, email: str) -> APIClient:
    access = start_session(make_member(home, email=email)).access
    return APIClient(headers={"Authorization": f"Bearer {access}"})


def save(browser: Client, name: str, query: str, **more: str) -> None:
    answer = browser.post("/transactions/filters/save/", {"name": name, "query": query, **more})
    assert answer.status_code == 302


def test_the_page_saves_shows_renames_orders_and_removes(home: Tenant) -> None:
    browser = member(home)
    assert "Save this filter" not in browser.get("/transactions/").content.decode()
    assert "Save this filter" in browser.get("/transactions/?search=lumo").content.decode()
    save(browser, "Coffee", "search=lumo&account=&after=x")
    save(browser, "Large", "search=amount%3E%3D10", is_shared="on")
    save(browser, "coffee", "search=other")
    save(browser, "Everything", "")
    assert list(SavedFilter.objects.values_list("name", "fields")) == [
        ("Coffee", {"search": "lumo"}), ("Large", {"search": "amount>=10"}),
    ]  # fmt: skip
    html = browser.get("/transactions/?search=lumo").content.decode()
    assert html.index(">Coffee<") < html.index(">Large<")
    assert html.count('aria-current="page"\n           href="/transactions/?search=lumo"') <= 1
    large = SavedFilter.objects.get(name="Large")
    address = f"/transactions/filters/{large.pk}/"
    browser.post(address, {"verb": "up"})
    browser.post(address, {"verb": "rename", "name": "Big"})
    browser.post(address, {"verb": "share"})
    assert list(keeping.seen().values_list("name", flat=True)) == []
    html = browser.get("/transactions/filters/").content.decode()
    assert html.index("Big") < html.index("Coffee")
    browser.post(address, {"verb": "remove"})
    assert "Big" not in browser.get("/transactions/").content.decode()


def test_ones_own_are_ones_own(home: Tenant) -> None:
    one, other = api_of(home, "one@example.org"), api_of(home, "other@example.org")
    mine = one.post("/api/v1/saved-filters", {"name": "Mine", "filters": {"search": "lumo"}},
                    format="json").json()  # fmt: skip
    shared = {"name": "Ours", "filters": {"search": "amount>=10"}, "is_shared": True}
    ours = one.post("/api/v1/saved-filters", shared, format="json").json()
    assert (mine["is_shared"], ours["is_shared"]) == (False, True)
    listed = other.get("/api/v1/saved-filters").json()["data"]
    assert [row["name"] for row in listed] == ["Ours"]
    for method in (other.get, other.delete):
        assert method(f"/api/v1/saved-filters/{mine['id']}").status_code == 404
    found = one.get(f"/api/v1/saved-filters/{ours['id']}/transactions").json()["data"]
    assert [row["merchant"] for row in found] == ["Baker"]
    order = {"saved_filters": [ours["id"], mine["id"]]}
    assert one.post("/api/v1/saved-filters/order", order, format="json").status_code == 204
    listed = one.get("/api/v1/saved-filters").json()["data"]
    assert [row["name"] for row in listed] == ["Ours", "Mine"]
    patched = one.patch(f"/api/v1/saved-filters/{mine['id']}", {"name": "My own"}, format="json")
    assert (patched.json()["name"], patched.json()["is_shared"]) == ("My own", False)


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({}, "no_filter"),
        ({"search": ""}, "invalid"),
        ({"search": "(oops"}, "invalid_filter"),
        ({"since": "2026-99-99"}, "invalid_filter"),
        ({"bank": "x"}, "unknown_field"),
    ],
)
def test_what_narrows_nothing_or_is_not_understood_is_refused(
    home: Tenant, filters: dict[str, str], code: str
) -> None:
    body = {"name": "X", "filters": filters}
    answer = api_of(home, "one@example.org").post("/api/v1/saved-filters", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    with pytest.raises(LedgerError):
        keeping.save_filter(SavedFilter(), name=" ", fields={"search": "x"})


def test_the_command_finds_by_a_shared_filter(home: Tenant) -> None:
    fields = {"search": "amount>=10"}
    keeping.save_filter(SavedFilter(), name="Large", fields=fields, is_shared=True)
    out = io.StringIO()
    call_command("find_transactions", "--tenant", str(home.pk), "--saved", "large", stdout=out)
    assert ("Baker" in out.getvalue(), "Lumo" in out.getvalue()) == (True, False)
    with pytest.raises(CommandError, match="Large"):
        call_command("find_transactions", "--tenant", str(home.pk), "--saved", "none")
