"""German: nothing is missing, and everybody reads the language they have chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format

from accounts.models import User
from config.catalogues import compile_outdated
from tenancy.models import Tenant
from tests.catalogue import CATALOGUE, Id, german, in_python, in_template, marked
from tests.make import make_member
from tests.pages import signed_in

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%\(\w+\)\.\d+f|%%|\{\w*\}")


@pytest.fixture(autouse=True)
def language_of_the_process() -> Iterator[None]:
    """A request leaves its language active in its thread."""
    yield
    translation.activate("en")


@pytest.fixture
def reader(in_tenant: Tenant) -> User:
    return make_member(in_tenant, "admin", email="alice@example.org")


def texts(message_id: Id) -> tuple[str, ...]:
    return (message_id,) if isinstance(message_id, str) else message_id


def test_every_marked_message_is_in_german() -> None:
    translated = {
        message.id
        for message in german()
        if message.id and not message.fuzzy and all(texts(message.string))
    }
    missing = marked() - translated
    assert not missing, f"not in locale/de: {sorted(map(str, missing))}"


def test_the_catalogue_holds_nothing_that_no_source_has() -> None:
    left_over = {message.id for message in german() if message.id} - marked()
    assert not left_over, sorted(map(str, left_over))


def test_nothing_stands_in_it_twice() -> None:
    """A merge that takes both sides' lines may leave an entry twice."""
    entries = CATALOGUE.read_text(encoding="utf-8").count("\nmsgid ")
    assert entries == len(german()) + 1, "an entry stands there twice"


def test_placeholders_agree() -> None:
    wrong = []
    for message in german():
        if not message.id:
            continue
        known = {mark for text in texts(message.id) for mark in PLACEHOLDER.findall(text)}
        for text in texts(message.string):
            found = set(PLACEHOLDER.findall(text))
            is_singular = text is texts(message.string)[0] and len(texts(message.string)) > 1
            if found - known or (known != found and not is_singular):
                wrong.append((message.id, text))
    assert not wrong


def test_a_new_mark_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "new.html"
    page.write_text(
        '{% load i18n %}{% translate "New one" %}{% blocktranslate count n=n trimmed %}'
        "\n one {{ n }}\n{% plural %}many {{ n }}{% endblocktranslate %}"
        "<i title=\"{% translate 'Quoted “so”' %}\">"
    )
    assert set(in_template(page)) == {"New one", ("one %(n)s", "many %(n)s"), "Quoted “so”"}
    code = 'a = _("Two " "parts")\nb = ngettext("%d cat", "%d cats", n)\nc = print("no mark")'
    assert set(in_python(code)) == {"Two parts", ("%d cat", "%d cats")}


def test_a_catalogue_is_compiled_when_it_has_changed(tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_text('msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "Yes"\nmsgstr "Ja"\n')
    assert compile_outdated(tmp_path) == [folder / "django.mo"]
    assert b"Ja" in (folder / "django.mo").read_bytes()
    assert compile_outdated(tmp_path) == []
    assert sorted(path.name for path in folder.iterdir()) == ["django.mo", "django.po"]


@pytest.mark.django_db
def test_a_visitor_reads_what_the_browser_asks_for() -> None:
    page = Client().get("/login/", headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert "Ich habe mein Passwort vergessen" in page.content.decode()
    assert page.headers["Content-Language"] == "de"
    page = Client().get("/login/", headers={"Accept-Language": "fr"})
    assert "I forgot my password" in page.content.decode()


def test_the_language_of_the_profile_goes_before_the_browser(reader: User) -> None:
    browser = signed_in(reader)
    page = browser.get("/settings/", headers={"Accept-Language": "de"})
    assert "Time zone" in page.content.decode()
    chosen = {"name": "Alice", "language": "de", "time_zone": "Europe/Berlin"}
    page = browser.post("/settings/", chosen, follow=True)
    assert "Gespeichert." in page.content.decode()
    page = browser.get("/settings/", headers={"Accept-Language": "en"})
    html = page.content.decode()
    assert '<html lang="de"' in html
    assert "Zeitzone" in html
    assert page.headers["Content-Language"] == "de"


@pytest.mark.django_db
def test_who_registers_in_german_goes_on_in_german() -> None:
    form = {
        "name": "Neu",
        "email": "neu@example.org",
        "password": "ein langer Satz als Passwort",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
    }
    Client().post("/register/", form, headers={"Accept-Language": "de-DE"})
    assert User.objects.get(email="neu@example.org").language == "de"


def test_no_message_of_ours_renames_a_month_or_a_day() -> None:
    """Django looks up the names of dates in the same catalogue: “May” as permission made the month
    “Darf”."""
    months = [date_format(date(2026, month, 1), "F") for month in range(1, 13)]
    days = [date_format(date(2026, 6, day), "l") for day in range(1, 8)]
    with translation.override("de"):
        german_months = [date_format(date(2026, month, 1), "F") for month in range(1, 13)]
        german_days = [date_format(date(2026, 6, day), "l") for day in range(1, 8)]
    assert months[4] == "May" and days[0] == "Monday"
    assert german_months == [
        "Januar", "Februar", "März", "April", "Mai", "Juni",
        "Juli", "August", "September", "Oktober", "November", "Dezember",
    ]  # fmt: skip
    assert german_days == [
        "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
    ]  # fmt: skip
