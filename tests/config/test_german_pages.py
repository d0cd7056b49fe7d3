"""Every page in German: nothing of ours on it is English.

What people and messages wrote stays as they wrote it; of the rows here that are names alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import translation

from accounts.profile import change
from finance.categories import seed_default_categories
from tenancy.scope import tenant_scope
from tests.architecture.routes import all_routes
from tests.architecture.rows import MAKERS, World
from tests.catalogue import german
from tests.finance.make import make_account, make_posted
from tests.make import make_member, make_tenant
from tests.pages import signed_in

# Words are the same on either database.
pytestmark = pytest.mark.sqlite

PAGES = [route for route in all_routes() if not route.is_api]
READ_ALOUD = ("title", "aria-label", "placeholder", "alt")
SILENT = {"script", "style", "code", "pre"}
# Words that no German sentence has.
ENGLISH = re.compile(
    r"\b(?:the|and|of|your|you|is|are|with|this|that|from|not|no|to|for|by|has|have)\b", re.I
)
# How the rows of the walk are called, wholly or where a chart breaks a line.
NAMES = {"Category", "Messages", "America/Port of Spain", "Europe/Isle of Man"}


class Words(HTMLParser):
    """What a page says, and what it says to those who do not see it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        self.said |= {value for name, value in attrs if name in READ_ALOUD and value}

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not SILENT.intersection(self.inside):
            self.said.add(" ".join(data.split()))


def in_english(html: str) -> set[str]:
    words = Words()
    words.feed(html)
    singles = {m.id: m.string for m in german() if m.id and isinstance(m.id, str)}
    marked = singles.keys() - set(singles.values()) - NAMES
    return {said for said in words.said if said in marked or ENGLISH.search(said)} - NAMES


def walk(browser: Client, addresses: Iterable[str]) -> dict[str, set[str]]:
    """What is English, by address. Asks every page that can be read."""
    found = {}
    for address in addresses:
        answer = browser.get(address)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code == 200 and is_page:
            found[address] = in_english(answer.content.decode())
    return found


@pytest.fixture
def reader(db: None) -> Iterator[World]:
    tenant = make_tenant(name="Müller")
    with tenant_scope(tenant.id):
        member = make_member(tenant, "admin", email="lena@example.org")
        change(member, language="de")
        yield World(tenant, member)
    translation.activate("en")


def test_pages_of_an_empty_ledger(reader: World) -> None:
    found = walk(signed_in(reader.member), [page.template for page in PAGES if not page.parameters])
    assert len(found) > 30
    assert not {address: words for address, words in found.items() if words}


def test_pages_of_a_ledger_with_one_of_each(reader: World) -> None:
    seed_default_categories()
    rows = [maker(reader) for label, maker in MAKERS.items() if label != "finance.Announcement"]
    about_a_row = [page for page in PAGES if page.parameters and "slug" not in page.template]
    addresses = [page.template for page in PAGES if not page.parameters]
    addresses += [page.address(row.pk) for page in about_a_row for row in rows]
    found = walk(signed_in(reader.member), addresses)
    assert len(found) > 45
    assert not {address: words for address, words in found.items() if words}


def test_dates_and_money_are_written_as_germans_do(reader: World) -> None:
    make_posted(make_account("Giro"), "-1234.50", booked_on=date(2026, 3, 5))
    html = signed_in(reader.member).get("/transactions/").content.decode()
    assert "Donnerstag, 5. März 2026" in " ".join(html.split())
    assert "1.234,50" in html
    assert "1,234.50" not in html


def test_what_is_refused_is_told_in_german(reader: World) -> None:
    browser = signed_in(reader.member)
    form = {"name": "Prüfer", "permissions": ["accounts:read"]}
    browser.post("/settings/roles/", form)
    html = browser.post("/settings/roles/", form).content.decode()
    assert "Eine Rolle dieses Namens gibt es schon." in html
    answer = browser.post("/api/v1/budgets", {"name": " "}, content_type="application/json")
    assert "Dieses Feld" in answer.content.decode()


def test_pages_before_signing_in(db: None) -> None:
    visitor = Client(headers={"Accept-Language": "de"})
    found = walk(visitor, [page.template for page in PAGES if not page.parameters])
    translation.activate("en")
    assert len(found) >= 4
    assert not {address: words for address, words in found.items() if words}


def test_an_untranslated_word_on_a_page_is_seen() -> None:
    page = "<p>Your money</p><p title='Transactions'>Buchungen</p><code>of the</code>"
    assert in_english(page) == {"Your money", "Transactions"}
