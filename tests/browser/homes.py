"""Somebody with a ledger, and how they look at it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import DESKTOP, PHONE, WAIT_MS, Installation
from tests.browser.walking import View, faults_of_axe, what_sticks_out, write_index

GALLERY: Final = os.environ.get("GALLERY")
READ_MS: Final = 90_000
# A journey is made on each of these; every step of it is looked at in both themes (`look`).
SIZES: Final[tuple[View, ...]] = (("desktop", DESKTOP, "light"), ("phone", PHONE, "dark"))
OTHER: Final = {"light": "dark", "dark": "light"}


@dataclass(frozen=True, slots=True)
class Home:
    """A person with a ledger, signed in, who looks at it in one way."""

    view: str
    size: Any
    scheme: Any
    state: Any
    email: str


def opened(
    browser: Browser, installation: Installation, size: Any, scheme: Any, state: Any = None,
    *, service_workers: Any = "block",
) -> BrowserContext:  # fmt: skip
    context = browser.new_context(
        base_url=installation.url, viewport=size, color_scheme=scheme, locale="en-GB",
        timezone_id="Europe/Berlin", reduced_motion="reduce", service_workers=service_workers,
        storage_state=state,
    )  # fmt: skip
    context.set_default_timeout(WAIT_MS)
    return context


def look(home: Home, page: Page, step: str) -> None:
    """Nothing that a checker or a narrow screen would complain about, light and dark; kept for the
    gallery. The theme is left as it was."""
    page.wait_for_load_state("networkidle")
    faults = [*what_sticks_out(page)]
    for scheme in (OTHER[home.scheme], home.scheme):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        faults += [f"{scheme}: {fault}" for fault in faults_of_axe(page)]
        if GALLERY:
            path = Path(GALLERY) / "journeys" / f"{step}-{home.view}-{scheme}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=path)
            write_index(Path(GALLERY))
    assert faults == []


def send(page: Page, address: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the API answers a person who is signed in by the pages."""
    script = """async ([address, body]) => {
        const token = document.cookie.match(/csrftoken=([^;]*)/)?.[1] ?? "";
        const answer = await fetch(address, {
            method: body ? "POST" : "GET", body: body && JSON.stringify(body),
            headers: {"Content-Type": "application/json", "X-CSRFToken": token},
        });
        return [answer.status, await answer.json()];
    }"""
    status, answer = page.evaluate(script, [f"/api/v1/{address}", body])
    assert status < 300, answer
    return dict(answer)


def await_service_worker(page: Page) -> None:
    """Until it stands between the page and the network. (Playwright would poll by `eval`, which the
    policy forbids.)"""
    page.evaluate(
        "navigator.serviceWorker.controller !== null || new Promise((done) =>"
        " navigator.serviceWorker.addEventListener('controllerchange', () => done(true)))"
    )
