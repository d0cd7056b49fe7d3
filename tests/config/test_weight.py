"""The first page with its styles and scripts is small enough for a slow line."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders

from finance.querysets import today
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.pages import member

MOST_BYTES = 60 * 1024


def test_pages_and_styles_are_sent_compressed(in_tenant: Tenant) -> None:
    browser = member(in_tenant)
    for address in ("/", "/static/css/base.css", "/static/js/app.js"):
        plain = browser.get(address)
        sent = browser.get(address, headers={"Accept-Encoding": "gzip"})
        assert sent.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in sent.headers["Vary"]
        content = b"".join(sent) if sent.streaming else sent.content
        whole = b"".join(plain) if plain.streaming else plain.content
        assert len(content) < len(whole) / 2
        if plain.streaming:
            assert gzip.decompress(content) == whole


def compressed(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=6))


def test_the_first_page_weighs_less_than_60_kilobytes(in_tenant: Tenant) -> None:
    for n in range(20):
        make_posted(make_account(f"Account {n}"), "-7.00", booked_on=today(), merchant=f"Shop {n}")
    html = member(in_tenant).get("/").content.decode()
    linked = re.findall(r'(?:<script[^>]*src|<link[^>]*rel="stylesheet"[^>]*href)="([^"]+)"', html)
    assert any(name.endswith(".css") for name in linked) and any("htmx" in name for name in linked)
    weights = {"/": compressed(html.encode())}
    for name in linked:
        path = finders.find(name.removeprefix("/static/"))
        assert isinstance(path, str), name
        weights[name] = compressed(Path(path).read_bytes())
    assert sum(weights.values()) < MOST_BYTES, weights
