"""Inledger as an app: its manifest, and what a browser keeps for when there is no network."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.staticfiles import finders
from django.test import Client


def kept(text: str) -> list[str]:
    found = re.search(r"const KEPT = \[(.*)\];", text)
    assert found
    return re.findall(r'"([^"]+)"', found[1].encode().decode("unicode_escape"))


def test_the_manifest_is_complete_and_leads_to_pages_that_are_there(
    client: Client, db: None
) -> None:
    answer = client.get("/manifest.webmanifest", headers={"Accept-Language": "de"})
    assert answer["Content-Type"] == "application/manifest+json"
    body = answer.json()
    assert (body["start_url"], body["display"], body["lang"]) == ("/", "standalone", "de")
    assert {icon["purpose"] for icon in body["icons"]} == {"any", "maskable"}
    for icon in body["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/"))
    for shortcut in body["shortcuts"]:
        assert client.get(shortcut["url"]).status_code == 302, "it asks to sign in"


def test_the_browser_keeps_the_offline_page_and_nothing_of_anybody(
    client: Client, django_assert_num_queries: Any, db: None
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/service-worker.js")
        page = client.get("/offline/").content.decode()
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-store" in answer["Cache-Control"]
    paths = kept(answer.content.decode())
    assert paths[0] == "/offline/"
    for path in paths[1:]:
        assert finders.find(path.removeprefix("/static/")), path
        assert path.endswith(".svg") or f'href="{path}"' in page, path
    assert "csrf" not in page


def test_every_page_names_the_manifest(client: Client, db: None) -> None:
    assert 'rel="manifest" href="/manifest.webmanifest"' in client.get("/login/").content.decode()
