"""Every page that links lead to, looked at as an accessibility checker, a strict HTML parser and a
photographer do: on a desk and on a phone, light and dark.

Both sizes and both themes are looked at, each once; GALLERY=folder (`make gallery`) looks at each
size in each theme and keeps the pictures there, with an index.html over them.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import html5lib
from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page

from tests.browser.conftest import DESKTOP, PHONE

GALLERY = os.environ.get("GALLERY")
View = tuple[str, dict[str, int], str]
PHONE_DARK: View = ("phone-dark", PHONE, "dark")
VIEWS: tuple[View, ...] = (("desktop-light", DESKTOP, "light"), PHONE_DARK)
if GALLERY:
    VIEWS += (("phone-light", PHONE, "light"), ("desktop-dark", DESKTOP, "dark"))
# How often a page may reload itself while it is looked at.
RELOADS = 5
# Not pages of a person: programs' addresses, downloads, and what operators see.
ELSEWHERE = ("/api/", "/admin/", "/static/", "/media/")
WCAG = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


class Walk:
    """Looks at pages and collects what is wrong; `label` names the state that they are in. On a
    phone alone, unless for the gallery, where another walk has been on the desk."""

    def __init__(self, page: Page, label: str, *, on_phone: bool = False) -> None:
        self.page = page
        self.label = label
        self.views = VIEWS if GALLERY or not on_phone else (PHONE_DARK,)
        self.seen: dict[str, str] = {}
        self.faults: list[str] = []

    def report(self) -> str:
        return "\n".join(self.faults)

    def from_(self, start: str) -> None:
        """Follow the links from an address, to one page of each kind."""
        waiting = deque([start])
        while waiting:
            address = waiting.popleft()
            kind = kind_of(address)
            if kind and kind not in self.seen and self.look_at(address, kind):
                waiting.extend(self._links())

    def look_at(self, address: str, kind: str, *, status: int = 200) -> bool:
        """Whether a page is there (a download is none); its faults are kept."""
        self.seen[kind] = address
        answer = self.page.goto(address)
        assert answer is not None
        if "text/html" not in answer.headers.get("content-type", ""):
            return False
        self.page.wait_for_load_state("networkidle")
        if answer.status != status:
            self._fault(address, f"answered {answer.status}")
        for fault in faults_of_html(answer.text()):
            self._fault(address, fault)
        for view, size, scheme in self.views:
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            for fault in self._seen_faults():
                self._fault(address, f"{view}: {fault}")
            self._photograph(f"{kind}-{view}")
        self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        return True

    def _seen_faults(self) -> list[str]:
        """A page that shows work reloads itself when that is done: then it is looked at again."""
        for _ in range(RELOADS):
            try:
                return [*faults_of_axe(self.page), *what_sticks_out(self.page)]
            except Error as error:
                if "context was destroyed" not in error.message:
                    raise
                self.page.wait_for_load_state("networkidle")
        raise AssertionError(f"{self.page.url} does not come to rest")

    def _links(self) -> list[str]:
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('a[href^=\"/\"]')].map(a => a.getAttribute('href'))"
        )
        return [href.split("#")[0] for href in found]

    def _fault(self, address: str, fault: str) -> None:
        self.faults.append(f"{self.label} {address}: {fault}")

    def _photograph(self, name: str) -> None:
        if GALLERY:
            path = Path(GALLERY) / self.label / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=path, full_page=True)
            write_index(Path(GALLERY))


def kind_of(address: str) -> str:
    """The name of the address's view, apart with and without a query; "" for what is no page."""
    path, _, query = address.partition("?")
    if path.startswith(ELSEWHERE):
        return ""
    try:
        return f"{resolve(path).view_name}{'-query' if query else ''}"
    except Resolver404:
        return f"nowhere {path}"


def faults_of_html(text: str) -> Iterable[str]:
    """Where the HTML standard's parser would have to repair, and ids that two elements have."""
    parser = html5lib.HTMLParser()
    tree = parser.parse(text)
    for (line, column), code, values in parser.errors:
        yield f"HTML line {line}:{column}: {code} {values}"
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    yield from (f"id {name} stands {count} times" for name, count in ids.items() if count > 1)


def faults_of_axe(page: Page) -> Iterable[str]:
    violations: list[dict[str, Any]] = Axe().run(page, options=WCAG).response["violations"]
    for violation in violations:
        for node in violation["nodes"]:
            yield f"axe {violation['id']}: {node['html'][:200]} {node['failureSummary']}"


def what_sticks_out(page: Page) -> Iterable[str]:
    wide: list[str] = page.evaluate(
        "[...document.querySelectorAll('html, dialog[open]')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => `${e.tagName} is ${e.scrollWidth} wide, not ${e.clientWidth}`)"
    )
    return wide


def write_index(folder: Path) -> None:
    """All pictures on one page, by kind, so that states of the same page stand side by side."""
    pictures = sorted(folder.glob("*/*.png"), key=lambda path: (path.name, path.parent.name))
    figures = "\n".join(
        f'<figure><img src="{path.relative_to(folder)}" width="320" loading="lazy" alt="">'
        f"<figcaption>{path.parent.name}: {path.stem}</figcaption></figure>"
        for path in pictures
    )
    folder.joinpath("index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>'
        f"<style>figure{{display:inline-block;vertical-align:top}}</style><h1>Gallery</h1>{figures}"
    )
