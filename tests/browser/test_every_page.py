"""Every page in every state: accessible in both themes, valid HTML, nothing wider than a phone.

The pages are found by following the links that a person sees, so a new one is looked at the day it
is linked.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation, register
from tests.browser.homes import send
from tests.browser.walking import Walk, kind_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

READ_MS = 90_000
RIGHT_TO_LEFT = "مقهى الياسمين والخبز البلدي"
LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH"


def test_a_full_ledger(page: Page, installation: Installation, complaints: list[str]) -> None:
    register(page, installation, "every-page@example.org", "Lena Brandt")
    page.get_by_role("button", name="Import the sample").click()
    expect(page.get_by_role("heading", name="Balances")).to_be_visible(timeout=READ_MS)
    expect(page.get_by_role("heading", name="Reading your mail")).to_be_hidden(timeout=READ_MS)
    walk = Walk(page, "full")
    walk.from_("/")
    walk.look_at("/no-such-page/", "404", status=404)
    assert walk.faults == [], walk.report()
    assert complaints == []
    assert len(walk.seen) >= 45


def test_an_empty_ledger_in_german(page: Page, installation: Installation) -> None:
    register(page, installation, "empty@example.org", "Tom Brandt")
    page.goto("/settings/")
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible()
    walk = Walk(page, "empty", on_phone=True)
    walk.from_("/")
    assert walk.faults == [], walk.report()
    assert len(walk.seen) >= 35


def test_a_ledger_of_extremes(page: Page, installation: Installation) -> None:
    """Long names, right-to-left script, currencies of no and of three decimals, huge amounts."""
    register(page, installation, "extremes@example.org", LONG_NAME[:60])
    accounts = [
        send(page, "accounts", {"name": name, "currency": currency, "institution": LONG_NAME})
        for name, currency in ((LONG_NAME, "EUR"), ("円普通預金", "JPY"), ("حساب جاري", "KWD"))
    ]
    for account, amount in zip(accounts, ("-9999999999.99", "-1234567890", "-0.005"), strict=True):
        for merchant in (LONG_NAME, RIGHT_TO_LEFT, "<b>&amp;</b>", ""):
            entry = {"account": account["id"], "amount": amount, "booked_on": "2026-03-29"}
            send(page, "transactions", {**entry, "merchant": merchant, "notes": LONG_NAME * 3})
    walk = Walk(page, "extremes")
    transaction = send(page, "transactions?q=merchant:mbH")["data"][0]["id"]
    for kind, address in {
        "dashboard": "/",
        "transactions": "/transactions/",
        "transaction": f"/transactions/{transaction}/",
        "accounts": "/accounts/",
        "account": f"/accounts/{accounts[2]['id']}/",
        "analytics": "/analytics/?since=2026-03-01&until=2026-03-31",
        "analytics_income": "/analytics/income/",
        "analytics_worth": "/analytics/worth/",
        "review": "/review/",
        "settings_ledger": "/settings/ledger/",
    }.items():
        walk.look_at(address, kind)
    assert walk.faults == [], walk.report()


def test_one_of_each_in_german(page: Page, installation: Installation) -> None:
    """Lists of one row, with the longest words; and what opens behind each row."""
    register(page, installation, "one@example.org", "Tom Brandt")
    rows = one_of_each(page)
    page.goto("/settings/")
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible()
    walk = Walk(page, "one", on_phone=True)
    for address in (
        "/", "/transactions/", "/accounts/", "/budgets/", "/recurring/", "/recurring/bills/",
        "/tasks/", "/reminders/", "/contacts/", "/rules/", "/merchants/", "/tags/",
        "/settings/calendars/", "/settings/tokens/", "/settings/webhooks/", "/settings/roles/",
        "/settings/members/", "/analytics/", "/exchange-rates/",
        f"/transactions/{rows['transactions']}/", f"/transactions/{rows['transactions']}/split/",
        f"/accounts/{rows['accounts']}/", f"/budgets/{rows['budgets']}/",
        f"/tasks/{rows['tasks']}/", f"/contacts/{rows['contacts']}/",
    ):  # fmt: skip
        walk.look_at(address, kind_of(address))
    assert walk.faults == [], walk.report()


def one_of_each(page: Page) -> dict[str, str]:
    """The id of each, by the name of what it is one of."""
    account = send(page, "accounts", {"name": "Girokonto", "currency": "EUR"})["id"]
    money, day = {"currency": "EUR"}, "2026-05-20"
    next_year = timezone.localdate().year + 1
    made: dict[str, dict[str, Any]] = {
        "transactions": {"account": account, "amount": "-8.40", "booked_on": day,
                         "merchant": "Bäckerei Kern"},
        "budgets": {"name": "Essen", "amount": "200.00", "starts_on": "2026-05-01", **money},
        "goals": {"name": "Fahrrad", "target": "900.00", **money},
        "recurring": {"name": "Miete", "account": account, "amount": "-980.00", "anchor_on": day},
        "bills": {"payee": "Zahnarzt", "amount": "126.80", "due_on": day, **money},
        "tasks": {"title": "Stromzähler ablesen", "due_on": day, "tags": ["Wohnung"]},
        "reminders": {"title": "Pass verlängern", "at": f"{next_year}-05-20T09:00:00Z"},
        "contacts": {"name": "Hausverwaltung Elbufer GmbH"},
        "rules": {"query": "merchant:Kern", "merchant": "Bäckerei Kern"},
        "tags": {"name": "Urlaub"},
        "calendar-feeds": {"name": "Fälliges", "parts": ["bills"]},
        "tokens": {"name": "Skript", "scopes": ["transactions:read"]},
    }  # fmt: skip
    ids = {name: str(send(page, name, body).get("id")) for name, body in made.items()}
    return ids | {"accounts": account}


def test_pages_before_signing_in(page: Page, installation: Installation) -> None:
    walk = Walk(page, "outside")
    walk.from_("/login/")
    walk.look_at("/unsubscribe/no-such-token/", "unsubscribe", status=404)
    walk.look_at("/offline/", "offline")
    walk.look_at("/join/", "invitation", status=400)
    assert walk.faults == [], walk.report()
    assert {"login", "register", "password_forgotten"} <= set(walk.seen)
