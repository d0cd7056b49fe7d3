"""Somebody with a ledger, and how they look at it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import WAIT_MS, Installation
from tests.browser.walking import faults_of_axe, what_sticks_out, write_index

GALLERY: Final = os.environ.get("GALLERY")
READ_MS: Final = 90_000


@dataclass(frozen=True, slots=True)
class Home:
    """A person with a ledger, signed in, who looks at it in one way."""

    view: str
    size: Any
    scheme: Any
    state: Any
    email: str


def opened(
    browser: Browser, installation: Installation, size: Any, scheme: Any, state: Any = None
) -> BrowserContext:
    context = browser.new_context(
        base_url=installation.url, viewport=size, color_scheme=scheme, locale="en-GB",
        timezone_id="Europe/Berlin", reduced_motion="reduce", service_workers="block",
        storage_state=state,
    )  # fmt: skip
    context.set_default_timeout(WAIT_MS)
    return context


def look(home: Home, page: Page, step: str) -> None:
    """Nothing that a checker or a narrow screen would complain about; kept for the gallery."""
    page.wait_for_load_state("networkidle")
    if GALLERY:
        path = Path(GALLERY) / "journeys" / f"{step}-{home.view}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path)
        write_index(Path(GALLERY))
    assert [*faults_of_axe(page), *what_sticks_out(page)] == []
